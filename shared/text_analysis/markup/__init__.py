"""Marked-up text read as what a person sees of it, every code point aligned to the markup it stands in."""
