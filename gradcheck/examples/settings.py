"""Settings that have to have an effect, and values that must show it."""

from __future__ import annotations

from collections.abc import Mapping

from gradcheck.examples.recipes import each

# A parameter of a function's own that is called so has an effect; the value is another one.
STRONG: Mapping[str, float] = {
    "eps": 0.5, "epsilon": 0.5, "momentum": 0.1, "negative_slope": 0.7, "slope": 0.7, "alpha": 0.7,
    "leak": 0.7, "reg": 2.0, "stride": 1, "pad": 2, "padding": 2,
}
# Keys that the dict of a layer has, by the layer's name.
KEYS: Mapping[str, tuple[str, ...]] = {
    **each("batchnorm batch_norm bn spatial_batchnorm", ("eps", "momentum")),
    **each("layernorm layer_norm ln groupnorm group_norm spatial_groupnorm instancenorm "
           "instance_norm", ("eps",)),
    **each("conv conv2d", ("stride", "pad")),
    **each("max_pool maxpool max_pool2d avg_pool avgpool avg_pool2d mean_pool",
           ("stride", "pool_height", "pool_width")),
}
OTHER_SIZES = {"pool_height": 3, "pool_width": 2}
