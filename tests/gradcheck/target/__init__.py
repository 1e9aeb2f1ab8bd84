"""Tests of gradcheck/target."""
