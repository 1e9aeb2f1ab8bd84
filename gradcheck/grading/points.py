"""How many points a right answer earns: defaults, or a small TOML table.

::

    [affine]                 # a layer or a loss
    value = 4                # forward's output agrees with the reference
    gradient = 6             # backward is forward's derivative, for a forward that is right
    contract = 1             # nothing is mutated, no precision is lost

    [dropout]                # dropout is judged by its laws
    law = 1                  # each law ...
    rate = 3                 # ... except this one

    [relu]
    total = 10               # shared out in the proportion of the defaults
    ignore = ["dout-mutated"]   # findings or laws that cost nothing; above all sections: of all

    [batchnorm]
    total = 10
    accept = ["eps outside the root", "unbiased variance"]   # values that count as well

A top-level ``seed = 7`` draws the same inputs for everybody, unless another one is asked for;
``hints = 2`` says how much feedback tells: 0 the verdict, 1 what is wrong, 2 the line, 3 the edit.
``p_is``, ``scaling`` and ``seeding`` are the class's conventions, as the flags name them (a flag
goes before); ``rtol = 1e-3`` lets values be so far off, relative to their size. ``accept``, above
all sections or in one, names conventions in which a value earns its points as well, and its
gradient with it; what is no convention of the layer is refused with a list of those that are.
A table's names are all that counts: what it names must be there, and what it does not name earns
nothing. Without a table every layer of the file that the reference knows counts.

A layer or a loss has 10 points then: value 4, gradient 4, contract 2. The gradient counts only for
a forward that is right, and the contract only once the gradient counts: whoever has not written a
backward, or has one that returns zeros, mutates nothing and loses no precision, which is no
achievement.

A dropout has 10 points, too, by what its laws say: backward 4, mask 3 (how many units are dropped,
which, and anew each time), scale 1.5 (what is kept has its value, scaled), test mode 1, contract
0.5. A law that fails takes the whole share that it belongs to, as 0/4 shows; several of one share
divide it. ``total`` keeps these proportions; a section with ``law``, or with laws by name, counts
each law for itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gradcheck.grading.manner import MANNER, manner_of, refuse_unknown_conventions
from gradcheck.grading.shares import LAW_POINTS

LAYER_POINTS = {"value": 4.0, "gradient": 4.0, "contract": 2.0}
IGNORE, ACCEPT, SEED, HINTS = "ignore", "accept", "seed", "hints"
VERDICT, CODE, LINE, DIFF = range(4)
STANDARD = ("affine", "relu", "batchnorm", "layernorm", "dropout", "softmax_loss", "svm_loss")

Points = Mapping[str, Mapping[str, float]]


def load_points(points: str | os.PathLike[str] | Mapping[str, Any] | None) -> Points | None:
    """Return a checked table.

    Parameters
    ----------
    points : path, mapping or None
        A TOML file, or its contents as nested dicts; None for the defaults.

    Raises
    ------
    ValueError
        The file is not TOML, or an entry is no number of points; the message names it.

    Examples
    --------
    >>> load_points({"relu": {"value": 3}})
    {'relu': {'value': 3.0}}
    """
    if points is None:
        return None
    table = _table_of(points)
    if not table:
        raise ValueError("points: got an empty table; expected a section for each layer, such as "
                         "[affine]. Remedy: name the layers that count.")
    return {name: _section(name, entries) for name, entries in table.items()
            if name not in (IGNORE, ACCEPT, SEED, HINTS, *MANNER)} or None


def load_ignored(points: str | os.PathLike[str] | Mapping[str, Any] | None
                 ) -> dict[str, tuple[str, ...]]:
    """Return the findings and laws that cost nothing, by the layer; under '' those of all layers.

    Raises
    ------
    ValueError
        As for `load_points`.

    Examples
    --------
    >>> load_ignored({"ignore": ["rate"], "relu": {"total": 3, "ignore": ["dout-mutated"]}})
    {'': ('rate',), 'relu': ('dout-mutated',)}
    """
    return _listed(points, IGNORE)


def load_accepted(points: str | os.PathLike[str] | Mapping[str, Any] | None
                  ) -> dict[str, tuple[str, ...]]:
    """Return the conventions whose values count, by the layer; under '' those of all layers.

    Raises
    ------
    ValueError
        As for `load_points`; or a layer has no such convention.

    Examples
    --------
    >>> load_accepted({"svm_loss": {"total": 3, "accept": ["squared"]}})
    {'svm_loss': ('squared',)}
    """
    listed = _listed(points, ACCEPT)
    for name, accepted in listed.items():
        refuse_unknown_conventions(name, accepted)
    return listed


def _listed(points: str | os.PathLike[str] | Mapping[str, Any] | None, key: str
            ) -> dict[str, tuple[str, ...]]:
    table = _table_of(points)
    listed = {"": table.get(key), **{name: entries[key] for name, entries in table.items()
                                     if isinstance(entries, Mapping) and key in entries}}
    return {name: _strings(name, key, entry) for name, entry in listed.items()
            if entry is not None}


def load_seed(points: str | os.PathLike[str] | Mapping[str, Any] | None) -> int | None:
    """Return the seed that a table asks for, None where it asks for none.

    Raises
    ------
    ValueError
        As for `load_points`.

    Examples
    --------
    >>> load_seed({"seed": 7, "relu": 3}), load_seed({"relu": 3})
    (7, None)
    """
    table = _table_of(points)
    seed = table.get(SEED)
    if seed is None or (isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0):
        return seed
    raise ValueError(f"points: seed is {seed!r}; expected an integer of at least 0. Remedy: write "
                     "a number such as seed = 7.")


def load_hints(points: str | os.PathLike[str] | Mapping[str, Any] | None,
               asked: int | None = None) -> int:
    """Return how much feedback tells: what is asked for, else what a table says, else 1.

    Raises
    ------
    ValueError
        As for `load_points`.

    Examples
    --------
    >>> load_hints({"hints": 2, "relu": 3}), load_hints({"hints": 2}, 0), load_hints(None)
    (2, 0, 1)
    """
    table = _table_of(points)
    level = table.get(HINTS, CODE) if asked is None else asked
    if type(level) is int and VERDICT <= level <= DIFF:
        return level
    raise ValueError(f"hints: got {level!r}; expected 0 (the verdict alone), 1 (what is wrong), 2 "
                     "(the line, too) or 3 (the edit, too). Remedy: write hints = 1.")


def read_points(points: str | os.PathLike[str] | Mapping[str, Any] | None
                ) -> Mapping[str, Any] | None:
    """Return a table as nested dicts, once its form is checked.

    Raises
    ------
    ValueError
        As for `load_points`.
    """
    table = None if points is None else _table_of(points)
    for load in (load_points, load_ignored, load_accepted, load_seed, load_hints, manner_of):
        load(table)
    return table


def _strings(name: str, key: str, entry: Any) -> tuple[str, ...]:
    if isinstance(entry, list | tuple) and all(isinstance(text, str) for text in entry):
        return tuple(entry)
    where = f"[{name}] {key}" if name else key
    example = "dout-mutated" if key == IGNORE else "eps outside the root"
    raise ValueError(f"points: {where} is {entry!r}; expected a list such as "
                     f'["{example}"]. Remedy: write a list of strings.')


def _table_of(points: str | os.PathLike[str] | Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return a table that is given or stands in a file; an empty one for none."""
    if points is None:
        return {}
    return points if isinstance(points, Mapping) else _read(Path(points))


