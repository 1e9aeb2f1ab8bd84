"""What to do about an exception, as the table knows it."""

import numpy as np
import pytest

from gradcheck import check_layer
from gradcheck.exceptions.remedies import remedy_of


@pytest.mark.parametrize(("error", "words"), [
    (ModuleNotFoundError("No module named 'urllib2'"), "import urllib.request in its place"),
    (ModuleNotFoundError("No module named 'nn.im2col_cython'"), "build_ext --inplace"),
    (ModuleNotFoundError("No module named 'cv2'"), "pip install opencv-python"),
    (RuntimeError("function F returned an incorrect number of gradients (expected 3, got 2)"),
     "return 3 values from backward, one for each argument of forward but ctx"),
])
def test_the_table_knows_it(error, words):
    assert words in remedy_of(error)


def test_a_backward_without_an_end_is_told_to_end_and_not_what_to_accept():
    def forward(x):
        return x * 2, x

    def backward(dout, cache):
        return backward(dout, cache)

    finding, = check_layer(forward, backward, np.ones((2, 3)), progress=False).findings
    assert finding.code == "raises"
    assert "end the recursion" in str(finding)
    assert "accept dout" not in str(finding)
