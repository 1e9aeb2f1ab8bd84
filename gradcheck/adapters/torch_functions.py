"""Functions of torch, its autograd Functions and its modules as (forward, backward) pairs.

Forward keeps torch's own graph for backward, which runs it as often as it is asked: what a
Function's backward does to its saved tensors, and to the gradient that it is given, is seen.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.adapters.graphs import Graph, Runner, array_of
from gradcheck.adapters.peers import Pair, peer
from gradcheck.adapters.positions import described, floating_positions, refuse_dtype
from gradcheck.arguments import Array, refuse
from gradcheck.foreign import derived_from

Function = Callable[..., Any]


def is_function_class(value: Any) -> bool:
    """Whether a value is a subclass of torch.autograd.Function; torch is not imported for that.

    >>> is_function_class(int)
    False
    """
    return derived_from(value, "torch.autograd.function", "Function")


def torch_function(function: Any, *, wrt: Sequence[int] | None = None,
                   as_declared: bool = False) -> Pair:
    """Turn a torch.autograd.Function, or a function of tensors, into (forward, backward).

    Parameters
    ----------
    function : subclass of torch.autograd.Function, or callable
        Takes tensors and other arguments; returns a tensor, or a tuple of them.
    wrt : sequence of int, optional
        Positions of the arguments to differentiate; by default the floating arrays.
    as_declared : bool
        Whether arguments for which backward returns None are left out. By default None is a
        gradient of zeros, which is what it is to torch.

    Returns
    -------
    forward, backward : callables
        For `gradcheck.check_layer`, which has then no need of its own `wrt`. Both take and return
        NumPy arrays; a function that draws draws the same at every call of forward.

    Raises
    ------
    PeerMissing
        Torch is not installed.
    TypeError
        From check_layer: an argument is complex, float16 or bfloat16.

    Notes
    -----
    All is computed in float64. A function that takes float32 alone is given that, and is held to
    what float32 resolves.

    Examples
    --------
    >>> import torch  # doctest: +SKIP
    >>> print(gradcheck.check_layer(*torch_function(torch.tanh), np.ones(3)))  # doctest: +SKIP
    """
    torch = peer("torch")
    own = is_function_class(function)
    runner = Runner(torch, function.apply if own else function, function if own else None)

    def forward(*args: Any) -> tuple[Any, Graph]:
        graph = runner.graph(args, differentiable(args))
        arrays = tuple(array_of(out).copy() for out in graph.outputs)
        return (arrays if graph.several else arrays[0]), graph

    def differentiable(args: Sequence[Any]) -> tuple[int, ...]:
        positions = floating_positions(args, names) if wrt is None else tuple(wrt)
        return runner.declared(args, positions) if as_declared else positions

    names = described(forward, function.forward if own else function,
                      int(own and not runner.has_setup))
    forward.__name__ = function.__name__ if own else forward.__name__
    forward.differentiable = differentiable  # type: ignore[attr-defined]
    forward.second = lambda args: _second(  # type: ignore[attr-defined]
        runner, forward, differentiable(args))
    return forward, runner.gradients


def _second(runner: Runner, first: Function, wrt: tuple[int, ...]) -> Pair:
    """Return the pair of a function's gradient: its arguments are the function's, then dout."""
    def gradient(*args: Any) -> Any:
        outs, _ = runner.called(args[:-runner.count])
        found = runner.torch.autograd.grad(
            outs, [args[i] for i in wrt], [dout.to(out.dtype) for dout, out in
                                           zip(args[-runner.count:], outs, strict=True)],
            create_graph=True, allow_unused=True, materialize_grads=True)
        _refuse_once(found)
        return found if len(found) > 1 else found[0]

    douts = [f"dout{i}" for i in range(runner.count)] if runner.count > 1 else ["dout"]
    forward, backward = torch_function(gradient)
    described(forward, first, more=douts)
    return forward, backward


def _refuse_once(gradients: Sequence[Any]) -> None:
    """Raise where a backward says that it cannot be differentiated itself."""
    if any(type(gradient.grad_fn).__name__ == "Error" for gradient in gradients):
        raise RuntimeError("backward is marked with @once_differentiable, so that it has no "
                           "derivative. Remedy: check it with order=1, or write it in what torch "
                           "differentiates and take the mark away")


@dataclass(frozen=True)
class ModulePair:
    """A module as a pair; it unpacks to forward and backward.

    Attributes
    ----------
    forward, backward : callable
        For `gradcheck.check_layer`.
    parameters : tuple of ndarray
        The arguments that forward takes behind the module's inputs.
    """

    forward: Function
    backward: Function
    parameters: tuple[Array, ...]

    def __iter__(self) -> Any:
        """Yield forward, then backward."""
        return iter((self.forward, self.backward))


def torch_module(module: Any) -> ModulePair:
    """Turn a torch.nn.Module into a pair whose arguments are its inputs, then its parameters.

    Parameters
    ----------
    module : torch.nn.Module
        It is not changed: the pair works on a copy in float64, whose buffers every call has anew.

    Returns
    -------
    ModulePair
        ``forward, backward = torch_module(m)``; its `parameters` are the arguments' last.

    Examples
    --------
    >>> pair = torch_module(torch.nn.Linear(4, 3))  # doctest: +SKIP
    >>> report = gradcheck.check_layer(*pair, np.ones((2, 4)), *pair.parameters)  # doctest: +SKIP
    """
    torch = peer("torch")
    if not isinstance(module, torch.nn.Module):
        refuse("module", module, "a torch.nn.Module", "pass a function to torch_function",
               TypeError)
    held = {name: value for name, value in module.named_parameters() if value.requires_grad}
    for name, value in held.items():
        refuse_dtype(name, str(value.dtype))
    work = copy.deepcopy(module).double()
    names, buffers = list(held), dict(work.named_buffers())

    def call(*args: Any) -> Any:
        inputs, given = args[:len(args) - len(names)], args[len(args) - len(names):]
        state = {name: buffer.clone() for name, buffer in buffers.items()}
        return torch.func.functional_call(
            work, {**dict(zip(names, given, strict=True)), **state}, inputs)

    forward, backward = torch_function(call)
    described(forward, module.forward, more=[_identifier(name) for name in names])
    forward.__name__ = type(module).__name__
    return ModulePair(forward, backward, tuple(
        value.detach().cpu().double().numpy().copy() for value in held.values()))


def _identifier(name: str) -> str:
    """Return a parameter's name as one of Python's: a Sequential's begins with a number."""
    plain = name.replace(".", "_")
    return plain if plain.isidentifier() else f"_{plain}"
