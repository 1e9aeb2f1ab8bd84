"""Example arguments for the field's standard layer names, as data."""
