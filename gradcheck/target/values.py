"""Forward's value at example arguments, held to the reference of the layer's standard name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.contract.breach import Breach
from gradcheck.equal import unlike_definition
from gradcheck.examples.candidates import Example
from gradcheck.findings.told import told
from gradcheck.reference.formula import Reference, Roles, Slip, Value
from gradcheck.reference.table import REFERENCES
from gradcheck.report import Finding
from gradcheck.target.judgement import VALUE_CODE
from gradcheck.target.outputs import Outputs, outputs_of
from gradcheck.target.pairs import Pair
from gradcheck.target.roles import roles_of
from gradcheck.target.trial import floating

Array = NDArray[Any]

CODE = VALUE_CODE
SHRUNK, SAME = 0.5, 1e-3
PADS = ("pad", "padding")


@dataclass(frozen=True)
class Call:
    """One call of a forward: its arguments by their standard names, and what it returned.

    `told` says how the arguments differ from the example's.
    """

    roles: Roles
    outputs: Outputs
    told: str = ""

    def is_value(self, value: Value) -> bool | None:
        """Whether a formula gives these outputs; None where it is not defined, or all hidden."""
        want = wanted(value, self.roles)
        if want is None or not any(np.isfinite(entry).any() for entry in want):
            return None
        return agree(self.outputs, want)


@dataclass(frozen=True)
class Values:
    """A layer or a loss whose value is compared at example arguments.

    Attributes
    ----------
    pair : Pair
        Its forward is called with copies.
    base : str
        The standard name that decides on the reference.
    found : Example
        The arguments.
    varied : bool
        Whether variants of the arguments count as well, which tell conventions from slips.
    like : Values, optional
        The same at other arguments, whose constants are tried before others are fitted.
    """

    pair: Pair
    base: str
    found: Example
    varied: bool = True
    like: Values | None = None

    def finding(self) -> Finding | None:
        """Return what is wrong with the value at these arguments.

        None where it is right, in a convention that is in use, or cannot be judged: a name that is
        not standard, another protocol, an exception, NaN.

        Examples
        --------
        >>> pair = Pair("tanh", "tanh", lambda x: (np.tanh(x / 2), x), lambda dout, x: dout)
        >>> finding = Values(pair, "tanh", Example((np.ones(2),), ("x",))).finding()
        >>> print(finding.message.partition(": ")[0])
        out[0] is 0.462117; expected 0.761594
        """
        if self.reference is None or not self.calls or self.definition is not None:
            return None
        breach = self._breach(self.reference)
        return told(breach) if self._is_told(breach) else None

    def _is_told(self, breach: Breach) -> bool:
        """Whether it cannot be that what decides stands elsewhere than among the arguments.

        That is so of the statistics of test mode, and of a penalty of W that no argument weighs.
        """
        mode, roles = self.calls[0].roles.get("mode"), self.calls[0].roles
        if "W" in roles and "reg" not in roles and self.pair.is_loss:
            return "slip" in breach.facts
        return mode != "test" or "slip" in breach.facts or self.reads_statistics

    @cached_property
    def reads_statistics(self) -> bool:
        """Whether the output depends on the running statistics that are passed in."""
        others = tuple({key: 2 * value + 1 if key.startswith("running_") else value
                        for key, value in arg.items()} if isinstance(arg, dict) else arg
                       for arg in self.found.args)
        one, two = (outputs_of(self.pair, args) for args in (self.found.args, others))
        return one is not None and two is not None and not np.array_equal(one[0], two[0])

    @property
    def convention(self) -> str:
        """In which convention the value is right; '' for the definition, or none."""
        if self.reference is None:
            return ""
        if self.calls and self.definition:
            return self.definition
        remarks = self.reference.remarks
        calls = list(self._calls()) if remarks else []
        return next((told for told, value in remarks.items()
                     if any(call.is_value(value) for call in calls)), "")

    @property
    def is_asked_for(self) -> bool:
        """Whether the convention is that of the numbers that forward was given."""
        return self.constants is not None and any(
            np.allclose(self.constants, number, rtol=SAME) for number in self._numbers)

    @property
    def _numbers(self) -> list[float]:
        """The numbers that forward was given."""
        return [value for arg in self.found.args for value in (
            arg.values() if isinstance(arg, dict) else [arg]) if isinstance(value, float)]

    @property
    def reference(self) -> Reference | None:
        """What the value is held to."""
        return REFERENCES.get(self.base)

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """What forward returns at the arguments, and at variants of them; () where none count."""
        calls = tuple(self._calls())
        return calls if all(map(self._is_comparable, calls)) else ()

    def _is_comparable(self, call: Call) -> bool:
        """Whether the definition holds for a call's arguments, and gives an output of its shape.

        Another shape is another protocol, but of what has sizes to get wrong.
        """
        reference, got = self.reference, call.outputs[0]
        want = None if reference is None else wanted(reference.value, call.roles)
        if reference is None or want is None or not any(np.isfinite(entry).any() for entry in want):
            return False
        return want[0].shape == got.shape or (reference.sized and want[0].ndim == got.ndim)

    def _calls(self) -> Iterator[Call]:
        for told_so, args in self._variants():
            example = replace(self.found, args=args)
            roles = roles_of(self.base, self.pair.forward, example)
            outputs = outputs_of(self.pair, example.args)
            if roles is not None and outputs is not None:
                yield Call(roles, outputs, told_so)

    def _variants(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Yield the arguments, and others where two conventions, or slips, may be one at them.

        A loss is one number, which a wrong formula may meet by chance; the half of a pad of 1 is 0.
        """
        yield "", self.found.args
        if not self.varied:
            return
        if self.pair.is_loss:
            yield f" with {self.found.names[0]} halved", _scaled(self.found.args, SHRUNK)
        wider = tuple(_padded_twice(name, arg) for name, arg in zip(
            self.found.names, self.found.args, strict=True))
        if any(one is not other for one, other in zip(wider, self.found.args, strict=True)):
            yield " with the pad doubled", wider

    @cached_property
    def definition(self) -> str | None:
        """The convention in which the value is right, '' for the definition; None for none."""
        reference = self.reference
        assert reference is not None
        values = {"": reference.value, **reference.conventions}
        found = next((name for name, value in values.items() if self._is(value)), None)
        if found is not None or reference.multiple is None:
            return self._fitted(reference) if found is None else found
        told = reference.multiple.told_of((call.outputs[0], call.roles) for call in self.calls)
        return told and f"the penalty is {told}"

    def _is(self, value: Value) -> bool:
        return all(call.is_value(value) for call in self.calls)

    def _fitted(self, reference: Reference) -> str | None:
        """Return the constants with which the value is right, by name."""
        fitted, constants = reference.fitted, self.constants
        return None if fitted is None or constants is None else fitted.told(constants)

    @cached_property
    def constants(self) -> tuple[float, ...] | None:
        """The constants of a function with which the value is right; None for none."""
        fitted = self.reference.fitted if self.reference is not None and self.calls else None
        if fitted is None or self.calls[0].outputs[0].shape != self.calls[0].roles["x"].shape:
            return None
        call = self.calls[0]
        known = self.like.constants if self.like else None
        # what was found elsewhere or given here saves a search
        given = [(number,) for number in self._numbers if len(fitted.names) == 1
                 and fitted.low[0] <= number <= fitted.high[0]]
        for constants in ([known] if known is not None else []) + given:
            if self._is(fitted.with_constants(constants)):
                return constants
        constants = fitted.fit(call.roles["x"], call.outputs[0])
        return constants if self._is(fitted.with_constants(constants)) else None

    def _breach(self, reference: Reference) -> Breach:
        call = next(call for call in self.calls if not call.is_value(reference.value))
        want = wanted(reference.value, call.roles)
        assert want is not None
        name = "the loss" if self.pair.is_loss else "out"
        mode = call.told + (" in test mode" if call.roles.get("mode") == "test" else "")
        return breach_of(name, call.outputs, want, reference.told, mode,
                         self._slip(reference.slips))

    def _slip(self, slips: Sequence[Slip]) -> Slip | None:
        return next((slip for slip in slips if self._is(slip.value)), None)


