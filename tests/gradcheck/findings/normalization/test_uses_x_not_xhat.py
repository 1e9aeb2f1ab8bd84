"""A gradient made with x where xhat belongs."""

from tests.gradcheck.findings.cases import Cases, but, f32
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards import normalization as norm

CASES = Cases("uses-x-not-xhat")

CASES.wrong("batchnorm_dgamma_from_x", norm.batchnorm,
            but(norm.batchnorm, 1, lambda dgamma, dout, x, *_: (dout * x).sum(axis=0)),
            *norm.arguments(6, 4), more=[norm.arguments(7, 3, f32)])
CASES.wrong("layernorm_dgamma_from_x", norm.layernorm,
            but(norm.layernorm, 1, lambda dgamma, dout, x, *_: (dout * x).sum(axis=0)),
            *norm.arguments(5, 6))
CASES.wrong("layernorm_variance_term_from_x", norm.layernorm,
            but(norm.layernorm, 0, lambda dx, dout, x, xhat, mu, ivar, gamma: norm.dx_of(
                dout * gamma, x, ivar, 1)), *norm.arguments(4, 8, f32))
CASES.wrong("staged_batchnorm_dgamma_from_the_centred_input", norm.staged_batchnorm,
            but(norm.staged_batchnorm, 1,
                lambda dgamma, dout, xhat, gamma, xmu, *_: (dout * xmu).sum(axis=0)),
            *norm.staged_args(8, 4))
# The power -1/2 for -3/2 of the variance puts x - mean in the place of xhat, twice.
CASES.wrong("paper_batchnorm_power_of_the_variance", course.paper_batchnorm,
            course.paper_slip(power=-0.5), *norm.arguments(6, 4))

test_first_code, test_right = CASES.tests()
