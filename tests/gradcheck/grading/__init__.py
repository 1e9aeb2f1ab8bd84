"""Tests of gradcheck/grading."""
