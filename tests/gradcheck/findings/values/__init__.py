"""Cases of values, settings and accuracy, a file for each code."""
