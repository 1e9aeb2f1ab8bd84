"""The other side: the edit of forward with which it agrees with a backward that is as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gradcheck.contract.layer import Layer
from gradcheck.repair.bench import Bench
from gradcheck.repair.judged import repairs_by
from gradcheck.repair.limit import clock
from gradcheck.repair.truth import Place
from gradcheck.repair.verify import passes
from gradcheck.repaired import Repair

SECONDS, TIERS, LEAST_PLACES = 1.0, 2, 2
# Forward has to stay finite where it is, or an edit takes the eps that keeps it so.
LEVELS = (0.0, 1.0, 3.0)


def of_forward(bench: Bench, kind: str, wrong: tuple[str, ...], deadline: float
               ) -> tuple[Repair, ...]:
    """Return the edit of forward with which it agrees with backward as that is, or nothing."""
    layers = [place.layer for place in bench.places if place.is_new]
    if kind != "layer" or len(layers) <= LEAST_PLACES:
        return ()
    first = layers[0]
    shapes = [_shape_of_output(layer) for layer in layers]
    mattered = [_matters(Place(layer)) for layer in layers]
    finite = [_is_finite(layer) for layer in _level(first)]

    def agrees() -> bool:
        # where nothing comes out, any gradient is right
        return [_shape_of_output(layer) for layer in layers] == shapes and all(
            map(_agrees, layers, mattered))

    def passes_all() -> bool:
        return all(passes(Place(layer), kind) for layer in layers)

    def stays_finite() -> bool:
        now = [_is_finite(layer) for layer in _level(first)]
        return all(after or not before for before, after in zip(finite, now, strict=True))

    return repairs_by(
        lambda: first.forward(*first.copies()), [agrees, stays_finite, passes_all], side="forward",
        verified=len(layers) - 1, arguments=wrong, tiers=TIERS,
        seconds=min(SECONDS, deadline - clock()))


def _level(layer: Layer) -> Iterator[Layer]:
    """Yield a layer at arrays of one number: nothing varies in them, and a root may be of zero."""
    for level in LEVELS:
        args = tuple(np.full_like(arg, level) if isinstance(arg, np.ndarray) and (
            arg.dtype.kind == "f") else arg for arg in layer.args)
        yield replace(layer, args=args)


def _is_finite(layer: Layer) -> bool:
    try:
        return bool(np.all(np.isfinite(layer.forward(*layer.copies())[0])))
    except Exception:
        return False


def _shape_of_output(layer: Layer) -> tuple[int, ...]:
    return np.shape(layer.forward(*layer.copies())[0])


def _agrees(layer: Layer, mattered: list[bool]) -> bool:
    """Whether backward gives the gradient of forward, both as they now run, and no zeros."""
    place = Place(layer)
    return max(place.distances_now(), default=2.0) <= 1.0 and all(
        after or not before for before, after in zip(mattered, _matters(place), strict=True))


def _matters(place: Place) -> list[bool]:
    """Return of each argument whether the output depends on it."""
    return [any(abs(along.slope) > 2 * along.error for along in truth.along)
            for truth in place.truths]
