"""A normalization's dx divided by the standard deviation once too often."""

from tests.gradcheck.findings.cases import Cases, but, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards import normalization as norm

CASES = Cases("divided-by-std-twice")

CASES.wrong("batchnorm_divides_by_std_twice", norm.batchnorm,
            but(norm.batchnorm, 0, lambda dx, dout, x, xhat, mu, ivar, gamma: ivar * dx),
            *norm.arguments(6, 5), more=[norm.arguments(9, 4, f32)])
CASES.wrong("layernorm_divides_by_the_variance", norm.layernorm,
            but(norm.layernorm, 0, lambda dx, dout, x, xhat, mu, ivar, gamma: ivar * dx),
            *norm.arguments(5, 7))
CASES.wrong("instance_norm_divides_by_std_twice", norm.instance_norm,
            lambda dout, xhat, ivar: ivar * norm.dx_of(dout, xhat, ivar, (2, 3)),
            3 * randn(2, 3, 4, 3))
CASES.wrong("images_divided_twice", norm.images_norm,
            but(norm.images_norm, 0, lambda dx, dout, xhat, std, gamma: dx / std), *norm.IMAGES)
CASES.wrong("staged_batchnorm_multiplies_by_ivar_again", norm.staged_batchnorm,
            but(norm.staged_batchnorm, 0, lambda dx, dout, xhat, gamma, xmu, ivar, *_: dx * ivar),
            *norm.staged_args(6, 6))
CASES.wrong("transposed_layernorm_divides_by_the_variance", course.transposed_layernorm,
            course.transposed_slip(std_power=2), *norm.arguments(5, 6))
CASES.wrong("batchnorm_dgamma_divided_by_std", norm.batchnorm, but(
            norm.batchnorm, 1, lambda dgamma, dout, x, xhat, mu, ivar, gamma:
            (dout * xhat * ivar).sum(axis=0)), *norm.arguments(6, 4))

test_first_code, test_right = CASES.tests()
