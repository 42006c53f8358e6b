"""Gradient descent, Adam and L-BFGS as generators of steps; they know no loss."""
