"""Tests of gradcheck/run."""
