"""VGG19: convolution, weights, layers, and masks at the layers."""
