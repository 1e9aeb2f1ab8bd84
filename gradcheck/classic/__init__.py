"""The gradient checks of Stanford's course CS231n, under their names and with their prints.

Every function perturbs the array that it is given in place, one element at a time, because the
function under test often holds a reference to it (`lambda _: model.loss(X, y)[0]`). The element
is put back even when that function raises.

blobs                   Numerical gradients of functions and nets that read and write blobs.
comparison              Analytic and numerical gradients compared: at a few elements
gradients               Numerical gradients of functions of one array, by central differences.
steps                   One element stepped up and down in place
"""

from gradcheck.classic.blobs import (
    Blob,
    eval_numerical_gradient_blobs,
    eval_numerical_gradient_net,
)
from gradcheck.classic.comparison import grad_check_sparse, rel_error
from gradcheck.classic.gradients import eval_numerical_gradient, eval_numerical_gradient_array

__all__ = [
    "Blob",
    "eval_numerical_gradient",
    "eval_numerical_gradient_array",
    "eval_numerical_gradient_blobs",
    "eval_numerical_gradient_net",
    "grad_check_sparse",
    "rel_error",
]
