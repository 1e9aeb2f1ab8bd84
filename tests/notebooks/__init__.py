"""Tests of what stands in `notebooks` and is no notebook: the site."""
