"""The arguments of a standard layer by their standard names, as its reference takes them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from gradcheck.examples.candidates import Example
from gradcheck.examples.standard import (
    ALIASES,
    ELEMENTWISE,
    LAYERS,
    LOSSES,
    NUMBERS,
    OTHERWISE,
)
from gradcheck.reference.table import REFERENCES

SETTINGS = {
    "padding": "pad", "strides": "stride", "pool_h": "pool_height", "pool_w": "pool_width",
    "epsilon": "eps", "num_groups": "G", "groups": "G", "n_groups": "G",
}
# A square window has one size.
SIDES = ("window", "pool_size", "kernel_size", "ksize", "size", "k", "f")
KNOWN = frozenset({"eps", "epsilon", "momentum", "mode", "verbose", "stride", "strides", "pad",
                   "padding", "pool_height", "pool_width", "reduction", *SIDES})
# Settings that change nothing at these values.
OFF = (None, False, 0, 0.0, "", 1)


def roles_of(base: str, forward: Callable[..., Any], found: Example) -> dict[str, Any] | None:
    """Return the arguments of a call, and the settings in its dicts, by their standard names.

    Parameters
    ----------
    base : str
        The standard name of the layer or loss.
    forward : callable
        Its defaults are settings, too.
    found : Example
        The arguments.

    Returns
    -------
    dict or None
        None where the arguments were guessed, or a default is not known to change nothing.

    Examples
    --------
    >>> found = Example((np.ones((2, 3)), {"stride": 2}), ("A", "conv_param"))
    >>> sorted(roles_of("conv", lambda A, conv_param, padding=1: None, found))
    ['conv_param', 'pad', 'stride', 'x']
    """
    entry = LOSSES.get(base, LAYERS.get(base))
    if entry is None or base not in REFERENCES or found.guessed:
        return None
    named = _named(entry, base, found)
    defaults = dict(_defaults(forward, found))
    if named is None or not _says_nothing_else(base, named, defaults):
        return None
    roles = {SETTINGS.get(name, name): value for name, value in defaults.items()} | named
    for value in list(roles.values()):
        if isinstance(value, Mapping):
            for key, setting in value.items():
                roles.setdefault(SETTINGS.get(str(key), str(key)), setting)
    return {**_sides(roles), **roles}


def _says_nothing_else(base: str, named: Mapping[str, Any], defaults: Mapping[str, Any]) -> bool:
    """Whether no setting is there that may change the value, other than those it is known by.

    A number beside the input of an elementwise function changes it, unless numbers are fitted.
    """
    if base in ELEMENTWISE.split():
        if REFERENCES[base].fitted is not None:
            return True
        return len(named) == 1 and all(value in OFF or value == -1 for value in defaults.values())
    return all(name in KNOWN or value in OFF for name, value in defaults.items())


def _named(entry: Mapping[str, Any], base: str, found: Example) -> dict[str, Any] | None:
    """Return the arguments by the parameters that took them, else by the entry's order."""
    others = [other.entry for other in OTHERWISE.get(base, ())]
    inner = {key for value in entry.values() if isinstance(value, Mapping) for key in value}
    own = {*NUMBERS.get(base, {}), *entry, *(key for other in others for key in other)}
    names = [name if name in own else SETTINGS.get(name, ALIASES.get(name, name))
             for name in found.names]
    if not set(names) <= own | inner | KNOWN or len(set(names)) < len(names):
        names = list(entry) if len(found.args) <= len(entry) else []
    exact = map(_exact, found.args)
    return dict(zip(names, exact, strict=False)) if names else None


def _defaults(forward: Callable[..., Any], found: Example) -> Iterator[tuple[str, Any]]:
    """Yield what parameters without an argument hold."""
    try:
        parameters = inspect.signature(forward).parameters.values()
    except (TypeError, ValueError):
        return
    for parameter in parameters:
        if parameter.name not in found.names and parameter.default is not parameter.empty:
            value = parameter.default
            yield parameter.name, value if np.ndim(value) == 0 else "an array"


def _sides(roles: Mapping[str, Any]) -> dict[str, Any]:
    """Return height and width of a window that is given by one size."""
    side = next((roles[name] for name in SIDES if isinstance(roles.get(name), int)), None)
    return {} if side is None else {"pool_height": side, "pool_width": side, "stride": side}


def _exact(value: Any) -> Any:
    floating = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return value.astype(np.float64) if floating else value
