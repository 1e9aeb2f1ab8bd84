"""Tests of gradcheck/contract."""
