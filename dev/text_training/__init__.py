"""Training of the built-in text model: in its own environment (`dev/requirements-train.txt`), never in the service."""
