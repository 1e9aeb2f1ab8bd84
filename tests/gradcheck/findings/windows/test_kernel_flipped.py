"""A kernel that backward reads in the other direction: convolution for cross-correlation."""

from tests.gradcheck.findings.cases import Cases, but, f32, randn
from tests.gradcheck.findings.forwards import course, windows

CASES = Cases("kernel-flipped")

CASES.wrong("conv_dx_correlates_the_flipped_kernel", windows.conv,
            lambda dout, cache: windows.conv_slip(kernel=cache[1][:, :, ::-1, ::-1])(dout, cache),
            *windows.conv_args((2, 3, 5, 6), (2, 3, 3, 3), pad=1),
            more=[windows.conv_args((2, 2, 6, 5), (3, 2, 2, 2), dtype=f32)])
CASES.wrong("conv_dw_comes_out_flipped", windows.conv,
            but(windows.conv, 1, lambda dw, dout, *_: dw[:, :, ::-1, ::-1]),
            *windows.conv_args((3, 2, 5, 5), (2, 2, 3, 3)))
CASES.wrong("conv1d_convolves_where_it_should_correlate", windows.conv1d,
            lambda dout, cache: windows.conv1d_slip(kernel=cache[1][::-1])(dout, cache),
            randn(4, 8), randn(3), more=[(randn(2, 9), randn(3), 1, 1), (randn(4, 9), randn(3), 2)])
CASES.wrong("conv1d_flips_dw", windows.conv1d,
            but(windows.conv1d, 1, lambda dw, dout, *_: dw[::-1]), randn(4, 7, dtype=f32),
            randn(3, dtype=f32), 1, 1)
CASES.wrong("looped_conv_turns_its_kernels", course.looped_conv,
            course.looped_conv_slip(turn=lambda kernel: kernel[:, ::-1, ::-1]),
            *windows.conv_args((2, 2, 5, 4), (3, 2, 3, 3), pad=1))

test_first_code, test_right = CASES.tests()
