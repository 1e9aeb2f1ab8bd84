"""What decides which units pass: dropout masks, relu's sign, leaky slopes."""
