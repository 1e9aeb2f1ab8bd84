"""Activations: at their kinks, and where an exponential overflows that need not."""

from __future__ import annotations

from gradcheck.examples.designs.common import BASIS, FINITE, SCALED
from gradcheck.examples.recipes import apart, each, tied
from gradcheck.examples.variants import Variant

KINKS = Variant("at zeros", {"x": tied(4, 6)}, look="coordinates")
APART = Variant("with rows a thousand apart", {"x": apart(4, 6)}, look="finite")

DESIGNS = {
    **each("relu leaky_relu lrelu relu6 abs hard_tanh hardtanh identity prelu square cube softsign",
           (*BASIS, *SCALED, KINKS)),
    **each("sigmoid tanh gelu elu selu celu softplus silu swish mish hard_sigmoid hardsigmoid "
           "hard_swish hardswish log_sigmoid logsigmoid", (*BASIS, FINITE, KINKS)),
    **each("softmax log_softmax logsoftmax", (*BASIS, FINITE, APART)),
    "l2_normalize": (*BASIS, *SCALED),
    **each("sin cos exp log sqrt reciprocal flatten", BASIS),
}
