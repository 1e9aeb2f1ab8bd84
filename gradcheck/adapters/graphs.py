"""One run of a function of tensors: torch's graph, its leaves and what was saved in it as arrays.

A Function that takes float32 alone is given float32 from its first refusal on; one that draws
starts from one state of torch's generator at every run.
"""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.adapters.peers import one_or_tuple
from gradcheck.adapters.positions import refuse_dtype
from gradcheck.arguments import Array, refuse
from gradcheck.nested import Wrapped

SEED = 123
# what the engine says of a gradient whose shape is not the argument's
MISSHAPEN = "returned an invalid gradient at index"


@dataclass
class Graph(Wrapped):
    """What forward leaves to backward.

    Attributes
    ----------
    runner : Runner
        What made it, and makes it anew for a copy.
    args : sequence
        The arguments.
    wrt : tuple of int
        The positions of those that are differentiated.
    leaves, outputs : sequence of tensor
        Where gradients come out, and where they go in.
    several : bool
        Whether the function returned a tuple.
    saved : list of ndarray
        What the Function saved, in the memory of its tensors.
    """

    runner: Runner
    args: Sequence[Any]
    wrt: tuple[int, ...]
    leaves: list[Any]
    outputs: tuple[Any, ...]
    several: bool
    saved: list[Array]
    cache: list[Array] = field(init=False)

    def __post_init__(self) -> None:
        self.cache = list(self.saved)

    def __deepcopy__(self, memo: dict[int, Any]) -> Graph:
        """Return a graph of its own: torch's cannot be copied, and a run of forward makes one."""
        return self.runner.graph(copy.deepcopy(tuple(self.args), memo), self.wrt)

    @contextlib.contextmanager
    def as_cached(self) -> Iterator[None]:
        """Have the saved tensors hold what the cache says, where somebody put another array in.

        Indices stay: a kernel that is compiled writes anywhere with another one.
        """
        changed = [(own, other, own.copy()) for own, other in
                   zip(self.saved, self.cache, strict=True) if own is not other]
        if any(own.dtype.kind in "iu" for own, _, _ in changed):
            raise TypeError("an index that was saved is not replaced")
        for own, other, _ in changed:
            np.copyto(own, other)
        try:
            yield
        finally:
            for own, _, before in changed:
                np.copyto(own, before)


