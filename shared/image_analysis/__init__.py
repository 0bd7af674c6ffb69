"""What engines see in pictures: harm, text, faces."""
