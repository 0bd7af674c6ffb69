"""The room of cached images: pictures that a caller asked to keep for some hours, by an id."""
