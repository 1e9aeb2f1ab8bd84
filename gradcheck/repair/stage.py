"""The last stage of a check: from a layer that failed to the line, and the edit that repairs it."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.contract.layer import Layer
from gradcheck.numeric.scalar import NetLoss
from gradcheck.repair import places as argument_places
from gradcheck.repair.angelic import lines_of
from gradcheck.repair.apart import apart
from gradcheck.repair.bench import Bench
from gradcheck.repair.forwards import of_forward
from gradcheck.repair.judged import repairs_by
from gradcheck.repair.limit import clock, ended_after
from gradcheck.repair.search import Candidate, Search
from gradcheck.repair.telling import only_place, told, undisturbed
from gradcheck.repair.truth import Place
from gradcheck.repair.verify import passes, proved
from gradcheck.repaired import Repair

SECONDS = 3.0
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
TIES = "pool-spread"


def repairs_of(layer: Layer, codes: Sequence[str], *, kind: str = "layer",
               others: Iterable[Layer] | None = None, seconds: float = SECONDS
               ) -> tuple[Repair, ...]:
    """Return the edit that repairs a layer, or lines that may be wrong, or nothing.

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
    """
    found: tuple[Repair, ...] = ()
    seconds *= getattr(layer.forward, "patience", 1)
    with ended_after(seconds), undisturbed():
        found = _repairs_of(apart(layer), codes, kind, others, clock() + seconds)
    return found  # noqa: RET504  (nothing, where the time ran out)


def _repairs_of(layer: Layer, codes: Sequence[str], kind: str, others: Iterable[Layer] | None,
                deadline: float) -> tuple[Repair, ...]:
    try:
        place, given = _first(layer, kind, others)
    except Exception:
        return ()
    if place.seconds > SLOWEST:
        return ()
    until = min(clock() + MOST_SECONDS, (2 * clock() + deadline) / 3)
    bench = Bench([place, *_places(layer, given, until, _is_taken(place))])
    shared = _of_ties(bench, deadline) if TIES in codes else ()
    if shared or not bench.parts:
        return shared
    search = Search(bench, codes, deadline, kind)
    candidates = search.run()
    if search.base.is_right:
        return ()
    # right at arguments of one size: a line, and no proof
    hints = [only_place(entry.part.source, change.first, change.kind.name, change.kind.words,
                        _wrong(search, layer)) for entry in candidates[:1]
             for change in entry.changes[:1] if not any(p.is_new for p in bench.places[1:])]
    return (_proved(search, candidates, layer) or tuple(hints)
            or of_forward(bench, kind, _wrong(search, layer), deadline)
            or tuple(_suspected(search, layer)))


def _proved(search: Search, candidates: Sequence[Candidate], layer: Layer) -> tuple[Repair, ...]:
    """Return the most natural candidate that the check itself finds right, or nothing."""
    for candidate in candidates[:MOST_JUDGED]:
        if candidate.elsewhere >= LEAST_PLACES and proved(
                search.bench, candidate.part, candidate.code, search.kind, search.deadline):
            found = told(candidate.part.source, candidate.changes, _wrong(search, layer),
                         candidate.elsewhere)
            if found is not None:
                return (found,)
    return ()


def _first(layer: Layer, kind: str, others: Iterable[Layer] | None
           ) -> tuple[Place, Iterable[Layer]]:
    """Return where candidates are tried first, and what holds them then."""
    place = Place(layer, whole=True)
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
    wrong = _wrong_at(Place(place.layer))
    for args in argument_places.smaller(place.layer.args, np.random.default_rng(20)):
        with contextlib.suppress(Exception):
            small = Place(replace(place.layer, args=args))
            if small.seconds < place.seconds and _wrong_at(small) == wrong:
                return Place(small.layer, whole=True)
    return place


def _wrong_at(place: Place) -> list[bool]:
    """Return of each gradient whether it is wrong; of all where backward raises."""
    return [not far <= 1.0 for far in place.distances_now()]


def _is_taken(place: Place) -> bool:
    """Whether backward as it is gives gradients of the right shapes.

    Forward may take by accident what was never meant, such as a last gate of one column.
    """
    return all(map(np.isfinite, place.distances_now()))


def _places(layer: Layer, others: Iterable[Layer], until: float, taken: bool) -> Iterator[Place]:
    """Yield the places of other layers, as far as forward takes their arguments.

    Those of sizes that were not there before are what proves an edit; others hold it, too. Where
    backward takes the first ones it has to take these; where it raises, those come first at which
    what was a multiple of another size still is.
    """
    seen, count, same = {_shapes(layer), _settings(layer)}, 0, 0
    if not taken:
        others = sorted(others, key=lambda other: not argument_places.keeps(layer.args, other.args))
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


def _of_ties(bench: Bench, deadline: float) -> tuple[Repair, ...]:
    """Return the edit with which ties share a gradient, as the check alone can judge."""
    first, *others = bench.places
    right = [place for place in others if not any(_wrong_at(place))]
    return repairs_by(
        lambda: first.layer.backward(first.dout.copy(), first.fresh_cache()),
        [lambda: not any(any(_wrong_at(place)) for place in right),
         lambda: all(passes(Place(place.layer), "layer") for place in bench.places)],
        side="backward", verified=len(others), arguments=first.layer.names, first=("share",),
        tiers=0, seconds=deadline - clock())


def _suspected(search: Search, layer: Layer) -> Iterator[Repair]:
    """Yield the lines at which some value would make every gradient right."""
    part = next((part for part in search.bench.parts if part.is_main and part.in_backward), None)
    for site in lines_of(search.suspects, MOST_SUSPECTS):
        if part is not None:
            yield only_place(part.source, site, "suspect", "some value here makes every gradient "
                             "right", _wrong(search, layer))


def _wrong(search: Search, layer: Layer) -> tuple[str, ...]:
    """Return the arguments whose gradients are wrong as it is."""
    return tuple(layer.names[position] for i, position in enumerate(layer.wrt)
                 if i not in search.base.right)
