"""A penalty that loss and gradient hold differently."""
