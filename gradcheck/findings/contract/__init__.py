"""What must hold before a number counts.

backward_impure         Backward keeps state between its calls.
cache_mutated           Backward changes what forward stored.
dout_ignored            Backward leaves the upstream gradient out.
dout_mutated            Backward writes into dout.
forward_nondeterministic  Two forward calls at equal arguments differ.
input_mutated           Forward or backward writes into an array of the caller.
lower_precision         The gradient has fewer digits than its argument.
mask_resampled          Backward draws a mask of its own.
non_finite              The gradient holds inf or NaN where forward is smooth.
nonlinear_in_dout       Backward is no product of dout with a Jacobian.
raises                  Forward or backward raises an exception at valid arguments.
wrong_shape             A gradient lacks its argument's shape.
single_sample           Right with several samples, wrong with one.
"""
