"""Tests of gradcheck/findings/losses."""
