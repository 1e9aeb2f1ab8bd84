"""Affine layers, and the blocks that begin with one."""

from __future__ import annotations

from gradcheck.examples.designs.common import ANY, BASIS, FINITE, MANY, SCALED
from gradcheck.examples.recipes import each, normal
from gradcheck.examples.variants import Variant

SQUARE = Variant("with square weights", {"w": normal(6, 6), "b": normal(6)})
STEP = Variant("with one time step", {"x": normal(3, 1, 4)})

DESIGNS = {
    **each("affine affine_relu linear dense fc fully_connected", (*BASIS, *SCALED, SQUARE)),
    **each("affine_sigmoid affine_tanh", (*BASIS, FINITE, SQUARE)),
    # Over a batch of one there is nothing to normalize.
    **each("affine_bn_relu affine_batchnorm_relu affine_bn_relu_dropout", (MANY, *ANY, *SCALED)),
    **each("affine_ln_relu affine_layernorm_relu affine_ln_relu_dropout affine_dropout "
           "affine_relu_dropout dropconnect_affine dropconnect", (*BASIS, *SCALED)),
    "temporal_affine": (*BASIS, *SCALED, STEP),
}
