"""Cases of windows and pooling, a file for each code."""
