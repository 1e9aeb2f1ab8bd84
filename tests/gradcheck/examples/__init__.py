"""Tests of gradcheck/examples."""
