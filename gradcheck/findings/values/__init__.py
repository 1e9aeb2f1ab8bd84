"""Values, settings and accuracy rather than derivatives.

setting_ignored         A setting that changes nothing.
unstable                NaN or inf where the formula has neither, or digits that cancel.
"""
