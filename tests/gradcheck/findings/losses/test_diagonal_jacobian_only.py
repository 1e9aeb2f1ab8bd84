"""A softmax differentiated as if its outputs did not depend on each other."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f16, f32, randn
from tests.gradcheck.findings.forwards.losses import softmax

CASES = Cases("diagonal-jacobian-only")

CASES.wrong("softmax_differentiated_as_a_sigmoid", softmax,
            lambda dout, probs: dout * probs * (1 - probs), randn(5, 6),
            more=[(randn(3, 4, dtype=f32),), (randn(4, 4, dtype=f16),)])


def log_softmax(x):
    shifted = x - x.max(axis=1, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return out, np.exp(out)


CASES.wrong("log_softmax_differentiated_entry_by_entry", log_softmax,
            lambda dout, probs: dout * (1 - probs), randn(6, 4))
CASES.wrong("time_softmax_diagonal", softmax, lambda dout, probs: dout * (probs - probs**2),
            randn(2, 3, 5), more=[(randn(8),)])
CASES.wrong("tempered_softmax_diagonal", lambda x: (softmax(x / 2)[0],) * 2,
            lambda dout, probs: dout * probs * (1 - probs) / 2, randn(4, 5))


def channel_softmax(x):
    """Softmax over the channels of x (N, C, H, W)."""
    e = np.exp(x - x.max(axis=1, keepdims=True))
    out = e / e.sum(axis=1, keepdims=True)
    return out, out


CASES.wrong("channel_softmax_differentiated_as_a_sigmoid", channel_softmax,
            lambda dout, probs: dout * probs * (1 - probs), randn(2, 5, 3, 2))

CASES.right(softmax, randn(4, 6), more=[(x,) for x in (
    1e4 * randn(5, 4), randn(3, 7, dtype=f32), 30 * randn(6, 3), 1e3 * randn(6, 4, dtype=f32),
    10 * randn(8, 4, dtype=f32),
    np.array([[24.0, 0.0, 3.0], [-17.0, 1.0, 14.0], [0.0, 30.0, 9.0]]))])

test_first_code, test_right = CASES.tests()
