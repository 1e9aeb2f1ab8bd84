"""Cases of the contract, a file for each code."""
