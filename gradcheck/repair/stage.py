"""The last stage of a check: from a layer that failed to the line, and the edit that repairs it."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.contract.inspection import as_gradients
from gradcheck.contract.layer import Layer
from gradcheck.numeric.scalar import NetLoss
from gradcheck.repair import places as argument_places
from gradcheck.repair.angelic import lines_of
from gradcheck.repair.apart import apart
from gradcheck.repair.bench import Bench
from gradcheck.repair.judged import repairs_by
from gradcheck.repair.limit import clock, ended_after
from gradcheck.repair.search import Candidate, Search
from gradcheck.repair.telling import only_place, told, undisturbed
from gradcheck.repair.truth import Place, distances
from gradcheck.repair.verify import Judge, passes, proved
from gradcheck.repaired import Repair

SECONDS = 3.0
# Forward has to stay finite where it is, or an edit takes the eps that keeps it so.
LEVELS = (0.0, 1.0, 3.0)
MOST_PLACES, MOST_SAME = 3, 2
# Test mode is among the first, and what it holds must not depend on how busy the machine is.
LEAST_HELD = 2
MOST_SECONDS = 1.0
# Of a forward that takes longer, nothing could be proved in the time.
SLOWEST = 0.05
# One that takes longer is looked at with smaller arguments first.
SLOW = 5e-4
LEAST_PLACES = 2
MOST_JUDGED = 4
MOST_SUSPECTS = 3
FORWARD_SECONDS, FORWARD_TIERS = 1.0, 2


def repairs_of(layer: Layer, codes: Sequence[str], *, kind: str = "layer",
               others: Iterable[Layer] | None = None, seconds: float = SECONDS,
               judges: Sequence[Judge] = (), seed: int = 0) -> tuple[Repair, ...] | None:
    """Return the edit that repairs a layer, or nothing; None where every gradient is right.

    Parameters
    ----------
    layer : Layer
        At the arguments at which it failed.
    codes : sequence of str
        Of what was found; they decide what is tried first.
    kind : {'layer', 'gradient', 'net'}
        What was checked.
    others : iterable of Layer, optional
        The same layer at other arguments, at which an edit has to be right, too; by default such
        as `variants` makes of its own.
    seconds : float
        At most, in all.
    judges : sequence of callable
        What else an edit has to satisfy.
    seed : int
        Draws other arguments.
    """
    found: tuple[Repair, ...] | None = ()
    seconds *= getattr(layer.forward, "patience", 1)
    with ended_after(seconds):
        found = _repairs_of(layer, codes, kind, others, seconds, judges, seed)
    return found  # noqa: RET504  (nothing, where the time ran out)


def _repairs_of(layer: Layer, codes: Sequence[str], kind: str, others: Iterable[Layer] | None,
                seconds: float, judges: Sequence[Judge], seed: int) -> tuple[Repair, ...] | None:
    deadline, layer = clock() + seconds, apart(layer)
    with undisturbed():
        try:
            place, given = _first(layer, kind, others, seed)
        except Exception:
            return ()
        if place.seconds > SLOWEST:
            return ()
        until = clock() + min(MOST_SECONDS, seconds / 3)
        bench = Bench([place, *_places(layer, given, until, _is_taken(place))])
        if not bench.parts:  # compiled code, and what has no source
            return ()
        search = Search(bench, codes, deadline, kind)
        candidates = search.run()
        if search.base.is_right:
            return None
        for candidate in candidates[:MOST_JUDGED]:
            if candidate.elsewhere >= LEAST_PLACES and proved(
                    bench, [(candidate.part, candidate.code)], kind, deadline, judges):
                found = told(candidate.part.source, candidate.changes, _wrong(search, layer),
                             candidate.elsewhere)
                if found is not None:
                    return (found,)
        hints = [_hint(candidate, search, layer) for candidate in candidates[:1]
                 if not any(place.is_new for place in bench.places[1:])]
        return tuple(hints) or _of_forward(bench, search, kind, deadline) or tuple(
            _suspected(search, layer))


def _first(layer: Layer, kind: str, others: Iterable[Layer] | None, seed: int
           ) -> tuple[Place, Iterable[Layer]]:
    """Return where candidates are tried first, and what holds them then."""
    place = Place(layer, whole=True, seed=seed)
    given = variants(layer, kind) if others is None else others
    if SLOW < place.seconds <= SLOWEST and kind == "layer":
        place = _shrunk(place)
        given = itertools.chain([layer], variants(place.layer, kind))
    if place.seconds <= SLOWEST:
        place.truths  # noqa: B018  (computed while the layer is as it is)
    return place, given


def _shrunk(place: Place) -> Place:
    """Return a place of smaller arguments at which the same gradients are wrong, if there is one.

    Each candidate is run at it; those that are right there are held to the larger arguments.
    """
    wrong = _wrong_at(Place(place.layer, seed=place.seed))
    for args in argument_places.smaller(place.layer.args, np.random.default_rng(20)):
        with contextlib.suppress(Exception):
            small = Place(replace(place.layer, args=args), seed=place.seed)
            if small.seconds < place.seconds and _wrong_at(small) == wrong:
                return Place(small.layer, whole=True, seed=place.seed)
    return place


def _wrong_at(place: Place) -> list[bool]:
    """Return of each gradient whether it is wrong; of all where backward raises."""
    found = None
    with contextlib.suppress(Exception):
        found = as_gradients(place.layer.backward(place.dout.copy(), place.fresh_cache()))
    return [not far <= 1.0 for far in distances(place, found or ())]


def _is_taken(place: Place) -> bool:
    """Whether backward as it is gives gradients of the right shapes.

    Forward may take by accident what was never meant, such as a last gate of one column.
    """
    try:
        found = as_gradients(place.layer.backward(place.dout.copy(), place.fresh_cache()))
    except Exception:
        return False
    return found is not None and all(map(np.isfinite, distances(place, found)))


def _places(layer: Layer, others: Iterable[Layer], until: float, taken: bool) -> Iterator[Place]:
    """Yield the places of other layers, as far as forward takes their arguments.

    Those of sizes that were not there before are what proves an edit; others hold it, too. Where
    backward takes the first ones it has to take these.
    """
    seen, count, same = {_shapes(layer), _settings(layer)}, 0, 0
    for other in others:
        shapes, settings = _shapes(other), _settings(other)
        if (clock() > until and count + same >= LEAST_HELD) or count == MOST_PLACES:
            return
        if shapes in seen and settings in seen and same >= MOST_SAME:
            continue
        with contextlib.suppress(Exception):
            place = Place(apart(other), seed=1 + count, is_new=shapes not in seen)
            place.truths  # noqa: B018  (computed while the layer is as it is)
            if taken and not _is_taken(place):
                continue
            seen.update((shapes, settings))
            count += place.is_new
            same += not place.is_new
            yield place


def variants(layer: Layer, kind: str) -> Iterator[Layer]:
    """Yield a layer at arguments of other sizes, made of its own; a net at other batches."""
    rng = np.random.default_rng(20)
    if kind == "layer":
        made = argument_places.others(layer.args, rng)
        yield from (replace(layer, args=args)
                    for args in itertools.islice(made, argument_places.ATTEMPTS))
    net = getattr(layer.forward, "__self__", None)
    if kind == "net" and isinstance(net, NetLoss):
        for batch in itertools.islice(argument_places.others(net.batch, rng),
                                      argument_places.ATTEMPTS):
            other = replace(net, batch=batch)
            args = argument_places.redrawn(layer.args, rng)
            yield replace(layer, forward=other.forward, backward=other.backward, args=args)
    for _ in range(MOST_PLACES):
        yield replace(layer, args=argument_places.redrawn(layer.args, rng))


def _shapes(layer: Layer) -> tuple[Any, ...]:
    net = getattr(layer.forward, "__self__", None)
    batch = net.batch if isinstance(net, NetLoss) else ()
    return tuple(np.shape(arg) for arg in (*layer.args, *batch))


def _settings(layer: Layer) -> tuple[str, ...]:
    """Return what is no array among the arguments."""
    return ("settings", *(repr(arg) for arg in layer.args if isinstance(arg, int | float | dict)))


def _of_forward(bench: Bench, search: Search, kind: str, deadline: float) -> tuple[Repair, ...]:
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
        verified=len(layers) - 1, arguments=_wrong(search, first), tiers=FORWARD_TIERS,
        seconds=min(FORWARD_SECONDS, deadline - clock()))


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
    found = as_gradients(layer.backward(place.dout.copy(), place.fresh_cache()))
    return found is not None and max(distances(place, found), default=2.0) <= 1.0 and all(
        after or not before for before, after in zip(mattered, _matters(place), strict=True))


def _matters(place: Place) -> list[bool]:
    """Return of each argument whether the output depends on it."""
    return [any(abs(along.slope) > 2 * along.error for along in truth.along)
            for truth in place.truths]


def _suspected(search: Search, layer: Layer) -> Iterator[Repair]:
    """Yield the lines at which some value would make every gradient right."""
    part = next((part for part in search.bench.parts if part.is_main and part.in_backward), None)
    for site in lines_of(search.suspects, MOST_SUSPECTS):
        if part is not None:
            yield only_place(part.source, site, "suspect", "some value here makes every gradient "
                             "right", _wrong(search, layer))


def _hint(candidate: Candidate, search: Search, layer: Layer) -> Repair:
    """Return the line of an edit that is right at arguments of one size, and no proof."""
    change = candidate.changes[0]
    return only_place(candidate.part.source, change.first, change.kind.name, change.kind.words,
                      _wrong(search, layer))


def _wrong(search: Search, layer: Layer) -> tuple[str, ...]:
    """Return the arguments whose gradients are wrong as it is."""
    return tuple(layer.names[position] for i, position in enumerate(layer.wrt)
                 if i not in search.base.right)