def _read(path: Path) -> Mapping[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"points: {path} is no valid TOML ({error}). Remedy: write sections such "
                         "as [affine] with entries such as value = 2.") from None
    except OSError as error:
        raise ValueError(f"points: {path} cannot be read ({error}). Remedy: check the "
                         "path.") from None


def _section(name: str, entries: Any) -> Mapping[str, float]:
    if isinstance(entries, int | float) and not isinstance(entries, bool):
        entries = {"total": entries}
    if not isinstance(entries, Mapping):
        raise ValueError(f"points: [{name}] is {entries!r}; expected entries such as value = 2. "
                         "Remedy: write a section, or one number for the total.")
    entries = {key: value for key, value in entries.items() if key not in (IGNORE, ACCEPT)}
    for key, value in entries.items():
        if isinstance(value, bool) or not isinstance(value, int | float) \
                or not 0 <= value < float("inf"):
            raise ValueError(f"points: [{name}] {key} is {value!r}; expected a number of points, "
                             "0 or more. Remedy: write a number.")
    return {key: float(value) for key, value in entries.items()}


def has_shares(section: Mapping[str, float] | None) -> bool:
    """Whether a dropout's laws count by what they say, and not each for itself.

    >>> has_shares(None), has_shares({"total": 5.0}), has_shares({"law": 1.0})
    (True, True, False)
    """
    return section is None or "total" in section


def share_out(section: Mapping[str, float] | None, parts: Sequence[str]) -> dict[str, float]:
    """Return the points of each part of one layer.

    Parameters
    ----------
    section : mapping or None
        The layer's section of the table, None for the defaults.
    parts : sequence of str
        What is judged: the names of `LAYER_POINTS`, or the names of laws.

    Raises
    ------
    ValueError
        The section names a part that does not exist.

    Examples
    --------
    >>> share_out({"total": 10.0}, ["value", "gradient", "contract"])
    {'value': 4.0, 'gradient': 4.0, 'contract': 2.0}
    >>> share_out({"law": 2.0, "rate": 5.0}, ["rate", "values"])
    {'rate': 5.0, 'values': 2.0}
    """
    defaults = {part: (LAYER_POINTS | LAW_POINTS)[part] for part in parts}
    if section is None:
        return defaults
    unknown = sorted(set(section) - set(parts) - {"total", "law"})
    if unknown:
        raise ValueError(f"points: got the entries {unknown}; expected any of {sorted(parts)}, "
                         "law or total. Remedy: correct the names.")
    if "total" in section:
        whole = sum(defaults.values())
        return {part: section["total"] * value / whole for part, value in defaults.items()}
    each = section.get("law", 0.0)
    return {part: section.get(part, each) for part in parts}
