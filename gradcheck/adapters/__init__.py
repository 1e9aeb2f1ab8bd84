"""Other people's functions in this package's form."""
