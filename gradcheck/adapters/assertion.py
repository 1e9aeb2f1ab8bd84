"""`assert_gradients`: the diagnosis where a test of PyTorch's calls torch.autograd.gradcheck."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcheck.adapters.peers import peer
from gradcheck.adapters.positions import refuse_dtype
from gradcheck.adapters.torch_functions import torch_function
from gradcheck.arguments import refuse

# torch's own settings, and the values with which nothing more is asked than is checked here
ALIKE = {"nondet_tol": 0.0, "check_undefined_grad": None, "check_grad_dtypes": None,
         "check_backward_ad": True, "fast_mode": None, "masked": None,
         "check_batched_grad": False, "check_batched_forward_grad": False,
         "check_forward_ad": False}


def assert_gradients(fn: Callable[..., Any], *inputs: Any, eps: float | None = None,
                     atol: float = 0.0, rtol: float = 0.0, raise_exception: bool = True,
                     order: int = 1, **settings: Any) -> bool:
    """Check the gradients of a function of tensors; raise what is wrong with them.

    The signature is that of torch.autograd.gradcheck, so that a test gets the diagnosis by
    another import. The tensors that require a gradient are differentiated.

    Parameters
    ----------
    fn : callable
        A Function, its ``apply``, a module, or a function of tensors.
    *inputs
        The arguments; one tuple of them is taken for them, as torch takes it.
    eps : float, optional
        Taken and not used: the steps are chosen, element by element.
    atol, rtol : float
        Accept a known approximation, as in `gradcheck.check_layer`. Without them an error is held
        to rounding alone, which is stricter than torch's own 1e-5 and 1e-3.
    raise_exception : bool
        Whether to raise, or to return False.
    order : {1, 2}
        With 2 also what torch.autograd.gradgradcheck looks at.
    **settings
        Torch's others. Those that ask for more than is checked here, such as
        ``check_forward_ad=True``, are refused.

    Returns
    -------
    bool
        Whether all is right.

    Raises
    ------
    GradientError
        An AssertionError with the report; of a torch.autograd.Function with the line of the slip.
    TypeError, ValueError
        An input is complex, float16 or bfloat16, or none requires a gradient.

    Examples
    --------
    >>> x = torch.randn(3, requires_grad=True)  # doctest: +SKIP
    >>> assert_gradients(torch.tanh, x)  # doctest: +SKIP
    True
    """
    from gradcheck.check import check_layer

    torch = peer("torch")
    _refuse_more(settings)
    args = inputs[0] if len(inputs) == 1 and isinstance(inputs[0], tuple | list) else inputs
    arrays, wrt = _arrays(torch, args)
    forward, backward = torch_function(_own(torch, fn), wrt=wrt)
    report = check_layer(forward, backward, *arrays, atol=atol, rtol=rtol, order=order,
                         repair="diff" if raise_exception else None, progress=False)
    if raise_exception:
        report.raise_if_failed()
    return report.status in ("passed", "warned")


def _own(torch: Any, fn: Any) -> Any:
    """Return the Function whose apply was handed in; anything else as it is."""
    owner = getattr(fn, "__self__", None)
    whole = isinstance(owner, type) and issubclass(owner, torch.autograd.Function)
    return owner if whole and getattr(fn, "__name__", "") == "apply" else fn


def _arrays(torch: Any, args: Sequence[Any]) -> tuple[list[Any], tuple[int, ...]]:
    """Return the inputs as arrays, and the positions of those that require a gradient."""
    for place, arg in enumerate(args):
        if isinstance(arg, torch.Tensor):
            refuse_dtype(f"inputs[{place}]", str(arg.dtype))
    wrt = tuple(place for place, arg in enumerate(args)
                if isinstance(arg, torch.Tensor) and arg.requires_grad)
    if not wrt:
        refuse("inputs", "no tensor that requires a gradient", "one at least",
               "make it with requires_grad=True")
    return [arg.detach().cpu().numpy().copy() if isinstance(arg, torch.Tensor) else arg
            for arg in args], wrt


def _refuse_more(settings: dict[str, Any]) -> None:
    """Refuse what is no setting of torch's, or asks for what is not checked here."""
    for name, value in settings.items():
        if name not in ALIKE:
            refuse(name, value, f"a setting of torch.autograd.gradcheck ({', '.join(ALIKE)})",
                   "leave it out", TypeError)
        if ALIKE[name] is not None and value != ALIKE[name]:
            refuse(name, value, str(ALIKE[name]),
                   "leave it out here, and keep torch.autograd.gradcheck for it")
