"""Cases of penalties, a file for each code."""
