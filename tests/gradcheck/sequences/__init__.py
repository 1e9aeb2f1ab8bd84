"""Layers for sequences and images in students' hands, and what is said of slips in them."""
