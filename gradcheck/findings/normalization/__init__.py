"""Slips in the backward of a normalization."""
