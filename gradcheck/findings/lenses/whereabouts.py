"""Where the wrong elements of a gradient lie: whole slices of it, or what later steps send back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.view import View

Array = NDArray[Any]

# Of the slices that are said to be wrong, so much of each has to be.
DENSE = 0.5
MOST_BLOCKS = 8
MOST_INDICES = 6
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def wrong_slices(view: View) -> dict[str, Any] | None:
    """Return where all wrong elements lie, of this gradient or else of another one."""
    found = {other.name: _of_gradient(other) for other in _views(view)}
    slices = next(filter(None, found.values()), None)
    alike = [name for name, other in found.items() if other == slices]
    return {"slices": slices, "sharing": _listed(alike)} if slices else None


def wrong_slices_of_first(view: View) -> dict[str, Any] | None:
    """Return the same of what the outputs of the first step alone send back."""
    return next(filter(None, map(_of_first, _views(view))), None)


def _of_first(view: View) -> dict[str, Any] | None:
    gaps = _by_step(view)
    if gaps is None:
        return None
    true, wrong = (np.any(entry[:, :, 0], axis=(1, 2)).reshape(view.a.shape) for entry in gaps)
    slices = _slices(wrong, true)
    return {"slices": slices, "sharing": view.name} if slices else None


def _views(view: View) -> list[View]:
    """Return the views of all arguments, this one's first; each Jacobian is computed once."""
    views: dict[str, View] = view.shared.setdefault("views", {})
    for other in view.case.comparisons:
        views.setdefault(other.name, View(view.case, other, view.shared))
    return [views[view.name], *(other for name, other in views.items() if name != view.name)]


def right_from_first(view: View) -> dict[str, Any] | None:
    """Whether what the first step's outputs send back is right, and what later ones do is not."""
    gaps = _by_step(_views(view)[0])
    if gaps is None:
        return None
    true, wrong = (np.any(entry, axis=(0, 1, 3)) for entry in gaps)
    right = true[0] and not wrong[0] and np.all(wrong[1:])
    return {"steps": int(wrong.size)} if right else None


def _of_gradient(view: View) -> str | None:
    """Return the slices that hold all wrong elements of a gradient, if the rest tells anything."""
    failed = view.comparison.failed
    return _slices(failed, view.n != 0) if view.complete and np.any(failed) else None


def _slices(wrong: Array, active: Array) -> str | None:
    """Return the slices along one axis that hold all that is wrong, where they hold little else.

    `active` says where a gradient is not zero anyway: of what is right, most has to be right for a
    reason (a forget gate's share of a first step, from a state of zeros, is zero).
    """
    for axis in reversed(range(wrong.ndim)):
        rest = tuple(i for i in range(wrong.ndim) if i != axis)
        bad = np.any(wrong, axis=rest)
        if np.all(bad) or not np.any(bad) or (
                np.mean(np.any(active, axis=rest)[~bad]) < DENSE):
            continue
        wide = np.sum(wrong | active, axis=rest)[bad]
        if np.all(np.sum(wrong, axis=rest)[bad] >= DENSE * wide):
            return _told(axis, wrong.ndim, np.flatnonzero(bad), len(bad))
    return None


def _told(axis: int, ndim: int, indices: Array, size: int) -> str | None:
    """Return slices in words.

    >>> _told(1, 2, np.arange(8, 12), 16)
    'columns 8:12 (the third of 4 equal blocks)'
    >>> _told(1, 3, np.array([0, 2]), 5)
    'indices 0, 2 along axis 1'
    """
    start, stop = int(indices[0]), int(indices[-1]) + 1
    count = stop - start
    whole = len(indices) == count
    if not whole and len(indices) > MOST_INDICES:
        return None
    which = f"{start}:{stop}" if whole else ", ".join(map(str, indices))
    blocks = size // count
    block = ""
    if whole and count > 1 and not size % count and not start % count and blocks <= MOST_BLOCKS:
        block = f" (the {ORDINALS[start // count]} of {blocks} equal blocks)"
    if ndim == 2:
        return f"{('rows', 'columns')[axis]} {which}{block}"
    return f"{'elements' if ndim == 1 else 'indices'} {which}" + (
        f" along axis {axis}" if ndim > 1 else "") + block


def _by_step(view: View) -> tuple[Array, Array] | None:
    """Return where the Jacobian is not zero and where it is wrong, (argument, N, T, ...).

    None for a layer that is no sequence's: one whose outputs depend, of some argument, on the
    elements of their own and of all earlier steps, and of no later one.
    """
    shape = view.case.out.shape
    if "is a sequence" not in view.shared:
        view.shared["is a sequence"] = any(map(_is_causal, _views(view)))
    if not view.shared["is a sequence"] or view.dense is None:
        return None
    true, wrong = view.dense
    layout = (len(true), shape[0], shape[1], -1)
    return tuple((np.abs(entry) > view.dense_tolerance).reshape(layout)  # type: ignore[return-value]
                 for entry in (true, wrong - true))


def _is_causal(view: View) -> bool:
    """Whether a step of the output depends on this step of the argument and all before."""
    (x, out), sequence = (view.x.shape, view.case.out.shape), 3
    if len(x) < sequence or len(out) < sequence or x[:2] != out[:2] or out[1] == 1 or (
            view.case.outputs > 1 or view.dense is None):
        return False
    entries = np.abs(view.dense[0]) > view.dense_tolerance
    depends = np.any(entries.reshape(*x[:2], -1, *out[:2], np.prod(out[2:], dtype=int)),
                     axis=(0, 2, 3, 5))
    return bool(np.array_equal(depends, np.triu(np.ones_like(depends))))


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1])] * (len(names) > 1) + names[-1:])
