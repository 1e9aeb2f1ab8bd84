"""Tensor: an array that remembers the layers it went through and can walk them backwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from layers.arguments import Array, refuse
from nets.arguments import numbers_of
from nets.operators import Operators
from nets.tape import Record, is_recording, leaf_gradients, no_grad

__all__ = ["Tensor", "no_grad"]


class Tensor(Operators):
    """An array of numbers that records what it goes through, so that `backward` can return.

    Parameters
    ----------
    data : array_like or Tensor
        Booleans, integers or floats; copied. Python floats make float64, as in NumPy.
    requires_grad : bool
        Whether `backward` shall leave a gradient in `.grad`. Only floats can have one.
    dtype : data type, optional
        Convert to it; by default what NumPy makes of `data`.

    Attributes
    ----------
    data : ndarray
        The numbers, writable. Writing never reaches what the tape has recorded already: the
        gradients of an earlier result stay those of the values it was computed from.
    grad : ndarray or None
        Of the tensor's shape and dtype. `backward` adds to it, for leaves only (tensors that
        were made by hand, not by an operation); set it to None to start anew.
    requires_grad, is_leaf, shape, ndim, size, dtype, T
        As their names say.

    Raises
    ------
    TypeError
        If data is not numeric, or requires_grad is asked of integers.
    ValueError
        If data is ragged.

    Notes
    -----
    Each operation is a pair ``x_forward(...) -> (out, cache)``, ``x_backward(dout, cache)``, from
    `layers` or `nets.ops`; `apply` puts any other pair on the tape. Every tensor holds the record
    of the operation that made it, so the tape lives as long as its last result. Gradients are
    arrays: there are none of second order.

    References
    ----------
    Baydin et al., "Automatic differentiation in machine learning: a survey", JMLR 18 (2018),
    section 3.2 (reverse mode).

    Examples
    --------
    >>> x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> y = (x * x).sum(axis=0)
    >>> print(y)
    Tensor([10.0, 20.0], grad=None)
    >>> y.backward()
    >>> x.grad
    array([[2., 4.],
           [6., 8.]])
    """

    grad: Array | None
    _array: Array
    # Whether `data` has handed out _array, so that others may write to it.
    _exposed: bool
    # The operation that made it; None for a leaf.
    record: Record | None

    def __init__(
        self, data: Any, requires_grad: bool = False, *, dtype: DTypeLike | None = None
    ) -> None:
        array = numbers_of("data", data)
        self._hold(array if dtype is None else numbers_of("data", array.astype(dtype)))
        self.requires_grad = requires_grad

    def _hold(self, array: Any) -> Tensor:
        """Start as a leaf around an array that no caller holds."""
        self._array, self._exposed = np.asarray(array), False
        self._requires_grad, self.record, self.grad = False, None, None
        return self

    @staticmethod
    def apply(
        forward: Callable[..., Any], backward: Callable[..., Any] | None, *args: Any
    ) -> Tensor:
        """Run a forward/backward pair on tensors and record it on the tape.

        Parameters
        ----------
        forward : callable
            ``forward(*args) -> (out, cache)``, any of `layers` or one of your own.
        backward : callable
            ``backward(dout, cache)``: the gradient, or the tuple of gradients, of the floating
            tensors and arrays among `args`, in their order. None if there is none.
        *args
            Tensors arrive in `forward` as arrays, everything else as it is. Arrays are
            snapshots: writing to the caller's afterwards does not reach the tape.

        Returns
        -------
        Tensor
            `out`; it requires a gradient if an argument does and `no_grad` is not in force.

        Examples
        --------
        >>> from layers import leaky_relu_backward, leaky_relu_forward
        >>> x = Tensor([-1.0, 2.0], requires_grad=True)
        >>> y = Tensor.apply(leaky_relu_forward, leaky_relu_backward, x, 0.1)
        >>> y.backward()
        >>> x.grad
        array([0.1, 1. ])
        """
        out, cache = forward(*map(_snapshot, args))
        result = Tensor.__new__(Tensor)._hold(out)
        sources = tuple(a if isinstance(a, Tensor) else None for a in args if _is_floating(a))
        if (backward is not None and is_recording()
                and any(source is not None and source.requires_grad for source in sources)):
            name = getattr(forward, "__name__", repr(forward)).removesuffix("_forward")
            result.record = Record(name, backward, cache, sources)
            result._requires_grad = True
        return result

    def backward(self, grad: Any = None, retain_graph: bool = False) -> None:
        """Add the gradient of this tensor to `.grad` of every leaf it was computed from.

        Parameters
        ----------
        grad : array_like or Tensor, optional
            dout, of this tensor's shape: the weights with which its elements enter the scalar
            that is differentiated. Ones by default, which differentiates the sum.
        retain_graph : bool
            Keep the tape for another `backward`; by default its memory is released.

        Raises
        ------
        RuntimeError
            If the tensor requires no gradient, or its tape was released by an earlier call.
        ValueError
            If grad has another shape. Then, as after any error, no `.grad` has changed.

        Examples
        --------
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> (x**2).backward([1.0, 10.0])
        >>> x.grad
        array([ 2., 40.])
        """
        if not self.requires_grad:
            refuse("backward", "a tensor that does not require a gradient",
                   "a result of at least one tensor made with requires_grad=True",
                   "pass requires_grad=True, and compute outside no_grad()", RuntimeError)
        dout = np.ones_like(self._array) if grad is None else numbers_of("grad", grad)
        if dout.shape != self.shape:
            refuse("grad", dout, f"shape {self.shape}, that of the tensor",
                   "pass one weight an element, or nothing for ones")
        for leaf, dx in leaf_gradients(self, dout.astype(self.dtype), retain_graph):
            leaf.grad = dx.copy() if leaf.grad is None else leaf.grad + dx

    @property
    def data(self) -> Array:
        """The numbers, writable; what is written does not reach an existing tape."""
        if not self._exposed:
            self._array, self._exposed = self._array.copy(), True
        return self._array

    @data.setter
    def data(self, value: Any) -> None:
        array = np.asarray(value, dtype=self.dtype)
        if array.shape != self.shape:
            refuse("data", array, f"shape {self.shape}, that of the tensor",
                   "make a new Tensor for data of another shape")
        self._array, self._exposed = array, True

    @property
    def requires_grad(self) -> bool:
        """Whether `backward` passes through this tensor."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not isinstance(value, bool | np.bool_):
            refuse("requires_grad", value, "True or False", "pass requires_grad=True", TypeError)
        if value and self.dtype.kind != "f":
            refuse("requires_grad", f"True for a tensor of {self.dtype}", "a floating dtype",
                   "pass floats, or dtype=np.float64", TypeError)
        if not self.is_leaf:
            refuse("requires_grad", "a change of an operation's result", "a leaf",
                   "use tensor.detach() for a tensor outside the tape", RuntimeError)
        self._requires_grad = bool(value)

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by hand or outside the tape, not by a recorded operation."""
        return self.record is None

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self._array.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._array.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._array.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """The data type of the elements."""
        return self._array.dtype

    def detach(self) -> Tensor:
        """Return a tensor of the same numbers outside the tape."""
        return Tensor.__new__(Tensor)._hold(_snapshot(self))

    def numpy(self) -> Array:
        """Return a copy of the numbers; what is done to it is not recorded."""
        return self._array.copy()

    def item(self) -> Any:
        """Return the only element as a Python number."""
        return self._array.item()

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        return np.array(self._array, dtype=dtype)

    def __repr__(self) -> str:
        grad = None if self.grad is None else _text(self.grad, "grad=")
        return f"Tensor({_text(self._array, 'Tensor(')}, grad={grad})"


def _snapshot(arg: Any) -> Any:
    """Return what a forward gets for `arg`: an array that nobody else can write to."""
    if isinstance(arg, Tensor):
        return arg._array.copy() if arg._exposed else arg._array
    return arg.copy() if isinstance(arg, np.ndarray) else arg


def _is_floating(arg: Any) -> bool:
    return isinstance(arg, Tensor | np.ndarray) and arg.dtype.kind == "f"


def _text(array: Array, prefix: str) -> str:
    return np.array2string(array, separator=", ", prefix=prefix, formatter={"float_kind": str})
