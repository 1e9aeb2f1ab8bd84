"""What must hold before a number counts."""
