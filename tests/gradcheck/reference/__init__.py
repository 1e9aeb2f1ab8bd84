"""Tests of gradcheck.reference."""
