"""Cases of the whole gradient, a file for each code."""
