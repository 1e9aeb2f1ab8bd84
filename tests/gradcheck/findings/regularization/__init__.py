"""Tests of gradcheck/findings/regularization."""
