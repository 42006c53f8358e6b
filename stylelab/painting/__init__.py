"""A network that paints in one pass: its layers, its training, its file."""
