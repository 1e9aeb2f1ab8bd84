"""What counts as a refusal, also of an exception that was raised in another process."""

import pytest

from gradcheck.target.refusals import is_not_entered, is_own_raise, reached, refusal_of

AT = '  File "homework.py", line 3, in forward\n    {}\n'
OF_NUMPY = '  File "/venv/lib/site-packages/numpy/core.py", line 9, in reshape\n    raise E\n'


def raised(kind, trace):
    error = kind("told")
    error.trace = trace
    return error


@pytest.mark.parametrize(("trace", "own"), [
    (AT.format("raise ValueError('N is odd')"), True),
    (AT.format("assert x.ndim == 2"), True),
    (AT.format("out = x @ w") + "    ~~^~~\n", False),
    (AT.format("if pad: raise ValueError") + "            ^^^^^^\n", True),
    (AT.format("raise_ = x.reshape(3)") + OF_NUMPY, False),
    ("", False),
])
def test_a_raise_of_its_own_is_told_from_a_slip_by_the_line(trace, own):
    assert is_own_raise(raised(ValueError, trace)) is own
    assert bool(refusal_of(raised(ValueError, trace))) is own


def test_a_call_that_does_not_fit_the_def_line_never_entered_it():
    assert is_not_entered(raised(TypeError, ""))
    assert not is_not_entered(raised(TypeError, AT.format("helper(x, w)")))
    assert not is_not_entered(raised(ValueError, ""))


def test_how_far_a_function_got_is_told_by_its_line_and_the_place_in_it():
    def forward(x):
        low = x[0]
        return low + x["a"]

    def refusal(x):
        try:
            forward(x)
        except Exception as error:
            return error

    early, late = refusal([]), refusal([1])
    assert (0, 0) < reached(forward, early) < reached(forward, late)
    assert reached(len, late) == (0, 0)
