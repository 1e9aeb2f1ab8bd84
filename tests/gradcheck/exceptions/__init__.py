"""Tests of gradcheck/exceptions."""
