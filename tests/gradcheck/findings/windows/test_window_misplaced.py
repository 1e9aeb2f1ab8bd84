"""Windows that lie elsewhere in backward than in forward."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, but, f32, randn
from tests.gradcheck.findings.forwards import course, windows

CASES = Cases("window-misplaced")

CASES.wrong("conv_backward_ignores_the_stride", windows.conv, windows.conv_slip(stride=1),
            *windows.conv_args((2, 2, 7, 7), (3, 2, 3, 3), stride=2),
            more=[windows.conv_args((1, 3, 6, 8), (2, 3, 2, 2), stride=2, dtype=f32)])
CASES.wrong("dilation_ignored", windows.conv1d, windows.conv1d_slip(dilation=1), randn(3, 11),
            randn(3), 2)


@CASES.backward(windows.conv1d, randn(2, 10), randn(3))
def conv1d_windows_start_one_late(dout, cache):
    all_but_last = np.append(dout[:, :-1], 0 * dout[:, -1:], axis=1)
    dx, _ = windows.conv1d.backward(all_but_last, cache)
    return np.roll(dx, 1, axis=1), windows.conv1d.backward(dout, cache)[1]


@CASES.backward(windows.conv, *windows.conv_args((2, 2, 6, 5), (2, 2, 3, 3), pad=1))
def conv_weights_see_the_unpadded_window(dout, cache):
    x, w, _ = cache
    shifted = np.pad(x, ((0, 0), (0, 0), (0, 2), (0, 2)))
    _, dw, db = windows.conv_padded(dout, (shifted, w, {"pad": 0, "stride": 1}))
    return windows.conv.backward(dout, cache)[0], dw, db


CASES.wrong("conv_rows_start_one_late", windows.conv, but(windows.conv, 0, lambda dx, dout, *_: (
            np.pad(dx, ((0, 0), (0, 0), (1, 0), (0, 0)))[:, :, :-1])),
            *windows.conv_args((2, 2, 5, 4), (3, 2, 2, 2)))

# What is not padded cannot be cropped; more filters than channels are no padding.
for sizes, shape in (((2, 2, 6, 5), (3, 2, 3, 3)), ((1, 1, 5, 6), (4, 1, 2, 2))):
    CASES.wrong("unpadded_windows_of_dx_one_late", course.looped_conv, but(
                course.looped_conv, 0, lambda dx, *_: (
                    np.pad(dx, ((0, 0), (0, 0), (1, 0), (1, 0)))[:, :, :-1, :-1])),
                *windows.conv_args(sizes, shape))

test_first_code, test_right = CASES.tests()
