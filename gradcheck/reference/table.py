"""The references by the standard names of layers and losses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gradcheck.reference.activations import ACTIVATIONS, relu, sigmoid, tanh
from gradcheck.reference.affine import AFFINE, EMBEDDING, TEMPORAL_AFFINE
from gradcheck.reference.attention import ATTENTION, MULTI_HEAD, SCALED_ATTENTION
from gradcheck.reference.convolution import CONV
from gradcheck.reference.formula import Array, Reference
from gradcheck.reference.losses import LOSSES
from gradcheck.reference.normalization import (
    BATCHNORM,
    GROUPNORM,
    INSTANCENORM,
    LAYERNORM,
    RMSNORM,
    SPATIAL_BATCHNORM,
    batchnorm,
)
from gradcheck.reference.pooling import AVG_POOL, MAX_POOL, SIZES
from gradcheck.reference.recurrent import RECURRENT


def _batchnorm(out: Array, /, x: Array, **roles: Any) -> Array:
    """Normalize the output of a layer before, whose x is another."""
    return batchnorm(out, **roles)


def _layernorm(out: Array, /, **roles: Any) -> Array:
    return LAYERNORM.value(**{**roles, "x": out})


def _pool(out: Array, /, conv_param: Any = None, pool_param: Any = None, **roles: Any) -> Array:
    sizes = {name: (pool_param or roles)[name] for name in SIZES}
    return MAX_POOL.value(x=out, **sizes)


# A layer of this name pools in either way.
POOL = replace(MAX_POOL, slips=(), conventions={
    **MAX_POOL.conventions, "the mean": AVG_POOL.value,
    **{f"the mean, {name}": value for name, value in AVG_POOL.conventions.items()}})
CONV_RELU = CONV.then("relu of the convolution", relu)
BN_RELU = AFFINE.then("batchnorm", _batchnorm).then("relu(batchnorm(x w + b))", relu)
LN_RELU = AFFINE.then("layernorm", _layernorm).then("relu(layernorm(x w + b))", relu)

REFERENCES: dict[str, Reference] = {
    **ACTIVATIONS,
    **LOSSES,
    **RECURRENT,
    **dict.fromkeys(("affine", "linear", "dense", "fc", "fully_connected"), AFFINE),
    "affine_relu": AFFINE.then("relu(x w + b)", relu),
    "affine_sigmoid": AFFINE.then("sigmoid(x w + b)", sigmoid),
    "affine_tanh": AFFINE.then("tanh(x w + b)", tanh),
    **dict.fromkeys(("affine_bn_relu", "affine_batchnorm_relu"), BN_RELU),
    **dict.fromkeys(("affine_ln_relu", "affine_layernorm_relu"), LN_RELU),
    "temporal_affine": TEMPORAL_AFFINE,
    "word_embedding": EMBEDDING,
    **dict.fromkeys(("attention", "dot_product_attention"), ATTENTION),
    "scaled_dot_product_attention": SCALED_ATTENTION,
    "multi_head_attention": MULTI_HEAD,
    **dict.fromkeys(("batchnorm", "batch_norm", "bn"), BATCHNORM),
    "spatial_batchnorm": SPATIAL_BATCHNORM,
    **dict.fromkeys(("layernorm", "layer_norm", "ln"), LAYERNORM),
    **dict.fromkeys(("rmsnorm", "rms_norm"), RMSNORM),
    **dict.fromkeys(("instancenorm", "instance_norm"), INSTANCENORM),
    **dict.fromkeys(("groupnorm", "group_norm", "spatial_groupnorm"), GROUPNORM),
    **dict.fromkeys(("conv", "conv2d"), CONV),
    "conv_relu": CONV_RELU,
    "conv_bn_relu": CONV.then("batchnorm", _batchnorm).then(
        "relu(batchnorm(convolution))", relu),
    "conv_relu_pool": CONV_RELU.then("the maximum of each window of relu(convolution)", _pool),
    **dict.fromkeys(("max_pool", "maxpool", "max_pool2d"), MAX_POOL),
    "pool": POOL,
    **dict.fromkeys(("avg_pool", "avgpool", "avg_pool2d", "mean_pool"), AVG_POOL),
}
