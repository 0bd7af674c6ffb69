"""What a classifier learns from features and tags, and how well: pure functions of arrays, without any input or output."""
