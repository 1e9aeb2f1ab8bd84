"""A backward that draws a mask of its own."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.dropout import dropout, train

CASES = Cases("mask-resampled")


@CASES.backward(dropout, randn(6, 8), train(0.4))
@CASES.backward(dropout, randn(5, 5, 3, dtype=f32), train(0.3))
def dropout_draws_again_in_backward(dout, dropout_param, mask):
    mask = np.random.default_rng().random(mask.shape) >= dropout_param["p"]
    return dout * mask / (1 - dropout_param["p"])


@CASES.backward(dropout, randn(30), train(0.5))
def dropout_draws_from_the_global_generator_in_backward(dout, dropout_param, mask):
    mask = (np.random.rand(*mask.shape) >= dropout_param["p"]) / (1 - dropout_param["p"])
    return dout * mask


def dropout_with_a_kept_stream(x, dropout_param):
    rng = np.random.default_rng(dropout_param["seed"])
    p = dropout_param["p"]
    return x * (rng.random(x.shape) >= p) / (1 - p), (rng, p)


# Drawing on advances a generator that lies in the cache: that mutates the cache as well.
CASES.wrong("dropout_continues_the_stream_in_backward", dropout_with_a_kept_stream,
            lambda dout, rng, p: dout * (rng.random(dout.shape) >= p) / (1 - p), randn(7, 4),
            train(0.4), also=("cache-mutated",))
CASES.wrong("course_dropout_draws_again", course.course_dropout,
            lambda dout, param, _: dout * (np.random.rand(*dout.shape) < param["p"]) / param["p"],
            randn(5, 6), course.keep(0.7))


@CASES.backward(course.course_dropout, randn(5, 6), course.keep(0.6))
def dropout_reseeds_the_global_generator(dout, param, _):
    np.random.seed(0)
    return dout * (np.random.rand(*dout.shape) < param["p"]) / param["p"]


test_first_code, test_right = CASES.tests()
