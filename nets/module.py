"""Module: an object that holds parameters and other modules, and finds them all by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from layers.arguments import Array, refuse
from nets.arguments import numbers_of
from nets.tensor import Tensor

AnyModule = TypeVar("AnyModule", bound="Module")


class Parameter(Tensor):
    """A tensor that a Module learns: assigned to an attribute, it is found by `parameters`.

    Parameters
    ----------
    data : array_like
        Initial value, of floats; copied.
    requires_grad : bool
        False freezes it.
    dtype : data type, optional
        Convert to it.

    Examples
    --------
    >>> Parameter([0.0, 1.0]).requires_grad
    True
    """

    def __init__(
        self, data: Any, requires_grad: bool = True, *, dtype: DTypeLike | None = None
    ) -> None:
        super().__init__(data, requires_grad, dtype=dtype)


class Module:
    """Base of everything with parameters: define `__init__` and `forward`, call the object.

    Attributes of type Parameter, Module, and lists and tuples of Modules are found without being
    registered; arrays that belong to the state, such as running averages, are named by
    `register_buffer`. Call ``super().__init__()`` first.

    Attributes
    ----------
    training : bool
        True at first; `train` and `eval` set it for the module and everything below.

    Examples
    --------
    >>> from nets import Tensor, nn
    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter([3.0])
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> scale = Scale()
    >>> scale(Tensor([1.0, 2.0])).backward()
    >>> scale.factor.grad
    array([3.])
    """

    training: bool

    def __init__(self) -> None:
        self._buffers: set[str] = set()
        self.training = True

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Module | Parameter) and "training" not in vars(self):
            refuse(f"{type(self).__name__}.{name}", "an assignment before Module.__init__()",
                   "an initialized Module",
                   "call super().__init__() in the first line of __init__", AttributeError)
        if isinstance(vars(self).get(name), Parameter) and not isinstance(value, Parameter | None):
            refuse(f"{type(self).__name__}.{name}", type(value).__name__, "a Parameter or None",
                   f"write {name}.data = ..., or assign Parameter(...)", TypeError)
        super().__setattr__(name, value)

    def register_buffer(self, name: str, array: Array) -> None:
        """Set an attribute that `state_dict` saves though nothing learns it by gradients."""
        setattr(self, name, np.asarray(array))
        self._buffers.add(name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return forward(*args, **kwargs)."""
        return self.forward(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; every subclass defines it."""
        raise NotImplementedError(
            f"{type(self).__name__}.forward: not defined; expected a method that computes the "
            "output. Remedy: define forward(self, x) in the class."
        )

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the modules held directly, with their attribute's name ('blocks.0' in a list)."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value
            elif isinstance(value, list | tuple):
                for i, item in enumerate(value):
                    if isinstance(item, Module):
                        yield f"{name}.{i}", item

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """Yield this module (named '') and all below it, each once, with dotted names."""
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [("", self)]
        while stack:
            prefix, module = stack.pop()
            if id(module) not in seen:
                seen.add(id(module))
                yield prefix, module
                children = [(f"{prefix}.{name}" if prefix else name, child)
                            for name, child in module.named_children()]
                stack.extend(reversed(children))

    def modules(self) -> Iterator[Module]:
        """Yield this module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def _named_state(self) -> Iterator[tuple[str, Module, str]]:
        """Yield name, owner and attribute of each parameter and buffer; what is shared, once."""
        seen: set[int] = set()
        for prefix, module in self.named_modules():
            for name, value in vars(module).items():
                is_state = isinstance(value, Parameter) or name in module._buffers
                if is_state and id(value) not in seen:
                    seen.add(id(value))
                    yield f"{prefix}.{name}" if prefix else name, module, name

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of this module and all below it, with dotted names.

        Examples
        --------
        >>> from nets import nn
        >>> [name for name, _ in nn.Sequential(nn.Linear(4, 2), nn.ReLU()).named_parameters()]
        ['0.weight', '0.bias']
        """
        for name, owner, attribute in self._named_state():
            value = vars(owner)[attribute]
            if isinstance(value, Parameter):
                yield name, value

    def parameters(self) -> Iterator[Parameter]:
        """Yield the parameters of this module and all below it; what is shared, once."""
        return (parameter for _, parameter in self.named_parameters())

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters: `.grad` is None again."""
        for parameter in self.parameters():
            parameter.grad = None

    def train(self: AnyModule, mode: bool = True) -> AnyModule:
        """Put this module and all below it into training mode (or out of it); return it."""
        if not isinstance(mode, bool | np.bool_):
            refuse("mode", mode, "True or False", "call train() or eval()", TypeError)
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self: AnyModule) -> AnyModule:
        """Put this module and all below it into test mode; return it."""
        return self.train(False)

    def state_dict(self) -> dict[str, Array]:
        """Return copies of all parameters and buffers under their dotted names.

        Examples
        --------
        >>> from nets import nn
        >>> sorted(nn.BatchNorm1d(3).state_dict())
        ['bias', 'running_mean', 'running_var', 'weight']
        """
        return {name: np.array(vars(owner)[attribute])
                for name, owner, attribute in self._named_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the arrays of `state_dict`, converted to the dtypes that are here.

        Parameters
        ----------
        state : mapping of str to array_like
            Exactly the names of `state_dict`, each of its shape; copied.

        Raises
        ------
        KeyError
            If names are missing, or not known here.
        TypeError, ValueError
            If state is no mapping, or a value has another shape. Nothing is changed then.

        Examples
        --------
        >>> from nets import nn
        >>> a, b = nn.Linear(2, 1), nn.Linear(2, 1)
        >>> b.load_state_dict(a.state_dict())
        >>> bool((a.weight.data == b.weight.data).all())
        True
        """
        if not isinstance(state, Mapping):
            refuse("state", state, "a dict of arrays", "pass module.state_dict()", TypeError)
        own = {name: (owner, attribute) for name, owner, attribute in self._named_state()}
        _check_names(set(state), set(own))
        arrays = {}
        for name, (owner, attribute) in own.items():
            here = vars(owner)[attribute]
            arrays[name] = numbers_of(f"state[{name!r}]", state[name]).astype(here.dtype)
            if arrays[name].shape != here.shape:
                refuse(f"state[{name!r}]", arrays[name], f"shape {here.shape}",
                       "load into a module that was made with the same sizes")
        for name, (owner, attribute) in own.items():
            if attribute in owner._buffers:
                setattr(owner, attribute, arrays[name])
            else:
                vars(owner)[attribute].data = arrays[name]

    def extra_repr(self) -> str:
        """Return what stands between the brackets of the repr: the settings of this module."""
        return ""

    def __repr__(self) -> str:
        children = [f"({name}): {child!r}".replace("\n", "\n  ")
                    for name, child in self.named_children()]
        lines = [line for line in (self.extra_repr(), *children) if line]
        if not children:
            return f"{type(self).__name__}({self.extra_repr()})"
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines) + "\n)"


def _check_names(given: set[str], own: set[str]) -> None:
    problems = [f"{what} {sorted(names)}" for what, names in
                (("missing", own - given), ("unexpected", given - own)) if names]
    if problems:
        raise KeyError(f"state: got {' and '.join(problems)}; expected the names {sorted(own)}. "
                       "Remedy: load into a module built like the one that was saved.")


def as_tensor(name: str, value: object) -> Tensor:
    """Return `value` if it is a Tensor; refuse it otherwise."""
    if not isinstance(value, Tensor):
        refuse(name, value, "a Tensor", f"pass Tensor({name})", TypeError)
    return value
