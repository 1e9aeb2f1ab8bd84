"""Neural network layers in NumPy: x_forward(...) -> (out, cache), x_backward(dout, cache).

Stateless maths in the conventions of Stanford's cs231n. All of it can be imported from here.

Layers
------
affine                  the fully connected layer
activations             relu, leaky relu, elu: a corner at 0
smooth_activations      sigmoid, tanh, gelu, softplus, silu
normalization           batch normalization
layer_normalization     layer normalization
losses                  softmax, nll, svm and mean squared error
softmax                 softmax and log softmax
spatial_normalization   the same for feature maps: by channel, by groups of channels
convolution             filters over images
pooling                 the maximum or the mean of windows
blocks                  affine - relu - [dropout] as one layer
normalized_blocks       the same with a normalization in it
convolution_blocks      convolution - [batchnorm] - relu - [pooling or spatial dropout]

Sequences
---------
recurrent               the vanilla recurrent layer
lstm                    long short-term memory
attention               scaled dot products
multi_head_attention    several heads of them, with their projections
embedding               a vector for each word; the affine layer at every step
temporal_losses         the softmax loss at every step

Dropout
-------
dropout                 inverted and vanilla dropout
spatial_dropout         whole channels
structured_dropout      whole sequences, whole residual branches
dropblock               squares of feature maps
dropconnect             weights instead of units
noise_dropout           Gaussian and alpha dropout
stateful                dropout as objects that remember their mask

What they share
---------------
masks                   the one place where randomness becomes a mask
blocked                 masking an array block by block, in several threads
replay                  what a cache keeps, and the same mask again in backward
settings                the dicts of the layers, each read once
arguments               what is asked of an argument, and how it is refused
windows                 windows over feature maps: how many fit
precision               in which precision a layer computes
sequences               the arguments and the dropout of recurrent layers
reductions              how the losses of single samples become one
keys                    which keys the dicts may hold, and which can only be a mistake
heads                   Products of many small matrices, in several threads
refusals                The one form in which a layer refuses an argument: got, expected, remedy.
special                 Special functions of SciPy, loaded when one is called first
version                 The version of the package, looked up when it is asked for
"""

from typing import TYPE_CHECKING

from layers.activations import (
    elu_backward,
    elu_forward,
    leaky_relu_backward,
    leaky_relu_forward,
    relu_backward,
    relu_forward,
)
from layers.affine import affine_backward, affine_forward
from layers.attention import (
    scaled_dot_product_attention_backward,
    scaled_dot_product_attention_forward,
)
from layers.blocks import (
    affine_relu_backward,
    affine_relu_dropout_backward,
    affine_relu_dropout_forward,
    affine_relu_forward,
)
from layers.convolution import conv_backward, conv_forward
from layers.convolution_blocks import (
    conv_bn_relu_backward,
    conv_bn_relu_forward,
    conv_relu_backward,
    conv_relu_forward,
    conv_relu_pool_backward,
    conv_relu_pool_forward,
    conv_relu_spatial_dropout_backward,
    conv_relu_spatial_dropout_forward,
)
from layers.dropblock import dropblock_backward, dropblock_forward
from layers.dropconnect import (
    dropconnect_affine_backward,
    dropconnect_affine_forward,
    dropconnect_affine_inference,
)
from layers.dropout import (
    dropout_backward,
    dropout_forward,
    vanilla_dropout_backward,
    vanilla_dropout_forward,
)
from layers.embedding import (
    temporal_affine_backward,
    temporal_affine_forward,
    word_embedding_backward,
    word_embedding_forward,
)
from layers.layer_normalization import layernorm_backward, layernorm_forward
from layers.losses import mse_loss, nll_loss, softmax_loss, svm_loss
from layers.lstm import lstm_backward, lstm_forward, lstm_step_backward, lstm_step_forward
from layers.multi_head_attention import multi_head_attention_backward, multi_head_attention_forward
from layers.noise_dropout import (
    alpha_dropout_backward,
    alpha_dropout_forward,
    feature_alpha_dropout_backward,
    feature_alpha_dropout_forward,
    gaussian_dropout_backward,
    gaussian_dropout_forward,
)
from layers.normalization import batchnorm_backward, batchnorm_backward_alt, batchnorm_forward
from layers.normalized_blocks import (
    affine_bn_relu_backward,
    affine_bn_relu_dropout_backward,
    affine_bn_relu_dropout_forward,
    affine_bn_relu_forward,
    affine_ln_relu_backward,
    affine_ln_relu_dropout_backward,
    affine_ln_relu_dropout_forward,
    affine_ln_relu_forward,
)
from layers.pooling import (
    avg_pool_backward,
    avg_pool_forward,
    max_pool_backward,
    max_pool_forward,
)
from layers.recurrent import rnn_backward, rnn_forward, rnn_step_backward, rnn_step_forward
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
from layers.softmax import (
    log_softmax_backward,
    log_softmax_forward,
    softmax_backward,
    softmax_forward,
)
from layers.spatial_dropout import (
    dropout1d_backward,
    dropout1d_forward,
    dropout2d_backward,
    dropout2d_forward,
    dropout3d_backward,
    dropout3d_forward,
    spatial_dropout_backward,
    spatial_dropout_forward,
)
from layers.spatial_normalization import (
    spatial_batchnorm_backward,
    spatial_batchnorm_forward,
    spatial_groupnorm_backward,
    spatial_groupnorm_forward,
)
from layers.stateful import Dropout, DropoutLayer
from layers.structured_dropout import (
    locked_dropout_backward,
    locked_dropout_forward,
    stochastic_depth_backward,
    stochastic_depth_forward,
)
from layers.temporal_losses import temporal_softmax_loss

