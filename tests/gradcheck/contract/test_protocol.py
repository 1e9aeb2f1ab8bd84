"""Every form of forward and backward in common use means the same to the checker."""

import numpy as np
import pytest

from gradcheck.contract.protocol import in_one_form

X = np.arange(6.0).reshape(2, 3) - 2.5


def outs(x):
    return x**2, np.sin(x)


def dx(x, da, db):
    return 2 * x * da + np.cos(x) * db


FORMS = {
    "a, b, cache": (lambda x: (*outs(x), x), lambda da, db, cache: dx(cache, da, db)),
    "(a, b), cache": (lambda x: (outs(x), x), lambda douts, cache: dx(cache, *douts)),
    "(a, b), cache; da, db": (lambda x: (outs(x), x), lambda da, db, cache: dx(cache, da, db)),
    "a gradient in a tuple": (lambda x: (outs(x), x), lambda douts, cache: (dx(cache, *douts),)),
    "gradients by name": (lambda x: (outs(x), x), lambda douts, cache: {"dx": dx(cache, *douts)}),
    "gradients by argument": (lambda x: (outs(x), x), lambda d, cache: {"x": dx(cache, *d)}),
}


@pytest.mark.parametrize("form", FORMS)
def test_several_outputs_are_one_vector(form):
    forward, backward = in_one_form(*FORMS[form], ["x"], [0])
    out, cache = forward(X)
    assert np.array_equal(out, np.concatenate([part.ravel() for part in outs(X)]))
    dout = np.linspace(-1, 1, out.size)
    gradient = backward(dout, cache)
    gradient = gradient[0] if isinstance(gradient, tuple) else gradient
    np.testing.assert_allclose(gradient, dx(X, dout[:6].reshape(2, 3), dout[6:].reshape(2, 3)))


@pytest.mark.parametrize("backward", [
    lambda dout, x: dout * 2 * x,
    lambda dout, cache: dout * 2 * cache,
    lambda dout, Z: dout * 2 * Z,
    lambda dout, out: dout * 2 * np.sqrt(out) * np.sign(X),
    lambda x, dout: dout * 2 * x,
    lambda z, grad_output: grad_output * 2 * z,
    lambda x, delta: delta * 2 * x,
    lambda out, g: g * 2 * np.sqrt(out) * np.sign(X),
    lambda x, out, d_out: d_out * (x + np.sqrt(out) * np.sign(X)),
])
def test_without_a_cache_backward_gets_what_its_parameters_name(backward):
    forward, backward = in_one_form(lambda x: x**2, backward, ["x"], [0])
    out, cache = forward(X)
    np.testing.assert_allclose(backward(np.ones_like(out), cache), 2 * X)


def test_without_a_cache_and_without_a_name_the_message_says_what_to_return():
    forward, backward = in_one_form(lambda x, w: x * w, lambda dout, mask: dout, ["x", "w"], [0, 1])
    out, cache = forward(X, X)
    with pytest.raises(TypeError, match=r"backward wants mask.*return \(out, cache\)"):
        backward(out, cache)


def test_an_argument_of_forwards_is_no_upstream_gradient_whatever_it_is_called():
    forward, backward = in_one_form(lambda x, delta: x * delta,
                                    lambda delta, x: (delta, x), ["x", "delta"], [0, 1])
    out, cache = forward(X, X + 1)
    dout = np.ones_like(out)
    assert backward(dout, cache)[0] is dout


def test_the_input_may_stand_before_dout_in_the_caches_place():
    forward, backward = in_one_form(lambda x: (x**2, x), lambda x, dout: 2 * x * dout, ["x"], [0])
    out, cache = forward(X)
    np.testing.assert_allclose(backward(np.full_like(out, 3.0), cache), 6 * X)


def test_cache_may_stand_before_dout():
    forward, backward = in_one_form(lambda x: (x**2, x), lambda cache, dout: 2 * cache * dout,
                                    ["x"], [0])
    out, cache = forward(X)
    np.testing.assert_allclose(backward(np.ones_like(out), cache), 2 * X)


@pytest.mark.parametrize(("returned", "names", "wrt", "wanted"), [
    ((1.0, None, 2.0), ["x", "y", "w"], [0, 2], (1.0, 2.0)),
    ((1.0, None), ["x", "param"], [0], (1.0,)),
    ({"dw": 2.0, "dx": 1.0}, ["x", "w"], [0, 1], (1.0, 2.0)),
    ({"dW": 2.0, "dX": 1.0}, ["x", "w"], [0, 1], (1.0, 2.0)),
    ((1.0, 2.0), ["x", "w"], [0, 1], (1.0, 2.0)),
    ((1.0, None), ["x", "w"], [0, 1], (1.0, None)),
    ({"loss": 1.0}, ["x"], [0], {"loss": 1.0}),
    ("no", ["x"], [0], "no"),
])
def test_gradients_come_in_the_order_of_the_arguments(returned, names, wrt, wanted):
    _, backward = in_one_form(lambda *args: None, lambda dout, cache: returned, names, wrt)
    assert backward(None, None) == wanted


def test_the_usual_form_goes_through_as_it_is():
    cache = object()
    forward, backward = in_one_form(lambda x: (x, cache), lambda dout, c: (dout, c is cache),
                                    ["x"], [0])
    assert forward(X)[1] is cache
    assert backward(1.0, cache) == (1.0, True)


def test_a_dict_of_gradients_for_a_dict_of_arrays_leaves_the_others_in_their_places():
    forward, backward = in_one_form(
        lambda x, params: (x * params["w"], (x, params)),
        lambda dout, cache: (dout * cache[1]["w"], {"w": (dout * cache[0]).sum()}),
        ["x", "params"], [0])
    out, cache = forward(X, {"w": np.float64(3)})
    gradient, = backward(np.ones_like(out), cache)
    np.testing.assert_allclose(gradient, np.full_like(X, 3.0))
