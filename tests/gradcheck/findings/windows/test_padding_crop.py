"""Padding cut off a gradient at the wrong ends."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards import course, windows

CASES = Cases("padding-crop")


@CASES.backward(windows.conv, *windows.conv_args((2, 2, 4, 5), (3, 2, 3, 3), pad=1),
                more=[windows.conv_args((1, 3, 5, 5), (2, 3, 5, 5), pad=2, dtype=f32)])
def conv_crops_from_the_corner(dout, cache):
    dpadded, dw, db = windows.conv_padded(dout, cache)
    height, width = cache[0].shape[2:]
    return dpadded[:, :, :height, :width], dw, db


CASES.wrong("conv_crops_to_minus_zero", course.looped_conv,
            course.looped_conv_slip(crop=lambda start, stop: slice(start, -start)),
            *windows.conv_args((2, 2, 5, 4), (3, 2, 3, 3)))


@CASES.backward(windows.conv, *windows.conv_args((2, 1, 6, 4), (2, 1, 3, 3), pad=1))
def conv_crops_the_padding_at_one_end(dout, cache):
    dpadded, dw, db = windows.conv_padded(dout, cache)
    both = 2 * cache[2]["pad"]
    return dpadded[:, :, both:, both:], dw, db


# Seen from outside, every window lands one place late.
@CASES.backward(windows.conv1d, randn(3, 8), randn(3), 1, 1, also=("window-misplaced",))
def conv1d_crops_the_end_only(dout, cache):
    dpadded, dw = windows.conv1d_padded(dout, cache)
    return dpadded[:, :-2], dw


def zero_pad(x):
    """Pad x (N, H, W) by two on each side."""
    return np.pad(x, ((0, 0), (2, 2), (2, 2))), x.shape


CASES.wrong("padding_cropped_at_the_corner", zero_pad,
            lambda dout, shape: dout[:, :shape[1], :shape[2]], randn(3, 4, 5))
CASES.wrong("padding_cropped_at_the_far_corner", zero_pad,
            lambda dout, shape: dout[:, -shape[1]:, -shape[2]:], randn(2, 6, 5))

CASES.right(zero_pad, randn(3, 4, 5), backward=lambda dout, shape: dout[:, 2:-2, 2:-2])
CASES.right(windows.conv, *windows.conv_args((2, 2, 7, 6), (3, 2, 3, 2), stride=2, dtype=f32))
CASES.wrong("looped_conv_crops_from_zero", course.looped_conv,
            course.looped_conv_slip(crop=lambda start, stop: slice(0, stop - start)),
            *windows.conv_args((2, 2, 5, 4), (3, 2, 3, 3), pad=1))
CASES.wrong("looped_conv_crops_to_the_end", course.looped_conv,
            course.looped_conv_slip(crop=lambda start, stop: slice(2 * start, stop + start)),
            *windows.conv_args((2, 2, 5, 4), (3, 2, 3, 3), pad=1))
CASES.wrong("padded_steps_cropped_at_one_end", lambda x: (np.pad(x, ((0, 0), (2, 2))), x.shape),
            lambda dout, shape: dout[:, :shape[1]], randn(3, 6))

test_first_code, test_right = CASES.tests()
