"""The gradient of a gradient: what a framework's double backward gives, held to the first one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradcheck.arguments import refuse
from gradcheck.contract.validation import valid_layer
from gradcheck.report import Report
from gradcheck.run.session import Session

WHERE = "in the second order, where the gradient is the function, of its arguments and of dout"


def validate_order(order: Any, forward: Callable[..., Any]) -> None:
    """Refuse an order that is none, or a second one of a pair that has none.

    >>> validate_order(2, np.tanh)
    Traceback (most recent call last):
    TypeError: order: got 2 (int); expected 1, as forward has no second order. Remedy: ...
    """
    if isinstance(order, bool) or order not in (1, 2):
        refuse("order", order, "1 or 2", "pass 2 for the gradient of the gradient, too")
    if order == 2 and not callable(getattr(forward, "second", None)):
        refuse("order", order, "1, as forward has no second order",
               "a framework has a double backward: pass the pair that torch_function, "
               "jax_function or autograd_function of gradcheck.adapters returns", TypeError)


def second_order(forward: Callable[..., Any], args: Sequence[Any], seed: int, name: str,
                 rtol: float, atol: float) -> Iterator[tuple[str, Report]]:
    """Yield where the second order was checked, and the report of it."""
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(5)[4])
    out = forward(*args)[0]
    douts = [np.asarray(rng.standard_normal(np.shape(entry)))
             for entry in (out if isinstance(out, tuple) else (out,))]
    twice, back = getattr(forward, "second")(args)  # noqa: B009  (an adapter's forward has it)
    layer = valid_layer(twice, back, (*args, *douts), None)
    yield WHERE, Session(layer, {}, name, seed=seed, rtol=rtol, atol=atol).run(None, None, False)
