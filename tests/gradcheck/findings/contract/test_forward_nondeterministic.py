"""A forward that gives another output when it is called again."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f32, randn

CASES = Cases("forward-nondeterministic")


@CASES.forward(lambda dout, _: dout.copy(), randn(5, 6))
@CASES.forward(lambda dout, _: dout.copy(), randn(4, 3, 2, dtype=f32))
def noise_without_a_seed(x):
    return x + 0.1 * np.random.default_rng().standard_normal(x.shape).astype(x.dtype), None


@CASES.forward(lambda dout, mask: 2 * dout * mask, randn(8, 5))
def dropout_without_a_seed(x):
    mask = np.random.default_rng().random(x.shape) > 0.5
    return 2 * x * mask, mask


def moving_average_forward():
    """A centring by the running mean while it still moves."""
    running = [0.0]

    def centred_by_the_running_mean(x):
        running[0] = 0.9 * running[0] + 0.1 * x.mean(axis=0)
        return x - running[0], None

    return centred_by_the_running_mean


CASES.forward(lambda dout, _: dout.copy(), 3 + randn(6, 4))(moving_average_forward())
CASES.right(lambda x, seed: (x + np.random.default_rng(seed).standard_normal(x.shape), None),
            randn(5, 6), 3, backward=lambda dout, _: dout.copy(), name="noise_with_a_seed")

test_first_code, test_right = CASES.tests()
