"""The true gradient, numerically: steps, dependence, comparison. Knows no finding."""
