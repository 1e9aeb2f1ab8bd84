"""Tests of gradcheck."""
