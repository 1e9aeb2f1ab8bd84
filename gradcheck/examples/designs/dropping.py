"""Dropout of every kind: at another p, in test mode."""

from __future__ import annotations

from gradcheck.examples.designs.common import BASIS, SCALED, TESTED
from gradcheck.examples.recipes import each
from gradcheck.examples.variants import Variant

OFTEN = Variant("with p = 0.6", {"dropout_param": {"mode": "train", "p": 0.6, "seed": 7}})

DESIGNS = {
    **each("dropout inverted_dropout vanilla_dropout gaussian_dropout alpha_dropout "
           "spatial_dropout dropout2d feature_alpha_dropout dropout1d dropout3d locked_dropout "
           "variational_dropout stochastic_depth drop_path", (TESTED, OFTEN, *BASIS, *SCALED)),
    "dropblock": (TESTED, *BASIS, *SCALED),
}
