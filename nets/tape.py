"""The tape: what each operation records, and the walk back through the records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from layers.arguments import Array, refuse

if TYPE_CHECKING:
    from nets.tensor import Tensor

_recording: ContextVar[bool] = ContextVar("recording", default=True)


@contextmanager
def no_grad() -> Iterator[None]:
    """Record nothing inside the `with` block (or, as ``@no_grad()``, inside the function).

    Examples
    --------
    >>> from nets import Tensor
    >>> x = Tensor([1.0], requires_grad=True)
    >>> with no_grad():
    ...     y = 2 * x
    >>> y.requires_grad, (2 * x).requires_grad
    (False, True)
    """
    token = _recording.set(False)
    try:
        yield
    finally:
        _recording.reset(token)


def is_recording() -> bool:
    """Return whether operations are recorded here and now: not within `no_grad`."""
    return _recording.get()


class Record:
    """One operation: its name, the pair's backward and cache, and whose gradients it returns.

    `inputs` are the floating arguments in order, None standing for a constant array.
    """

    __slots__ = ("backward", "cache", "inputs", "name", "released")

    def __init__(
        self,
        name: str,
        backward: Callable[..., Any],
        cache: Any,
        inputs: tuple[Tensor | None, ...],
    ) -> None:
        self.name, self.backward, self.cache, self.inputs = name, backward, cache, inputs
        self.released = False

    def sources(self) -> list[Tensor]:
        """Return the inputs that require a gradient, or refuse if the tape was released."""
        if self.released:
            refuse("backward", f"a result of {self.name} whose tape was released",
                   "a tape that no backward() has gone through yet",
                   "compute the result anew, or pass retain_graph=True to the first backward()",
                   RuntimeError)
        return [t for t in self.inputs if t is not None and t.requires_grad]

    def gradients(self, dout: Array) -> Iterator[tuple[Tensor, Array]]:
        """Yield each source with its gradient, in the source's shape and dtype."""
        result = self.backward(dout, self.cache)
        grads = result if isinstance(result, tuple) else (result,)
        if len(grads) != len(self.inputs):
            refuse(f"the backward of {self.name}", f"{len(grads)} gradients",
                   f"{len(self.inputs)}, one for each floating argument of its forward",
                   "return them in the order of the arguments; None for one without a gradient")
        for source, grad in zip(self.inputs, grads, strict=True):
            if source is not None and source.requires_grad and grad is not None:
                yield source, self._fitted(grad, source)

    def _fitted(self, grad: Any, source: Tensor) -> Array:
        array = np.asarray(grad, dtype=source.dtype)
        if array.shape != source.shape:
            refuse(f"the backward of {self.name}", f"a gradient of shape {array.shape}",
                   f"shape {source.shape}, that of its argument",
                   "sum over the axes along which the argument was broadcast")
        return array

    def release(self) -> None:
        """Let go of the cache and of the tensors further down the tape."""
        self.cache, self.inputs, self.released = None, (), True


def leaf_gradients(root: Tensor, seed: Array, retain_graph: bool) -> list[tuple[Tensor, Array]]:
    """Return every leaf that `root` depends on, with the gradient of (root * seed).sum()."""
    order = topological_order(root)
    flowing = {id(root): seed}
    leaves = []
    for tensor in order:
        dout = flowing.pop(id(tensor), None)
        if dout is None:  # every backward on the way here answered None
            continue
        if tensor.record is None:
            leaves.append((tensor, dout))
            continue
        for source, dx in tensor.record.gradients(dout):
            so_far = flowing.get(id(source))
            flowing[id(source)] = dx if so_far is None else so_far + dx
    if not retain_graph:
        for tensor in order:
            if tensor.record is not None:
                tensor.record.release()
    return leaves


def topological_order(root: Tensor) -> list[Tensor]:
    """Return the tensors that `root` depends on and that require a gradient, `root` first.

    A loop with its own stack: a recursion would end at Python's limit of about 1000 operations.
    """
    order: list[Tensor] = []
    seen: set[int] = set()
    stack = [(root, False)]
    while stack:
        tensor, sources_done = stack.pop()
        if sources_done:
            order.append(tensor)
        elif id(tensor) not in seen:
            seen.add(id(tensor))
            stack.append((tensor, True))
            if tensor.record is not None:
                stack.extend((source, False) for source in tensor.record.sources())
    return order[::-1]
