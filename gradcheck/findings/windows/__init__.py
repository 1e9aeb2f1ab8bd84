"""Convolution, pooling, padding."""
