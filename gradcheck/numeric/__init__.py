"""The true gradient, numerically. Knows no finding.

evaluator: forward at float64, counted. dependence: which outputs depend on which inputs.
differences: one difference for every coordinate. slopes, ladder: one coordinate at many steps, and
the bound that follows. comparison, compare: analytic against numeric. projection: the same along
random directions. gradient: numerical_gradient. scalar: functions and nets as layers.
"""
