"""What a Tensor can do: each operator and method names the pair that computes and undoes it."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from layers import (
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    tanh_backward,
    tanh_forward,
)
from layers.arguments import Array, refuse, scalar
from nets import ops
from nets.arguments import numbers_of
from nets.broadcasting import broadcast_shape

if TYPE_CHECKING:
    from nets.tensor import Tensor


class Operators:
    """The operators and methods of `Tensor`, which supplies `apply`.

    Operands broadcast as in NumPy. Python numbers and integer operands take the float dtype of
    the other operand, so that float32 stays float32. Comparisons give tensors of booleans.
    """

    if TYPE_CHECKING:
        apply: Callable[..., Tensor]
        _array: Array

    # Makes `array + tensor` call Tensor.__radd__, and np.exp(tensor) fail instead of untaping it.
    __array_ufunc__ = None
    __hash__ = object.__hash__

    def __add__(self, other: Any) -> Tensor:
        return self.apply(ops.add_forward, ops.add_backward, *_operands(self, other))

    def __radd__(self, other: Any) -> Tensor:
        return self.apply(ops.add_forward, ops.add_backward, *_operands(other, self))

    def __sub__(self, other: Any) -> Tensor:
        return self.apply(ops.subtract_forward, ops.subtract_backward, *_operands(self, other))

    def __rsub__(self, other: Any) -> Tensor:
        return self.apply(ops.subtract_forward, ops.subtract_backward, *_operands(other, self))

    def __mul__(self, other: Any) -> Tensor:
        return self.apply(ops.multiply_forward, ops.multiply_backward, *_operands(self, other))

    def __rmul__(self, other: Any) -> Tensor:
        return self.apply(ops.multiply_forward, ops.multiply_backward, *_operands(other, self))

    def __truediv__(self, other: Any) -> Tensor:
        return self.apply(ops.divide_forward, ops.divide_backward, *_operands(self, other))

    def __rtruediv__(self, other: Any) -> Tensor:
        return self.apply(ops.divide_forward, ops.divide_backward, *_operands(other, self))

    def __matmul__(self, other: Any) -> Tensor:
        return self.apply(ops.matmul_forward, ops.matmul_backward, *_operands(self, other))

    def __rmatmul__(self, other: Any) -> Tensor:
        return self.apply(ops.matmul_forward, ops.matmul_backward, *_operands(other, self))

    def __pow__(self, exponent: float) -> Tensor:
        return self.apply(ops.power_forward, ops.power_backward, self, exponent)

    def __rpow__(self, base: float) -> Tensor:
        remedy = "for a tensor base write (exponent * base.log()).exp()"
        base = scalar("base", base, "a number > 0", remedy, 0.0, low_open=True)
        return (self * math.log(base)).exp()

    def __neg__(self) -> Tensor:
        return self * -1

    def __eq__(self, other: object) -> Tensor:  # type: ignore[override]
        return _compared(np.equal, self, other)

    def __ne__(self, other: object) -> Tensor:  # type: ignore[override]
        return _compared(np.not_equal, self, other)

    def __lt__(self, other: Any) -> Tensor:
        return _compared(np.less, self, other)

    def __le__(self, other: Any) -> Tensor:
        return _compared(np.less_equal, self, other)

    def __gt__(self, other: Any) -> Tensor:
        return _compared(np.greater, self, other)

    def __ge__(self, other: Any) -> Tensor:
        return _compared(np.greater_equal, self, other)

    def __getitem__(self, index: Any) -> Tensor:
        return self.apply(ops.index_forward, ops.index_backward, self, _plain(index))

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        refuse("tensor[...] = value", "an assignment", "an operation that the tape can record",
               "write to tensor.data[...], which the tape does not see", TypeError)

    def __len__(self) -> int:
        return len(self._array)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self._array)

    def __float__(self) -> float:
        return float(self._array.item())

    def __int__(self) -> int:
        return int(self._array.item())

    def exp(self) -> Tensor:
        """Return e to the power of every element."""
        return self.apply(ops.exp_forward, ops.exp_backward, self)

    def log(self) -> Tensor:
        """Return the natural logarithm of every element."""
        return self.apply(ops.log_forward, ops.log_backward, self)

    def sqrt(self) -> Tensor:
        """Return the square root of every element."""
        return self**0.5

    def relu(self) -> Tensor:
        """Return max(0, x) for every element x, by `layers.relu_forward`."""
        return self.apply(relu_forward, relu_backward, self)

    def sigmoid(self) -> Tensor:
        """Return 1 / (1 + exp(-x)) for every element x, by `layers.sigmoid_forward`."""
        return self.apply(sigmoid_forward, sigmoid_backward, self)

    def tanh(self) -> Tensor:
        """Return the hyperbolic tangent of every element, by `layers.tanh_forward`."""
        return self.apply(tanh_forward, tanh_backward, self)

    def sum(self, axis: ops.Axis = None, keepdims: bool = False) -> Tensor:
        """Return the sum over `axis`, an int or a tuple of ints (all axes by default)."""
        return self.apply(ops.sum_forward, ops.sum_backward, self, axis, keepdims)

    def mean(self, axis: ops.Axis = None, keepdims: bool = False) -> Tensor:
        """Return the mean over `axis`, an int or a tuple of ints (all axes by default)."""
        return self.apply(ops.mean_forward, ops.mean_backward, self, axis, keepdims)

    def reshape(self, *shape: Any) -> Tensor:
        """Return the elements in another shape: `reshape(2, -1)` or `reshape((2, -1))`."""
        return self.apply(ops.reshape_forward, ops.reshape_backward, self, _unpacked(shape))

    def transpose(self, *axes: Any) -> Tensor:
        """Return the axes in the given order, reversed by default: `transpose(0, 2, 1)`."""
        order = _unpacked(axes) if axes else tuple(reversed(range(self._array.ndim)))
        return self.apply(ops.transpose_forward, ops.transpose_backward, self, order)

    @property
    def T(self) -> Tensor:
        """The tensor with its axes reversed."""
        return self.transpose()


def _operands(left: Any, right: Any) -> tuple[Any, Any]:
    """Return both as floating tensors or arrays, unless neither is floating."""
    arrays = [v._array if isinstance(v, Operators) else v for v in (left, right)]
    dtypes = [a.dtype for a in arrays if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    dtype = np.result_type(*dtypes) if dtypes else None
    return _operand(left, dtype), _operand(right, dtype)


def _operand(value: Any, dtype: np.dtype[Any] | None) -> Any:
    if isinstance(value, Operators) and (dtype is None or value._array.dtype.kind == "f"):
        return value
    array = numbers_of("operand", value)
    is_weak = array.dtype.kind != "f" or isinstance(value, numbers.Real)
    return array if dtype is None or not is_weak else array.astype(dtype)


def _compared(compare: np.ufunc, left: Any, right: Any) -> Tensor:
    a, b = (_plain(operand) for operand in _operands(left, right))
    broadcast_shape(compare.__name__, a, b)
    return left.apply(lambda: (compare(a, b), None), None)


def _plain(index: Any) -> Any:
    """Return a value, or an index of several, with the arrays of the tensors in it."""
    if isinstance(index, tuple):
        return tuple(map(_plain, index))
    return index._array if isinstance(index, Operators) else index


def _unpacked(values: tuple[Any, ...]) -> Any:
    """Return what was passed as f(1, 2) or as f((1, 2)) as one tuple."""
    return tuple(values[0]) if len(values) == 1 and isinstance(values[0], tuple | list) else values
