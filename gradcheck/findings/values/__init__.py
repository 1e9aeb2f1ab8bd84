"""Values, settings and accuracy rather than derivatives.

value_differs           Forward computes another value than the layer of its name.
"""
