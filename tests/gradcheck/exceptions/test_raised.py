"""What to do about what layers raise: each remedy fits its cause."""

import numpy as np
import pytest

from gradcheck import check_layer
from gradcheck.exceptions.remedies import reason_and_remedy, remedy_of
from gradcheck.exceptions.words import raising_line, with_line

x, w, nothing, text = np.ones((4, 6)), np.ones((5, 6)), None, "mode"
settings, cache, pair = {"p": 0.3}, (1, 2), (np.ones(2), 3)
weights, scores = np.ones(6), np.ones((4, 5))


def of_shape(dout):
    N, C, H, W = dout.shape
    return N, C, H, W


def of_cache(dout, cache):
    x, w, b = cache
    return x, w, b


def of_one_way(flag):
    if flag:
        out = 1
    return out


def over(count):
    return 3 / count


def of_loop(count):
    for _ in range(count % (count // 4)):
        pass


def of_lists(scores):
    scores[[range(4), [0, 1, 2, 3]]] = np.ones(3)


def of_array(x):
    N, C, H = x.shape
    return N, C, H


CASES = {
    "a name like another": (lambda: weigths, "write weights, if that is what weigths means"),  # noqa: F821
    "numpy as np": (lambda: sp, "import scipy as sp"),  # noqa: F821
    "an unknown name": (lambda: im2col_indices, "define or import im2col_indices"),  # noqa: F821
    "Python 2's name": (lambda: xrange(3), "write range in its place"),  # noqa: F821
    "one way": (lambda: of_one_way(False), "set out on every way through of_one_way"),
    "a zero divisor": (lambda: over(0), "`count` is 0 there"),
    "a fraction rounded down": (lambda: of_loop(3), "write / there"),
    "an index": (lambda: x[7], "axis 0 has 4 elements, 0 to 3"),
    "a tuple's index": (lambda: x.shape[3], "the array has fewer dimensions"),
    "a cache's index": (lambda: cache[5], "look how forward packs the cache"),
    "too many indices": (lambda: x[0, 0, 0], "the array has 2 dimensions"),
    "a float index": (lambda: x[4 / 2], "write // for the /"),
    "a float size": (lambda: np.zeros((4 / 2, 3)), "write // for the /"),
    "a text for an index": (lambda: x["w"], "that is an array, and no dict"),
    "classes as floats": (lambda: scores[np.arange(4), np.ones(4)], "y.astype(int)"),
    "a list of lists": (lambda: of_lists(scores), "write a tuple: a[rows, columns]"),
    "rows and columns": (lambda: scores[np.arange(4), np.arange(3)], "a[np.arange(len(y)), y]"),
    "a lost axis": (lambda: x - x.mean(axis=1), "axis=1, keepdims=True"),
    "a transpose": (lambda: x + x.T, "transpose one of the two"),
    "other shapes": (lambda: x + w, "bring the two arrays in that line to one shape"),
    "a product": (lambda: x.dot(w), "transpose the second, if the product (4, 6) @ (6, 5)"),
    "the other product": (lambda: scores.dot(x), "transpose the first"),
    "a matmul": (lambda: x @ w, "the inner sizes of the product are 6 and 5"),
    "a slice": (lambda: x.__setitem__(0, np.ones(3)), "the place that it is written to (6,)"),
    "a reshape": (lambda: x.reshape(5, 5), "the shape has 25 elements, the array 24"),
    "dout's shape": (lambda: of_shape(x), "reshape out before forward returns it"),
    "an array's shape": (lambda: of_array(x), "the array has not the 3 dimensions"),
    "a cache": (lambda: of_cache(x, cache), "unpack what forward packed, in the same order"),
    "a key": (lambda: settings["mode"], "read it as .get('mode', default)"),
    "a truth": (lambda: 1 if x > 0 else 0, "write np.where"),
    "nothing": (lambda: nothing.shape, "a function without return gives None"),
    "nothing in a sum": (lambda: nothing + 1, "a function without return gives None"),
    "a tuple": (lambda: pair.shape, "take it apart first"),
    "a text as a dict": (lambda: text["mode"], "going through a dict"),
    "a call": (lambda: x(0), "write [ ] to index an array"),
    "an argument": (lambda: of_cache(x), "call of_cache with every argument"),
    "an assert": (lambda: _asserted(), "what the assert in that line asks for"),
}


def _asserted():
    assert x.shape == w.shape


def raised_by(call):
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize("name", CASES)
def test_the_remedy_fits_the_cause(name):
    call, words = CASES[name]
    assert words in remedy_of(raised_by(call)), remedy_of(raised_by(call))


def test_file_line_and_code_are_shown_as_python_shows_them():
    line = raising_line(raised_by(lambda: of_cache(x, cache)))
    place, code = line.splitlines()
    assert place.startswith('File "')
    assert "test_raised.py" in place
    assert place.endswith(", in of_cache")
    assert code == "  x, w, b = cache"
    assert with_line("it raised", None) == "it raised"


def test_an_exception_of_another_process_has_its_place_and_no_line_of_ours():
    error = ValueError("no")
    error.place = "line 3, in forward"
    assert raising_line(error) == ""
    assert reason_and_remedy(error) == "ValueError: no (line 3, in forward)"


def test_a_finding_shows_the_line_and_no_remedy_for_the_arguments():
    def backward(dout, cache):
        return of_cache(dout, cache)

    finding, = check_layer(lambda x: (2 * x, (x, x)), backward, x, progress=False).findings
    assert "unpack what forward packed" in finding.message
    assert "accept dout" not in finding.message
    assert finding.raised_at[1] == "  x, w, b = cache"


@pytest.mark.parametrize(("gradient", "words"), [
    (lambda b: b.sum(axis=0, keepdims=True), "leave out keepdims=True"),
    (lambda b: b.sum(axis=1)[:2], "check which axes are summed"),
])
def test_a_bias_of_another_shape_is_told_which(gradient, words):
    report = check_layer(lambda b: (np.tile(b, (3, 1)), None), lambda dout, _: gradient(dout),
                         np.ones(4), progress=False)
    assert any(words in finding.message for finding in report.findings)


def test_a_row_that_lost_its_axis_and_a_transpose_are_told():
    lost = check_layer(lambda b: (np.tile(b, (3, 1)), None), lambda dout, _: dout.sum(axis=0),
                       np.ones((1, 4)), progress=False)
    assert "keep the axis of length 1" in lost.findings[0].message
    turned = check_layer(lambda x: (2 * x, None), lambda dout, _: (2 * dout).T,
                         np.random.default_rng(0).random((2, 3)), progress=False)
    assert "return dx.T" in turned.findings[0].message or turned.findings[0].code == "transposed"


def test_too_few_gradients_are_told_by_name():
    report = check_layer(lambda x, w: (x * w, (x, w)), lambda dout, cache: (dout * cache[1],),
                         np.ones(3), np.ones(3), progress=False)
    assert "return dx, dw" in report.findings[0].message
