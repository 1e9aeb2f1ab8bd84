"""Tests of gradcheck/adapters."""
