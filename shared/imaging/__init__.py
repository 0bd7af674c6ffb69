"""Pure image functions: one safe way from bytes to pixels, and what is made from pixels."""
