"""A backward that divides by a standard deviation without eps."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, but, f32
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards import normalization as norm

CASES = Cases("eps-missing")


CASES.wrong("batchnorm_at_test_time_forgets_eps", norm.batchnorm_at_test_time,
            but(norm.batchnorm_at_test_time, 0, lambda dx, dout, xhat, gamma, ivar, bn_param:
                dout * gamma / np.sqrt(bn_param["running_var"])),
            *norm.arguments(5, 4)[:3], norm.TEST_MODE)


CASES.wrong("batchnorm_backward_forgets_eps", norm.batchnorm, but(
            norm.batchnorm, 0, lambda dx, dout, x, xhat, mu, ivar, gamma: norm.dx_of(
                dout * gamma, xhat, norm.normalized(x, 0, eps=0)[1], 0)),
            *norm.arguments(6, 3, eps=0.1),
            more=[norm.arguments(8, 5, f32, eps=0.5), norm.arguments(7, 4, eps=1e-5)])
CASES.wrong("layernorm_recomputes_without_eps", norm.layernorm, but(
            norm.layernorm, 0, lambda dx, dout, x, xhat, mu, ivar, gamma: norm.dx_of(
                dout * gamma, (x - mu) / x.std(axis=1, keepdims=True),
                1 / x.std(axis=1, keepdims=True), 1)), *norm.arguments(4, 7, eps=0.2))
CASES.wrong("paper_batchnorm_forgets_eps", course.paper_batchnorm, course.paper_slip(use_eps=False),
            *norm.arguments(6, 4, eps=0.1))
CASES.wrong("staged_batchnorm_dgamma_without_eps", norm.staged_batchnorm, but(
            norm.staged_batchnorm, 1, lambda dgamma, dout, xhat, gamma, xmu, ivar, std, var, eps:
            (dout * xmu / np.sqrt(var)).sum(axis=0)), *norm.staged_args(6, 4))

test_first_code, test_right = CASES.tests()
