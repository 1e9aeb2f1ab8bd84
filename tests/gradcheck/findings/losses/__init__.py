"""Cases of losses, a file for each code."""