@dataclass
class Runner:
    """A function of tensors, run on arrays.

    Attributes
    ----------
    torch : module
        Torch itself.
    call : callable
        The function; of a Function its ``apply``.
    own : type, optional
        The Function.
    narrow : bool
        Whether it takes float32 alone.
    draws : bool or None
        Whether it draws from torch's generator; None before its first run.
    count : int
        How many outputs it has that can be differentiated.
    """

    torch: Any
    call: Callable[..., Any]
    own: Any = None
    narrow: bool = False
    draws: bool | None = None
    count: int = 1

    @property
    def has_setup(self) -> bool:
        """Whether the Function's forward goes without ctx, which setup_context takes."""
        base = self.torch.autograd.Function
        return self.own is not None and self.own.setup_context is not base.setup_context

    def graph(self, args: Sequence[Any], wrt: tuple[int, ...]) -> Graph:
        """Run the function; in float32 where it takes nothing else."""
        try:
            return self._graph(args, wrt)
        except Exception:
            if self.narrow or not any(isinstance(arg, np.ndarray) and arg.dtype == np.float64
                                      for arg in args):
                raise
            self.narrow = True
            try:
                return self._graph(args, wrt)
            except Exception:
                self.narrow = False
            raise

    def _graph(self, args: Sequence[Any], wrt: tuple[int, ...]) -> Graph:
        leaves, given, copies = [], [], {}
        for place, arg in enumerate(args):
            tensor = self._tensor(arg)
            if place in wrt:
                leaves.append(tensor.requires_grad_())
                # a Function may write into what is no leaf
                copies[place] = tensor = self._narrowed(tensor).clone()
            elif isinstance(arg, np.ndarray):
                copies[place] = tensor = self._narrowed(tensor).clone()
            given.append(tensor)
        made = {place: (tensor.grad_fn, tensor._version) for place, tensor in copies.items()}
        outputs, several = self.called(given)
        for place, (node, version) in made.items():
            tensor = copies[place]
            if tensor._version != version and tensor.grad_fn is node:  # and did not say so
                np.copyto(args[place], array_of(tensor), casting="same_kind")
        return Graph(self, args, wrt, leaves, outputs, several, self._saved(outputs))

    def _tensor(self, arg: Any) -> Any:
        """Return an array as a tensor in its own memory, anything else as it is."""
        if not isinstance(arg, np.ndarray):
            return arg
        usual = arg.flags.writeable and all(step >= 0 for step in arg.strides)
        return self.torch.from_numpy(arg if usual else arg.copy())

    def _narrowed(self, tensor: Any) -> Any:
        wide = self.narrow and tensor.dtype == self.torch.float64
        return tensor.float() if wide else tensor

    def called(self, given: Sequence[Any]) -> tuple[tuple[Any, ...], bool]:
        """Return the outputs that can be differentiated, and whether they came in a tuple."""
        with self._drawing():
            returned = self.call(*given)
        several = isinstance(returned, tuple | list)
        found = [out for out in (returned if several else [returned])
                 if isinstance(out, self.torch.Tensor)]
        for out in found:
            refuse_dtype("output", str(out.dtype))
        floats = [out for out in found if out.is_floating_point()]
        outputs = tuple(out for out in floats if out.requires_grad) or tuple(floats)
        if not outputs:
            kind = type(returned).__name__
            refuse("function", f"a {kind} without a floating tensor as its result",
                   "a floating tensor, or a tuple of them",
                   "wrap it in a function that returns the tensors alone", TypeError)
        self.count = len(outputs)
        return outputs, several and len(outputs) > 1

    @contextlib.contextmanager
    def _drawing(self) -> Iterator[None]:
        """Have every call draw the same, where it draws."""
        generator = self.torch.default_generator
        if self.draws is False:
            yield
            return
        before = generator.get_state()
        generator.manual_seed(SEED)
        start = generator.get_state()
        try:
            yield
        finally:
            self.draws = bool(self.draws) or not self.torch.equal(start, generator.get_state())
            generator.set_state(before)

    def _saved(self, outputs: Sequence[Any]) -> list[Array]:
        """Return what a Function left in its ctx, in the memory of the tensors."""
        node = outputs[0].grad_fn
        if self.own is None or node is None:
            return []
        with contextlib.suppress(RuntimeError):
            held = [*getattr(node, "saved_tensors", ()), *vars(node).values()]
            return [value if isinstance(value, np.ndarray) else array_of(value) for value in held
                    if isinstance(value, self.torch.Tensor | np.ndarray)
                    and "complex" not in str(value.dtype) and "bfloat16" not in str(value.dtype)]
        return []

    def gradients(self, dout: Any, graph: Graph) -> Any:
        """Run backward, as often as it is asked for: one array, or a tuple of them."""
        found = self._run(dout, graph)
        return one_or_tuple([
            np.zeros(tuple(leaf.shape), array_of(leaf).dtype) if gradient is None
            else array_of(gradient).copy()
            for leaf, gradient in zip(graph.leaves, found, strict=True)])

    def _run(self, dout: Any, graph: Graph) -> Sequence[Any]:
        """Return torch's gradients, None where it has none."""
        if not any(out.requires_grad for out in graph.outputs):
            return [None] * len(graph.leaves)
        douts = [self._tensor(np.asarray(entry)).to(out.dtype) for entry, out in zip(
            dout if isinstance(dout, tuple) else (dout,), graph.outputs, strict=True)]
        with graph.as_cached(), warnings.catch_warnings():
            try:
                found: Sequence[Any] = self.torch.autograd.grad(
                    graph.outputs, graph.leaves, douts, retain_graph=True, allow_unused=True)
            except RuntimeError as error:
                if self.own is None or MISSHAPEN not in str(error):
                    raise
                found = self._misshapen(graph, douts)
        return found

    def _misshapen(self, graph: Graph, douts: Sequence[Any]) -> list[Any]:
        """Return what backward itself returns, where the engine refuses its shapes."""
        with self.torch.no_grad():
            found = self.own.backward(graph.outputs[0].grad_fn, *douts)
        every = found if isinstance(found, tuple) else (found,)
        return [every[place] for place in graph.wrt]

    def declared(self, args: Sequence[Any], wrt: tuple[int, ...]) -> tuple[int, ...]:
        """Return the positions for which backward returns a gradient at all."""
        try:
            graph = self.graph(copy.deepcopy(tuple(args)), wrt)
            found = self._run(tuple(np.ones(tuple(out.shape)) for out in graph.outputs), graph)
        except Exception:  # what it is, the check says
            return wrt
        kept = tuple(place for place, gradient in zip(wrt, found, strict=True)
                     if gradient is not None)
        return kept or wrt


def array_of(tensor: Any) -> Array:
    """Return a tensor as an array, in its own memory where that is the processor's."""
    array: Array = tensor.detach().cpu().numpy()
    return array
