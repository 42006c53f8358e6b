"""The studio: style transfer with a live picture, live losses and live weights."""
