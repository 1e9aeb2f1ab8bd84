"""What a layer's value is held to: a definition, conventions that are as good, slips with names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Value = Callable[..., Any]
Roles = Mapping[str, Any]


@dataclass(frozen=True)
class Slip:
    """A value that is wrong in a way that has a name.

    Attributes
    ----------
    because : str
        What was done, as the end of a sentence.
    remedy : str
        What to do instead.
    value : callable
        The value that it leads to, a function of the roles by keyword.
    """

    because: str
    remedy: str
    value: Value


@dataclass(frozen=True)
class Fitted:
    """A form whose constants are the author's choice, such as a leaky slope.

    Attributes
    ----------
    names : tuple of str
        What the constants are called.
    value : callable
        Of x, and the constants one by one.
    start, low, high : tuple of float
        Where the search begins, and between what the constants lie.
    """

    names: tuple[str, ...]
    value: Value
    start: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def fit(self, x: Array, out: Array) -> tuple[float, ...]:
        """Return the constants that come nearest to an output.

        Examples
        --------
        >>> leaky = Fitted(("slope",), lambda x, slope: np.where(x > 0, x, slope * x),
        ...                (0.01,), (0.0,), (1.0,))
        >>> x = np.array([-2.0, 1.0])
        >>> leaky.told(leaky.fit(x, np.array([-0.4, 1.0])))
        'slope 0.2'
        """
        from scipy.optimize import least_squares  # for few layers, and slow to import

        size = float(np.max(np.abs(out), initial=0.0)) or 1.0

        def gap(constants: Array) -> Array:
            return np.ravel(np.nan_to_num(self.value(x, *constants) - out)) / size

        found = least_squares(gap, self.start, bounds=(self.low, self.high), xtol=1e-12, ftol=1e-12)
        return tuple(map(float, found.x))

    def with_constants(self, constants: tuple[float, ...]) -> Value:
        """Return the function with these constants."""
        return lambda x, **_: self.value(x, *constants)

    def told(self, constants: tuple[float, ...]) -> str:
        """Return the constants with their names."""
        return ", ".join(f"{name} {value:.4g}" for name, value in zip(
            self.names, constants, strict=True))


@dataclass(frozen=True)
class Multiple:
    """A part of a value whose coefficient is the author's choice: what it is, the rest, the part.

    >>> part = Multiple("reg", lambda x, **_: x, lambda reg, **_: reg)
    >>> part.told_of([(np.array(4.0), {"x": 1.0, "reg": 1.0}), (np.array(7.0), {"x": 1, "reg": 2})])
    '3 reg'
    """

    name: str
    rest: Value
    part: Value

    def told_of(self, seen: Iterable[tuple[Array, Mapping[str, Any]]]) -> str | None:
        """Return the part with its coefficient, where that is one for all of these values."""
        try:
            found = [float(out - self.rest(**roles)) / float(self.part(**roles))
                     for out, roles in seen]
        except (TypeError, ZeroDivisionError):  # there is no such part
            return None
        same = found and np.allclose(found, found[0], rtol=1e-3, atol=0) and found[0] > 0
        return f"{found[0]:.4g} {self.name}" if same else None


@dataclass(frozen=True)
class Reference:
    """The values of a layer that are right.

    Every value is a function of the arguments by their standard names; it raises OtherProtocol, or
    what NumPy raises, for arguments that it is not defined for. NaN in it is not compared.

    Attributes
    ----------
    told : str
        The definition, as the end of "expected".
    value : callable
        The definition. Of several outputs, a tuple.
    conventions : mapping of str to callable
        Other definitions that are in use, by what is said of them.
    fitted : Fitted, optional
        A form with constants of the author's.
    slips : tuple of Slip
        What a wrong value is compared with.
    sized : bool
        Whether the output's sizes follow from settings, so that they can be wrong.
    """

    told: str
    value: Value
    conventions: Mapping[str, Value] = field(default_factory=dict)
    fitted: Fitted | None = None
    slips: tuple[Slip, ...] = ()
    sized: bool = False
    remarks: Mapping[str, Value] = field(default_factory=dict)
    multiple: Multiple | None = None

    def then(self, told: str, after: Value) -> Reference:
        """Return the reference of a block: what comes after takes the output, then all roles.

        Examples
        --------
        >>> double = Reference("2 x", lambda x, **_: 2 * x)
        >>> block = double.then("relu of 2 x", lambda out, **_: np.maximum(out, 0))
        >>> block.value(x=np.array([-1.0, 1.0]))
        array([0., 2.])
        """
        def chained(value: Value) -> Value:
            return lambda **roles: after(value(**roles), **roles)

        return Reference(told, chained(self.value),
                         {name: chained(value) for name, value in self.conventions.items()}, None,
                         tuple(replace(slip, value=chained(slip.value)) for slip in self.slips),
                         self.sized)


class OtherProtocol(ValueError):
    """A reference is not defined for these arguments, such as those of another layout."""


def demand(fits: bool) -> None:
    """Raise OtherProtocol unless the arguments fit."""
    if not fits:
        raise OtherProtocol("the arguments are of another protocol")
