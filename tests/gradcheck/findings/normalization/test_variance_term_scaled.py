"""A normalization whose variance contributes a multiple of what it should."""

from tests.gradcheck.findings.cases import Cases, but, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards import normalization as norm

CASES = Cases("variance-term-scaled")

CASES.wrong("batchnorm_power_rule_without_half", norm.batchnorm, norm.slip(0, variance_term=2),
            *norm.arguments(6, 4), more=[norm.arguments(7, 5, f32)])
CASES.wrong("layernorm_square_without_two", norm.layernorm, norm.slip(-1, variance_term=0.5),
            *norm.arguments(4, 9))
CASES.wrong("batchnorm_variance_term_over_n_minus_one", norm.batchnorm,
            norm.slip(0, variance_term=5 / 4), *norm.arguments(5, 3))
CASES.wrong("layernorm_variance_term_with_the_wrong_sign", norm.layernorm,
            norm.slip(-1, variance_term=-1), *norm.arguments(3, 6, f32))
CASES.wrong("images_variance_halved", norm.images_norm, norm.std_slip((0, 2, 3), variance_term=0.5),
            *norm.IMAGES)
CASES.wrong("staged_batchnorm_drops_the_half", norm.staged_batchnorm,
            lambda dout, cache: norm.staged(dout, cache, dvar_factor=2), *norm.staged_args(5, 8))
CASES.wrong("staged_batchnorm_sums_instead_of_averaging", norm.staged_batchnorm,
            lambda dout, cache: norm.staged(dout, cache, dvar_factor=len(dout)),
            *norm.staged_args(6, 3))


CASES.wrong("rms_norm_sums_where_it_should_average", norm.rms_norm, but(
            norm.rms_norm, 0, lambda dx, dout, xhat, irms, gamma: norm.dx_of(
                dout * gamma, xhat, irms, 1, mean_term=0, variance_term=7)),
            randn(4, 7), 1 + randn(7) ** 2)
CASES.wrong("paper_batchnorm_square_root_without_half", course.paper_batchnorm,
            course.paper_slip(half=1), *norm.arguments(6, 4))
CASES.wrong("paper_batchnorm_square_without_two", course.paper_batchnorm, course.paper_slip(two=1),
            *norm.arguments(6, 4))
CASES.wrong("transposed_layernorm_twice_the_variance_term", course.transposed_layernorm,
            course.transposed_slip(last=2), *norm.arguments(5, 6))

test_first_code, test_right = CASES.tests()
