"""The version of this code, as receipts and archives name it."""
VERSION = "0.3.0"
