"""Laws that every (forward, backward) pair obeys, and the hypothesis strategies to try them on."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gradcheck import check_layer, eval_numerical_gradient_array, rel_error

DTYPES = (np.float16, np.float32, np.float64)

law = settings(deadline=None, derandomize=True, max_examples=60)
seeds = st.integers(0, 2**32 - 1)
anything_floating = hnp.arrays(
    st.sampled_from(DTYPES),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    elements=st.floats(-100, 100, width=16),
)


@dataclass(frozen=True)
class Layer:
    """A layer, `make(rng)` for arguments away from its kinks, and what its dout is called."""

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    make: Callable[[np.random.Generator], tuple[Any, ...]]
    dout: str = "dout"

    def __str__(self) -> str:
        return self.backward.__name__.removesuffix("_backward")


def away_from_zero(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Normal numbers with |x| >= 0.1, so that no finite difference crosses a corner at 0."""
    x = rng.normal(size=shape)
    return x + np.copysign(0.1, x)


def gradients(layer: Layer, args: tuple[Any, ...], dout: np.ndarray) -> tuple[np.ndarray, ...]:
    """One forward, one backward; always a tuple."""
    _, cache = layer.forward(*deepcopy(args))
    result = layer.backward(dout, cache)
    return result if isinstance(result, tuple) else (result,)


def arrays_of(args: tuple[Any, ...]) -> list[int]:
    return [i for i, arg in enumerate(args) if isinstance(arg, np.ndarray)]


def as_dtype(args: tuple[Any, ...], dtype: Any) -> tuple[Any, ...]:
    return tuple(arg.astype(dtype) if isinstance(arg, np.ndarray) else arg for arg in args)


def assert_backward_is_the_derivative_of_forward(layer: Layer, tolerance: float = 1e-7) -> None:
    rng = np.random.default_rng(231)
    args = layer.make(rng)
    dout = rng.normal(size=layer.forward(*deepcopy(args))[0].shape)
    found = gradients(layer, args, dout)
    assert len(found) == len(arrays_of(args))
    for position, gradient in zip(arrays_of(args), found, strict=True):

        def f(value: np.ndarray, position: int = position) -> np.ndarray:
            changed = (*args[:position], value, *args[position + 1:])
            return layer.forward(*deepcopy(changed))[0]

        numeric = eval_numerical_gradient_array(f, args[position].copy(), dout)
        assert gradient.shape == args[position].shape
        # A gradient that is 0 by its nature (a bias before batchnorm) has no relative error.
        error = np.minimum(rel_error(gradient, numeric), np.abs(gradient - numeric).max())
        assert error < tolerance, f"argument {position}: error {error:.2e}"


def assert_the_checker_finds_nothing(layer: Layer) -> None:
    args = layer.make(np.random.default_rng(7))
    check_layer(layer.forward, layer.backward, *args).raise_if_failed()


def assert_backward_is_pure(layer: Layer) -> None:
    rng = np.random.default_rng(1)
    args = layer.make(rng)
    out, cache = layer.forward(*args)
    dout = rng.normal(size=out.shape)
    kept, kept_args, kept_cache = dout.copy(), deepcopy(args), deepcopy(cache)
    first, second = layer.backward(dout, cache), layer.backward(dout, cache)
    assert same_bits(dout, kept)
    assert same_bits(args, kept_args)
    assert same_bits(cache, kept_cache)
    assert same_bits(first, second)


def assert_dtypes_are_kept(layer: Layer) -> None:
    """float16/32/64 in, the same out, and close to the float64 result."""
    args = layer.make(np.random.default_rng(2))
    for dtype in DTYPES:
        narrow = as_dtype(args, dtype)
        out, _ = layer.forward(*deepcopy(narrow))
        assert isinstance(out, np.ndarray)
        assert out.dtype == dtype
        dout = np.random.default_rng(3).normal(size=out.shape).astype(dtype)
        exact = gradients(layer, as_dtype(narrow, np.float64), dout.astype(np.float64))
        for gradient, reference in zip(gradients(layer, narrow, dout), exact, strict=True):
            assert gradient.dtype == dtype
            scale = max(1.0, float(np.abs(reference).max()))
            assert np.abs(gradient - reference).max() < 20 * np.finfo(dtype).eps * scale


def assert_dout_of_another_shape_is_refused(layer: Layer) -> None:
    out, cache = layer.forward(*layer.make(np.random.default_rng(4)))
    for wrong in (out[:-1], out[..., :-1], out[np.newaxis], np.ones(())):
        with pytest.raises(ValueError, match=rf"^{layer.dout}: got .* expected shape"):
            layer.backward(wrong, cache)


def assert_memory_layout_does_not_matter(layer: Layer) -> None:
    args = layer.make(np.random.default_rng(5))
    strange = tuple(strided(arg) if isinstance(arg, np.ndarray) else deepcopy(arg) for arg in args)
    out, _ = layer.forward(*deepcopy(args))
    strange_out, cache = layer.forward(*strange)
    np.testing.assert_allclose(strange_out, out, rtol=1e-12, atol=1e-12)
    dout = np.random.default_rng(6).normal(size=out.shape)
    result = layer.backward(strided(dout), cache)
    result = result if isinstance(result, tuple) else (result,)
    for gradient, expected in zip(result, gradients(layer, args, dout), strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-11, atol=1e-11)


def strided(array: np.ndarray) -> np.ndarray:
    """The same numbers read-only, every second one of a reversed buffer in Fortran order."""
    buffer = np.zeros([2 * length for length in array.shape], array.dtype, order="F")
    view = buffer[tuple(slice(None, None, -2) for _ in array.shape)]
    view[...] = array
    view.flags.writeable = False
    return view


def same_bits(a: Any, b: Any) -> bool:
    """Whether two nested values are equal bit by bit: NaN equals itself, 0.0 is not -0.0."""
    if isinstance(a, np.ndarray):
        return (isinstance(b, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape
                and a.tobytes() == b.tobytes())
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same_bits(a[key], b[key]) for key in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same_bits, a, b))
    return type(a) is type(b) and same_objects(a, b)


def same_objects(a: Any, b: Any) -> bool:
    """Whether two objects of one class are equal, by their state or by what they print as."""
    if isinstance(a, np.random.Generator):
        return same_bits(a.bit_generator.state, b.bit_generator.state)
    if isinstance(a, np.random.RandomState):
        return same_bits(a.get_state(), b.get_state())
    if a is b or type(a).__repr__ is not object.__repr__:
        return a is b or repr(a) == repr(b)
    return same_bits(getattr(a, "__dict__", {}), getattr(b, "__dict__", {}))


COMMON_LAWS = (
    assert_backward_is_the_derivative_of_forward,
    assert_the_checker_finds_nothing,
    assert_backward_is_pure,
    assert_dtypes_are_kept,
    assert_dout_of_another_shape_is_refused,
    assert_memory_layout_does_not_matter,
)


def every_law(*layers: Layer) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Parametrize a test with (layer, assert_law): all of COMMON_LAWS on each of the layers."""
    pairs = [
        pytest.param(layer, assert_law, id=f"{layer}-{assert_law.__name__.removeprefix('assert_')}")
        for layer in layers for assert_law in COMMON_LAWS
    ]
    return pytest.mark.parametrize(("layer", "assert_law"), pairs)
