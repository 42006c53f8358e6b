"""What the notebooks use: figures, checks of exercises, experiments, copies for classes."""
