"""Slips in losses over classes, and in the softmax.

diagonal_jacobian_only  The gradient of a softmax, or another layer that couples elements
label_term_missing      The gradient of a loss without the true label's own term.
label_term_sign         The gradient of a loss with the true label's own term added.
margin_count            The gradient of a hinge loss with another number than the violated ...
not_normalized          The gradient of a sum where the loss is a mean
wrong_label             The gradient of a loss with the label's term at another class.
"""
