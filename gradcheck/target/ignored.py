"""Settings that change nothing: neither the output nor what is written back nor the gradient."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.contract.breach import Breach
from gradcheck.contract.mutation import same_bits
from gradcheck.examples.candidates import Example
from gradcheck.examples.fitting import positional
from gradcheck.examples.settings import KEYS, OTHER_SIZES, STRONG
from gradcheck.findings.told import told
from gradcheck.nested import leaves
from gradcheck.report import Finding
from gradcheck.target.exceptions import OURS
from gradcheck.target.trial import Trial


@dataclass(frozen=True)
class Setting:
    """A parameter of a function's own, or a key of the dict called `holder` among its arguments."""

    name: str
    before: Any
    value: float
    holder: str = ""

    def told(self, examples: int) -> Finding:
        """Return the finding that it is ignored: of a key, a warning."""
        how = "key" if self.holder else "parameter"
        return told(Breach("setting-ignored", how, facts={
            "name": self.name, "holder": self.holder, "value": self.value, "before": self.before,
            "examples": examples, "fails": how == "parameter"}))

    def changed(self, found: Example, parameters: Sequence[inspect.Parameter]) -> Example:
        """Return an example in which it has the other value."""
        if self.holder:
            place = found.names.index(self.holder)
            new = {**found.args[place], self.name: self.value}
            return replace(found, args=(*found.args[:place], new, *found.args[place + 1:]))
        names = tuple(entry.name for entry in parameters)
        place = names.index(self.name)
        filled = (*found.args, *(entry.default for entry in parameters[len(found.args):place + 1]))
        return replace(found, names=(*found.names, *names[len(found.args):place + 1]),
                       args=(*filled[:place], self.value, *filled[place + 1:]))


def ignored_settings(trial: Trial, taken: list[Example]) -> Iterator[Finding]:
    """Yield a finding for every setting whose change shows at none of the examples.

    Examples
    --------
    >>> from gradcheck.mask_laws.conventions import Conventions
    >>> from gradcheck.target.pairs import Pair
    >>> pair = Pair("leaky_relu", "leaky_relu", lambda x, alpha: (np.maximum(x, 0.1 * x), x),
    ...             lambda dout, x: dout * np.where(x > 0, 1, 0.1))
    >>> example = Example((np.linspace(-1, 1, 4), 0.1), ("x", "alpha"))
    >>> finding, = ignored_settings(Trial(pair, Conventions(), 0), [example])
    >>> finding.message[:31]
    'alpha = 0.7 instead of 0.1 chan'
    """
    parameters = positional(trial.pair.forward)
    for setting in (*_own(taken[0], parameters), *_keys(trial.pair.base, taken[0])):
        if not any(_shows(trial, found, setting.changed(found, parameters)) for found in taken):
            yield setting.told(len(taken))


def _own(found: Example, parameters: Sequence[inspect.Parameter]) -> Iterator[Setting]:
    """Yield the parameters of the function's own that are called like a setting."""
    given = dict(zip(found.names, found.args, strict=True))
    for entry in parameters:
        before = given.get(entry.name, entry.default)
        if entry.name in STRONG and type(before) in (int, float):
            yield Setting(entry.name, before, _another(STRONG[entry.name], before))


def _keys(name: str, found: Example) -> Iterator[Setting]:
    """Yield the keys of a standard layer's dict, where it takes one."""
    for holder, arg in zip(found.names, found.args, strict=True):
        for key in KEYS.get(name, ()) if isinstance(arg, dict) else ():
            before = arg.get(key, "its default")
            yield Setting(key, before, _another({**STRONG, **OTHER_SIZES}[key], before), holder)


def _another(value: float, before: Any) -> float:
    return value + 1 if value == before else value


def _shows(trial: Trial, found: Example, changed: Example) -> bool:
    """Whether a change of arguments shows in anything but themselves; a refusal shows it, too."""
    one, two = _observed(trial, found), _observed(trial, changed)
    return one is None or two is None or one.keys() != two.keys() or not all(
        same_bits(one[path], two[path]) for path in one)


def _observed(trial: Trial, found: Example) -> dict[str, Any] | None:
    """Return all that a call computes: what it returns and writes back, and every gradient."""
    args = copy.deepcopy(found.args)
    before = {path for path, _ in leaves(args, "args")}
    try:
        with np.errstate(all="ignore"):
            seen = _called(trial, found, args)
    except OURS:
        raise
    except Exception:
        return None
    written = {path: leaf for path, leaf in leaves(args, "args")
               if path not in before or isinstance(leaf, np.ndarray)}
    return {**written, **dict(leaves(seen, ""))}


def _called(trial: Trial, found: Example, args: Sequence[Any]) -> Any:
    """Return what a call returns: of a cache its arrays alone, since it holds settings as well."""
    if trial.pair.is_loss:
        return trial.pair.forward(*args)
    forward, backward, _ = trial.in_one_form(found)
    out, cache = forward(*args)
    kept = {path: leaf for path, leaf in leaves(cache, "cache") if isinstance(leaf, np.ndarray)}
    try:
        gradients = backward(np.random.default_rng(trial.seed).standard_normal(np.shape(out)),
                             copy.deepcopy(cache))
    except OURS:
        raise
    except Exception:
        gradients = None
    return out, kept, gradients
