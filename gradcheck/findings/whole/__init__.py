"""The gradient as a whole: zero, sign, factor, order, lost or moved parts.

batch_reversed          Samples, or time steps, come back in reverse order.
elements_exchanged      The right numbers stand at the wrong places.
isolated_elements       A few single elements are wrong.
missing_transpose       A product uses w where the chain rule asks for its transpose.
outputs_swapped         Backward returns its gradients in another order.
samples_ignored         Some samples take no part in the gradient.
scaled                  The gradient is right up to a constant factor.
sign_flipped            The gradient has the wrong sign.
transposed              The gradient is that of the transposed matrix.
unexplained             The numbers disagree and no rule fits.
wrong_axis_sum          A parameter's gradient is summed over other axes than it was broadcast ...
wrong_cached_value      Backward uses another array of the cache than its formula asks for.
zero_gradient           The gradient is zero although the output depends on the argument.
fixed_batch_size        A number of samples is written into the code.
"""
