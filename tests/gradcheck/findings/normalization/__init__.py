"""Cases of normalization, a file for each code."""
