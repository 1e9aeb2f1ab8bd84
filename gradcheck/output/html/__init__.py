"""A report as a page: plain functions that return HTML, each of one thing that a page shows.

maps   The notebook view of a report: a table of numbers and a heat map of the errors.
style  How every page of ours looks: the palette in light and dark, and the style sheet made of it.
"""
