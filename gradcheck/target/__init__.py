"""Files, packages and modules that are checked."""
