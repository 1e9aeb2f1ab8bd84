"""Neural network layers in NumPy: x_forward(...) -> (out, cache), x_backward(dout, cache).

Stateless maths in the conventions of Stanford's cs231n. The functions are grouped in modules by
what they do (affine, activations, normalization, losses, dropout, blocks ...) and all of them can
be imported from here.
"""

from layers.activations import (
    elu_backward,
    elu_forward,
    leaky_relu_backward,
    leaky_relu_forward,
    relu_backward,
    relu_forward,
)
from layers.affine import affine_backward, affine_forward
from layers.blocks import (
    affine_bn_relu_backward,
    affine_bn_relu_dropout_backward,
    affine_bn_relu_dropout_forward,
    affine_bn_relu_forward,
    affine_ln_relu_backward,
    affine_ln_relu_dropout_backward,
    affine_ln_relu_dropout_forward,
    affine_ln_relu_forward,
    affine_relu_backward,
    affine_relu_dropout_backward,
    affine_relu_dropout_forward,
    affine_relu_forward,
)
from layers.dropout import (
    dropout_backward,
    dropout_forward,
    vanilla_dropout_backward,
    vanilla_dropout_forward,
)
from layers.losses import mse_loss, softmax_loss, svm_loss
from layers.normalization import (
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_forward,
    layernorm_backward,
    layernorm_forward,
)
from layers.smooth_activations import (
    gelu_backward,
    gelu_forward,
    sigmoid_backward,
    sigmoid_forward,
    silu_backward,
    silu_forward,
    softplus_backward,
    softplus_forward,
    tanh_backward,
    tanh_forward,
)

__all__ = [
    "affine_backward",
    "affine_bn_relu_backward",
    "affine_bn_relu_dropout_backward",
    "affine_bn_relu_dropout_forward",
    "affine_bn_relu_forward",
    "affine_forward",
    "affine_ln_relu_backward",
    "affine_ln_relu_dropout_backward",
    "affine_ln_relu_dropout_forward",
    "affine_ln_relu_forward",
    "affine_relu_backward",
    "affine_relu_dropout_backward",
    "affine_relu_dropout_forward",
    "affine_relu_forward",
    "batchnorm_backward",
    "batchnorm_backward_alt",
    "batchnorm_forward",
    "dropout_backward",
    "dropout_forward",
    "elu_backward",
    "elu_forward",
    "gelu_backward",
    "gelu_forward",
    "layernorm_backward",
    "layernorm_forward",
    "leaky_relu_backward",
    "leaky_relu_forward",
    "mse_loss",
    "relu_backward",
    "relu_forward",
    "sigmoid_backward",
    "sigmoid_forward",
    "silu_backward",
    "silu_forward",
    "softmax_loss",
    "softplus_backward",
    "softplus_forward",
    "svm_loss",
    "tanh_backward",
    "tanh_forward",
    "vanilla_dropout_backward",
    "vanilla_dropout_forward",
]
