"""A net with a batch, as small as its constructor lets it be, and in other ways."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gradcheck.examples.nets import drawn_params, net_batch, net_settings, other_choices
from gradcheck.exceptions.words import reason_and_place
from gradcheck.report import Report
from gradcheck.run.along import net_layer, net_numbers
from gradcheck.run.session import Session
from gradcheck.target.exceptions import OURS
from gradcheck.target.passes import needed
from gradcheck.target.unwritten import is_nothing, raised_by_a_gap

Own = Callable[[np.random.Generator], Any]
REG = 0.3
LARGER = 3.0
# By what other name a net tells its gradients, where its loss returns the value alone.
GRADIENTS = ("gradient", "gradients", "grad")


@dataclass
class OneForm:
    """A net whose loss returns (loss, grads), wherever it leaves its gradients.

    Every call is on a copy, whose own arrays are written into: layers may hold them, too.
    """

    net: Any
    params: dict[str, Any]

    def loss(self, *batch: Any) -> Any:
        """Return the loss and the gradients by the parameters' names."""
        net = copy.deepcopy(self.net)
        for name, value in self.params.items():
            own = net.params.get(name)
            if isinstance(own, np.ndarray) and own.dtype == value.dtype:
                own[...] = value
            else:
                net.params[name] = value.copy()
        returned = net.loss(*batch)
        if isinstance(returned, tuple) or np.ndim(returned):
            return returned
        return returned, _gradients_of(net, batch)


def _gradients_of(net: Any, batch: tuple[Any, ...]) -> Any:
    """Return the gradients that a net keeps, or that another of its methods computes."""
    for name in GRADIENTS:
        if callable(getattr(net, name, None)):
            return getattr(net, name)(*batch)
    return getattr(net, "grads", None)


@dataclass(frozen=True)
class Trial:
    """A net with a batch, and what is particular about the two."""

    net: Any
    batch: tuple[Any, ...]
    told: str = ""

    def report(self, name: str, seed: int) -> Report:
        """Compare the gradients of all parameters."""
        regs = {"reg": self.batch[2]} if len(self.batch) > 2 else {}
        numbers = {**net_numbers(self.net, self.batch[0]), **regs}
        return Session(net_layer(self.one_form, self.batch, seed), numbers, name, "net", seed).run(
            np.ones(()), None, False)

    @cached_property
    def one_form(self) -> OneForm:
        """The net, in the form that the checker takes."""
        net = copy.deepcopy(self.net)
        if hasattr(net, "dtype"):
            net.dtype = np.float64
        return OneForm(net, dict(net.params))

    @property
    def gap(self) -> str:
        """What of the net is not written yet; '' for nothing."""
        if not self.net.params:
            return "not written yet: params is empty"
        try:
            with np.errstate(all="ignore"):
                returned = self.one_form.loss(*copy.deepcopy(self.batch))
        except OURS:
            raise
        except BaseException as error:
            return gap_raised(error)
        if is_nothing(returned) or (isinstance(returned, tuple) and is_nothing(returned[0])):
            return "not written yet: loss returns None"
        grads = returned[1] if isinstance(returned, tuple) and len(returned) > 1 else None
        return "not written yet: loss returns no gradients" if isinstance(grads, Mapping) and (
            not grads or is_nothing(list(grads.values()))) else ""


def gap_raised(error: BaseException) -> str:
    """Return what an exception says is not written; '' where it says something else."""
    if not raised_by_a_gap(error):
        return ""
    return f"not written yet: {reason_and_place(error)}"


def own_trials(own: Own, seed: int) -> Iterator[Trial]:
    """Yield what a target's own example function returns."""
    net, *batch = own(np.random.default_rng(seed))
    yield Trial(net, tuple(batch))


def trials_of(kind: type, seed: int) -> Iterator[Trial]:
    """Yield a net of a class, as small as its constructor lets it be, and in other ways."""
    settings = net_settings(kind)
    yield _trial(kind, settings, seed)
    loss = kind.loss  # type: ignore[attr-defined]
    if "reg" in needed(loss, optional=True)[3:]:
        yield _trial(kind, settings, seed, f"with reg={REG}", reg=REG)
    for choice in other_choices(kind):
        (name, value), = choice.items()
        yield _trial(kind, {**settings, **choice}, seed, f"with {name}={value!r}")
    yield _trial(kind, settings, seed, "with N = 1", samples=1)
    yield _trial(kind, settings, seed, "with larger weights", size=LARGER)


@dataclass(frozen=True)
class _Refused:
    """A net that its constructor does not make: asked for, it raises why."""

    told: str
    error: Exception

    @property
    def gap(self) -> str:
        """Raise what the constructor raised."""
        raise self.error


def _trial(kind: type, settings: Mapping[str, Any], seed: int, told: str = "",
           samples: int | None = None, reg: float = 0.0, size: float = 1.0) -> Any:
    """Return a net that was constructed with settings, its parameters drawn anew, and a batch."""
    rng = np.random.default_rng((seed, len(told)))
    loss = kind.loss  # type: ignore[attr-defined]
    try:
        net = kind(**settings)
        many = {} if samples is None else {"samples": samples}
        batch = net_batch(loss, settings, rng, reg=reg, **many)
        for name, value in drawn_params(net.params, rng, size).items():
            _write(net.params, name, value)
    except Exception as error:
        if not told:
            raise
        return _Refused(told, error)
    return Trial(net, batch, told)


def _write(params: dict[str, Any], name: str, value: Any) -> None:
    """Write a parameter in place where that can be done: the net's layers may hold the array."""
    own = params[name]
    if isinstance(own, np.ndarray) and own.flags.writeable and own.dtype == np.float64:
        own[...] = value
    else:
        params[name] = value
