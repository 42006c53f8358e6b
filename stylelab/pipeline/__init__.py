"""From a photo and paintings to a picture: settings, inputs, cost, checkpoints, the run."""
