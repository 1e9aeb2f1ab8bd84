"""Values, settings and accuracy rather than derivatives."""
