"""Cases of masks and thresholds, a file for each code."""
