"""The laws of the mask: what every dropout must obey."""
