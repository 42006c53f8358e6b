"""What readers touch: controls for the notebooks, on ipywidgets."""
