"""Tests of gradcheck/findings/normalization."""
