"""A backward that divides by a standard deviation without eps."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, but, f32
from tests.gradcheck.findings.forwards import normalization as norm

CASES = Cases("eps-missing")


CASES.wrong("batchnorm_at_test_time_forgets_eps", norm.batchnorm_at_test_time,
            but(norm.batchnorm_at_test_time, 0, lambda dx, dout, xhat, gamma, ivar, bn_param:
                dout * gamma / np.sqrt(bn_param["running_var"])),
            *norm.arguments(5, 4)[:3], norm.TEST_MODE)


@CASES.backward(norm.batchnorm, *norm.arguments(6, 3, eps=0.1), more=[
    norm.arguments(8, 5, f32, eps=0.5), norm.arguments(7, 4, eps=1e-5)])
def batchnorm_backward_forgets_eps(dout, x, xhat, mu, ivar, gamma):
    _, ivar, _ = norm.normalized(x, 0, eps=0)
    return norm.dx_of(dout * gamma, xhat, ivar, 0), *norm.gamma_beta(dout, xhat)


@CASES.backward(norm.layernorm, *norm.arguments(4, 7, eps=0.2))
def layernorm_recomputes_without_eps(dout, x, xhat, mu, ivar, gamma):
    _, ivar, bare = norm.normalized(x, 1, eps=0)
    return norm.dx_of(dout * gamma, bare, ivar, 1), *norm.gamma_beta(dout, xhat)


test_first_code, test_right = CASES.tests()
