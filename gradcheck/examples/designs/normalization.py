"""Normalizations: settings, statistics that are passed in, test mode, cancellation."""

from __future__ import annotations

import numpy as np

from gradcheck.examples.designs.common import (
    ANY,
    BASIS,
    MANY,
    SCALED,
    TESTED_ONE,
)
from gradcheck.examples.recipes import each
from gradcheck.examples.variants import Variant

# The variance of numbers near 1e3 has no digits left where it is E[x^2] - E[x]^2.
CANCELLING = Variant("with x near 1e3 in float32", offset=1e3, single=True, look="forward")
RUNNING = {"running_mean": np.linspace(-1, 1, 6), "running_var": np.linspace(0.5, 2, 6)}
BATCH = Variant("with eps = 0.1, momentum = 0.6 and statistics passed in",
                {"bn_param": {"mode": "train", "eps": 0.1, "momentum": 0.6, **RUNNING}})
LAYER = Variant("with eps = 0.1", {"ln_param": {"eps": 0.1}})
GROUPS = (Variant("with 3 groups, eps = 0.1", {"G": 3, "gn_param": {"eps": 0.1}}),
          Variant("with one group", {"G": 1}))

DESIGNS = {
    **each("batchnorm batch_norm bn", (CANCELLING, BATCH, MANY, *ANY, *SCALED, TESTED_ONE)),
    "spatial_batchnorm": (CANCELLING, BATCH, *BASIS, *SCALED, TESTED_ONE),
    **each("layernorm layer_norm ln", (CANCELLING, LAYER, *BASIS, *SCALED)),
    **each("rmsnorm rms_norm", (*BASIS, *SCALED)),
    **each("instancenorm instance_norm", (CANCELLING, *BASIS, *SCALED)),
    **each("groupnorm group_norm spatial_groupnorm", (CANCELLING, *GROUPS, *BASIS, *SCALED)),
}
