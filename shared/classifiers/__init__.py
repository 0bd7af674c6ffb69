"""Custom Vision: projects with tags and images, their training, and what it predicts."""
