"""Values, settings and accuracy rather than derivatives.

numerical_backward      Backward takes differences of its own forward.
"""
