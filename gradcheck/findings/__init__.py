"""What can be wrong with a gradient: one finding, one file."""
