"""The true gradient, numerically: steps, dependence, comparison. Knows no finding.

compare                 Analytic against numeric, coordinate by coordinate
dependence              Which outputs depend on which inputs, proved by probing
ladder                  Numeric derivatives, each with a bound on its own error.
projection              Gradients of very many coordinates: directional derivatives
scalar                  Scalar functions and whole nets as layers: a forward with a 0-d output
comparison              One argument's analytic and numeric gradient, side by side.
differences             One central difference for every coordinate
evaluator               Forward, run at float64 with one argument replaced, and counted.
gradient                numerical_gradient: a scalar function's derivatives
slopes                  The slopes of one group of coordinates at any step
climb                   Steps that climb: a derivative that hides in roundoff shows at the ...
residual                What a directional derivative leaves unexplained of an analytic gradient.
resolve                 Coordinates that would pass although much could hide behind their tolerance.
noise                   How far a scalar function's value is off by its own rounding
jointly                 Gradients of all arguments along the same random directions
apart                   Sums whose terms climb apart: what cancels in a sum
fit                     Derivatives from many values: roundoff averages out where a single ...
one_sided               Differences to one side alone, of layers that are linear in an argument
curve                   Central differences of one coordinate over all steps that are of any use
"""
