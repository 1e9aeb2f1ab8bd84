"""A sum over the wrong axis."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, but, f32, randn
from tests.gradcheck.findings.forwards import course, windows
from tests.gradcheck.findings.forwards import normalization as norm
from tests.gradcheck.findings.forwards.affine import affine, affine_args, bias, scale_shift
from tests.gradcheck.findings.forwards.losses import softmax
from tests.gradcheck.findings.forwards.normalization import arguments, batchnorm

CASES = Cases("wrong-axis-sum")

CASES.wrong("db_summed_over_the_outputs", affine,
            but(affine, 2, lambda db, dout, x, w, b: dout.sum(axis=1)), *affine_args(5, 3, 5),
            more=[affine_args(4, 6, 4, f32)])
CASES.wrong("dgamma_summed_over_the_features", scale_shift,
            but(scale_shift, 1, lambda dgamma, dout, x, gamma: (dout * x).sum(axis=1)),
            randn(5, 5), randn(5), randn(5, seed=1))
CASES.wrong("batchnorm_dbeta_summed_over_features", batchnorm,
            but(batchnorm, 2, lambda dbeta, dout, *_: dout.sum(axis=1)), *arguments(5, 5))
# The off-diagonal part summed along the batch: a sum over the wrong axis.
CASES.wrong("softmax_sums_along_the_batch", softmax,
            lambda dout, probs: probs * (dout - (dout * probs).sum(axis=0)), randn(5, 5))
CASES.wrong("bias_summed_along_its_own_axis", bias, lambda dout, cache: (dout, dout.sum(axis=-1)),
            randn(6, 6), randn(6))
CASES.wrong("conv_db_summed_for_each_sample", course.looped_conv,
            course.looped_conv_slip(db=lambda dout: dout.sum(axis=(1, 2, 3))),
            *windows.conv_args((3, 2, 5, 4), (3, 2, 3, 3)))
CASES.wrong("conv_db_summed_to_a_scalar", course.looped_conv, course.looped_conv_slip(db=np.sum),
            *windows.conv_args((2, 2, 5, 4), (3, 2, 3, 3)))
CASES.wrong("layernorm_averages_over_the_batch", norm.layernorm, norm.slip(0),
            *norm.arguments(5, 4))
CASES.wrong("batchnorm_averages_over_everything", norm.batchnorm, norm.slip((0, 1)),
            *norm.arguments(5, 4))
CASES.wrong("layernorm_takes_its_first_mean_over_the_batch", norm.layernorm, but(
            norm.layernorm, 0, lambda dx, dout, x, xhat, mu, ivar, gamma: ivar * (
                dout * gamma - (dout * gamma).mean(axis=0)
                - xhat * norm.mean(dout * gamma * xhat, 1))), *norm.arguments(5, 4))


def channel_gain(x, gain):
    """Images (N, C, H, W) times a gain for each channel; its square has about the mean 1."""
    return x * gain[:, None, None], (x, gain)


for image in ((4, 5, 3, 5), (2, 4, 4, 3)):
    CASES.wrong("channel_gain_summed_over_the_channels", channel_gain,
                lambda dout, x, gain: (dout * gain[:, None, None], (dout * x).sum(axis=(
                    (0, 1, 2) if x.shape[3] == len(gain) else (0, 1, 3)))),
                randn(*image) / np.sqrt(np.mean(randn(*image)**2) / 0.9), randn(image[1]))

test_first_code, test_right = CASES.tests()
