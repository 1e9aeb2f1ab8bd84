"""Values, settings and accuracy rather than derivatives.

numerical_backward      Backward takes differences of its own forward.
value_differs           Forward computes another value than the layer of its name.
setting_ignored         A setting that changes nothing.
unstable                NaN or inf where the formula has neither, or digits that cancel.
"""