__all__ = [
    "Dropout",
    "DropoutLayer",
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
    "alpha_dropout_backward",
    "alpha_dropout_forward",
    "avg_pool_backward",
    "avg_pool_forward",
    "batchnorm_backward",
    "batchnorm_backward_alt",
    "batchnorm_forward",
    "conv_backward",
    "conv_bn_relu_backward",
    "conv_bn_relu_forward",
    "conv_forward",
    "conv_relu_backward",
    "conv_relu_forward",
    "conv_relu_pool_backward",
    "conv_relu_pool_forward",
    "conv_relu_spatial_dropout_backward",
    "conv_relu_spatial_dropout_forward",
    "dropblock_backward",
    "dropblock_forward",
    "dropconnect_affine_backward",
    "dropconnect_affine_forward",
    "dropconnect_affine_inference",
    "dropout1d_backward",
    "dropout1d_forward",
    "dropout2d_backward",
    "dropout2d_forward",
    "dropout3d_backward",
    "dropout3d_forward",
    "dropout_backward",
    "dropout_forward",
    "elu_backward",
    "elu_forward",
    "feature_alpha_dropout_backward",
    "feature_alpha_dropout_forward",
    "gaussian_dropout_backward",
    "gaussian_dropout_forward",
    "gelu_backward",
    "gelu_forward",
    "layernorm_backward",
    "layernorm_forward",
    "leaky_relu_backward",
    "leaky_relu_forward",
    "locked_dropout_backward",
    "locked_dropout_forward",
    "log_softmax_backward",
    "log_softmax_forward",
    "lstm_backward",
    "lstm_forward",
    "lstm_step_backward",
    "lstm_step_forward",
    "max_pool_backward",
    "max_pool_forward",
    "mse_loss",
    "multi_head_attention_backward",
    "multi_head_attention_forward",
    "nll_loss",
    "relu_backward",
    "relu_forward",
    "rnn_backward",
    "rnn_forward",
    "rnn_step_backward",
    "rnn_step_forward",
    "scaled_dot_product_attention_backward",
    "scaled_dot_product_attention_forward",
    "sigmoid_backward",
    "sigmoid_forward",
    "silu_backward",
    "silu_forward",
    "softmax_backward",
    "softmax_forward",
    "softmax_loss",
    "softplus_backward",
    "softplus_forward",
    "spatial_batchnorm_backward",
    "spatial_batchnorm_forward",
    "spatial_dropout_backward",
    "spatial_dropout_forward",
    "spatial_groupnorm_backward",
    "spatial_groupnorm_forward",
    "stochastic_depth_backward",
    "stochastic_depth_forward",
    "svm_loss",
    "tanh_backward",
    "tanh_forward",
    "temporal_affine_backward",
    "temporal_affine_forward",
    "temporal_softmax_loss",
    "vanilla_dropout_backward",
    "vanilla_dropout_forward",
    "word_embedding_backward",
    "word_embedding_forward",
]

if TYPE_CHECKING:
    __version__: str
else:  # unseen by type checkers, which would believe in every name of the package otherwise
    def __getattr__(name: str) -> str:
        """Return the version when it is asked for."""
        from layers.version import looked_up

        return looked_up("layers", name)
