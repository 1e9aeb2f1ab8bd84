"""Tests of gradcheck/findings/windows."""
