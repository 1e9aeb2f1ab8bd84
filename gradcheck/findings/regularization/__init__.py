"""A penalty that loss and gradient hold differently.

regularization_doubled  The gradient of a weight with its penalty twice.
regularization_factor   A loss and its gradient that hold different multiples of a weight.
regularization_halved   The gradient of a weight with half of its penalty.
regularization_missing  The gradient of a weight without its penalty.
regularization_on_bias  The gradient of a bias with a penalty that the loss has not.
regularization_sign     The gradient of a weight with its penalty subtracted.
"""
