"""Convolution, pooling, padding.

kernel_flipped          The gradient of a convolution with the kernel turned around.
overlap_overwritten     The gradient of what several outputs read
padding_crop            The gradient of a layer that pads, cropped at the wrong end.
pool_misrouted          The gradient of a pooling, routed to another input than the one it came from
pool_spread             The gradient of a maximum, spread over inputs that it did not select.
window_misplaced        The gradient of a layer with windows, at other places than forward read.
square_only             Right with square windows, wrong with others.
"""
