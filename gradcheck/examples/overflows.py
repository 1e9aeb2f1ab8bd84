"""What overflows in a standard function that is written down as it stands, and how it need not."""

from __future__ import annotations

import re
from typing import NamedTuple


class Overflow(NamedTuple):
    """A way to overflow: of which names, why, the remedy in forward, and that in backward."""

    names: str
    because: str
    forward: str
    backward: str


ROWS = Overflow(
    "", "exp of a row underflows where the maximum of another row is subtracted",
    "subtract each row's own maximum: x - x.max(axis=1, keepdims=True), not x - x.max()",
    "take the probabilities that forward computed")
VARIANCE = Overflow(
    "", "E[x^2] - E[x]^2 is a difference of large numbers, and may be negative",
    "take the mean of (x - mean)^2 for the variance", "take the variance that forward computed")
OVERFLOWS = (
    Overflow("softmax|entropy", "exp overflows without the maximum",
             "subtract each row's maximum before exp: x - x.max(axis=1, keepdims=True)",
             "take the probabilities that forward computed"),
    Overflow("tanh", "exp(x) / exp(x) is inf / inf",
             "take np.tanh instead of a quotient of exponentials", "it is 1 - out^2"),
    Overflow("softplus|log_?sigmoid|mish|logits|logistic|sigmoid_loss",
             "log(1 + exp(x)) or exp(x) / (1 + exp(x)) overflows",
             "take np.logaddexp(0, x) for log(1 + exp(x))",
             "take 1 / (1 + exp(-x)) for exp(x) / (1 + exp(x))"),
    Overflow("sigmoid|silu|swish", "exp(x) / (1 + exp(x)) is inf / inf",
             "write 1 / (1 + exp(-x)), or 0.5 * (1 + np.tanh(x / 2))",
             "write it by the sigmoid that forward computed: s * (1 - s)"),
    Overflow("gelu", "a power or a quotient of exponentials overflows",
             "take np.tanh or scipy.special.erf, which do not overflow",
             "take np.tanh or scipy.special.erf, which do not overflow, and no quotient of exp"),
    Overflow("(^|_)[cs]?elu$", "exp of a large positive x overflows, and 0 times inf is nan",
             "take np.exp(np.minimum(x, 0)), or np.expm1 of it",
             "take np.exp(np.minimum(x, 0))"),
    Overflow("lstm|gru|rnn", "a sigmoid or tanh by exponentials overflows",
             "write a sigmoid as 1 / (1 + exp(-x)), and take np.tanh",
             "write it by what forward computed: s * (1 - s), 1 - t^2"),
)


def overflow_of(name: str) -> Overflow | None:
    """Return how a layer or a loss of a standard name overflows, where that is known.

    >>> overflow_of("log_softmax").because, overflow_of("relu")
    ('exp overflows without the maximum', None)
    """
    return next((entry for entry in OVERFLOWS if re.search(entry.names, name)), None)
