"""Tests of gradcheck/output."""
