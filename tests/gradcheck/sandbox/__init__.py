"""Tests of gradcheck/sandbox."""
