"""Tests of gradcheck/mask_laws."""
