"""Image lists of Content Moderator: fingerprints of pictures, and which of them a picture looks like."""
