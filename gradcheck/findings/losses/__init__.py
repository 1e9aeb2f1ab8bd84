"""Slips in losses over classes, and in the softmax."""