def breach_of(name: str, got: Outputs, want: Outputs, definition: str, mode: str,
              slip: Slip | None) -> Breach:
    """Return the breach that outputs are which are not those expected."""
    place = next(i for i, (mine, right) in enumerate(zip(got, want, strict=False))
                 if not agree((mine,), (right,)))
    name = f"{name}[{place}]" if len(want) > 1 else name
    mine, right = got[place], want[place]
    facts = {"what": name, "mode": mode, "told": definition}
    if slip is not None:
        facts |= {"slip": slip.because, "remedy": slip.remedy}
    if mine.shape != right.shape:
        facts |= {"got": str(mine.shape), "expected": str(right.shape)}
        named = {**facts, "place": f"{name}'s shape"}
        return Breach(CODE, "shape", facts=facts) if slip is None else Breach(
            CODE, "slip", facts=named)
    wrong = unlike_definition(mine, right)
    worst = worst_of(mine, right, wrong)
    facts |= {"place": placed(name, worst), "got": f"{mine[worst]:.6g}",
              "expected": f"{right[worst]:.6g}",
              "count": f"{int(wrong.sum())} of {wrong.size} elements differ"}
    where = (worst,) if worst else ()
    return Breach(CODE, "slip" if slip else "value", where=where, facts=facts)


def worst_of(got: Array, want: Array, wrong: Array) -> tuple[int, ...]:
    """Return the index of the element that is farthest off."""
    error = np.where(wrong, np.abs(got - want), -1.0)
    return tuple(map(int, np.unravel_index(int(np.argmax(error)), want.shape)))


def placed(name: str, index: Sequence[int]) -> str:
    """Return an element's name.

    >>> placed("out", (0, 2)), placed("the loss", ())
    ('out[0, 2]', 'the loss')
    """
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def wanted(value: Value, roles: Roles) -> Outputs | None:
    """Return what a formula gives; None where it is not defined."""
    try:
        with np.errstate(all="ignore"):
            found = value(**roles)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError):
        return None
    outputs = found if isinstance(found, tuple) else (found,)
    return tuple(np.asarray(entry, dtype=np.float64) for entry in outputs)


def agree(got: Outputs, want: Outputs) -> bool:
    """Whether outputs are those expected, to three digits, as far as there are both."""
    return all(
        mine.shape == right.shape and not unlike_definition(mine, right).any()
        for mine, right in zip(got, want, strict=False))


def _scaled(args: Sequence[Any], scale: float) -> tuple[Any, ...]:
    """Return the arguments with the first array of floats scaled."""
    place = next((i for i, arg in enumerate(args) if floating(arg)), None)
    return tuple(arg * arg.dtype.type(scale) if i == place else arg for i, arg in enumerate(args))


def _padded_twice(name: str, arg: Any) -> Any:
    """Return a setting, or a dict of settings, with twice the pad."""
    if name in PADS and isinstance(arg, int):
        return 2 * arg
    pads = [key for key in PADS if isinstance(arg, dict) and isinstance(arg.get(key), int)]
    return {**arg, pads[0]: 2 * arg[pads[0]]} if pads else arg
