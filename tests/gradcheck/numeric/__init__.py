"""Tests of gradcheck/numeric."""
