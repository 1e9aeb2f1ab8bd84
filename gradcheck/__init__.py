"""gradcheck judges gradients and dropout masks, and says what is wrong with them."""

from gradcheck.check import check_gradient, check_layer, check_net
from gradcheck.classic import (
    eval_numerical_gradient,
    eval_numerical_gradient_array,
    eval_numerical_gradient_blobs,
    eval_numerical_gradient_net,
    grad_check_sparse,
    rel_error,
)
from gradcheck.numeric import numerical_gradient
from gradcheck.report import Finding, GradientError, Report

__all__ = [
    "Finding",
    "GradientError",
    "Report",
    "check_gradient",
    "check_layer",
    "check_net",
    "eval_numerical_gradient",
    "eval_numerical_gradient_array",
    "eval_numerical_gradient_blobs",
    "eval_numerical_gradient_net",
    "grad_check_sparse",
    "numerical_gradient",
    "rel_error",
]
