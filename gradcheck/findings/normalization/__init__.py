"""Slips in the backward of a normalization.

divided_by_std_twice    The gradient of a normalization with one division by the standard ...
eps_missing             The gradient of a normalization by a standard deviation without eps.
gamma_missing           The gradient of a normalization, or of another layer with a scale
mean_constant           The gradient of a normalization without its term through the mean.
statistics_constant     The gradient of a normalization as if its mean and variance were constants.
uses_x_not_xhat         The gradient of a normalization with the raw argument in the normalized ...
variance_constant       The gradient of a normalization without its term through the variance.
variance_term_scaled    The gradient of a normalization with a wrong constant on its way through ...
training_formula        The gradient of a normalization in test mode by the formula of training.
"""
