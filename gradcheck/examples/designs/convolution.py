"""Convolutions: with and without padding, strides, square and oblong images and kernels.

The windows tile in all of them; what they leave over is a matter of convention.
"""

from __future__ import annotations

from gradcheck.examples.designs.common import ANY, BASIS, ONE, SCALED
from gradcheck.examples.recipes import each, normal
from gradcheck.examples.variants import Variant

NO_PADDING = Variant("with pad = 0, stride = 1", {"conv_param": {"stride": 1, "pad": 0}})
NO_PADDING_STRIDE = Variant("with pad = 0, stride = 2", {
    "x": normal(3, 2, 7, 10), "conv_param": {"stride": 2, "pad": 0}})
PADDING = Variant("with pad = 2, stride = 3", {
    "w": normal(5, 2, 2, 4), "conv_param": {"stride": 3, "pad": 2}})
SQUARE = Variant("with a square image and kernel, pad = 1, stride = 1", {
    "x": normal(4, 2, 5, 5), "w": normal(3, 2, 3, 3), "b": normal(3),
    "conv_param": {"stride": 1, "pad": 1}})
# A block's normalization and pooling have sizes of their own.
BLOCK_NO_PADDING = Variant("with pad = 0", {
    "x": normal(3, 2, 9, 10), "conv_param": {"stride": 1, "pad": 0}})

DESIGNS = {
    **each("conv conv2d conv_relu",
           (NO_PADDING, NO_PADDING_STRIDE, SQUARE, PADDING, *BASIS, *SCALED)),
    "conv_relu_spatial_dropout": (NO_PADDING, NO_PADDING_STRIDE, *BASIS),
    "conv_bn_relu": (NO_PADDING, NO_PADDING_STRIDE, *BASIS),
    "conv_relu_pool": (BLOCK_NO_PADDING, ONE, *ANY),
}
