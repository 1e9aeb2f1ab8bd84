"""Tests of gradcheck/findings."""
