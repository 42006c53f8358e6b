"""Content, style and total variation: terms that add up to a loss."""
