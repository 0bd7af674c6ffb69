"""Training of the built-in text model; runs in its own environment (`dev/requirements-train.txt`), never in the service."""
