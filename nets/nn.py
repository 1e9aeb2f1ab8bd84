"""The modules of a network: thin objects over the functions of `layers`, on the tape of Tensor."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from layers import affine_backward, affine_forward, batchnorm_backward, batchnorm_forward
from layers.arguments import Array, integer, refuse, scalar
from nets.arguments import Rng, checked_rng
from nets.dropout_modules import AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d
from nets.module import Module, Parameter, as_tensor
from nets.ops import cross_entropy_backward, cross_entropy_forward
from nets.tensor import Tensor

__all__ = [
    "AlphaDropout", "BatchNorm1d", "CrossEntropyLoss", "Dropout", "Dropout1d", "Dropout2d",
    "Dropout3d", "Linear", "Module", "Parameter", "ReLU", "Sequential",
]


class Linear(Module):
    """x @ weight.T + bias over the last axis, by `layers.affine_forward`.

    Parameters
    ----------
    in_features, out_features : int > 0
        Length of the last axis of input and output.
    bias : bool
        Whether to add one.
    rng : np.random.Generator or RandomState, optional
        Source of the initial values; by default NumPy's global generator.
    dtype : data type
        Of the parameters. The output has the dtype of the input.

    Attributes
    ----------
    weight : Parameter, shape (out_features, in_features)
    bias : Parameter, shape (out_features,), or None
        Both drawn uniformly from +-1 / sqrt(in_features), weight first.

    References
    ----------
    LeCun, Bottou, Orr, Mueller, "Efficient BackProp" (1998), section 4.6, for the fan-in rule;
    the bound is that of torch.nn.Linear.

    Examples
    --------
    >>> linear = Linear(in_features=4, out_features=2)
    >>> linear(Tensor(np.ones((3, 4)))).shape
    (3, 2)
    """

    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: Rng = None,
        dtype: DTypeLike = np.float64,
    ) -> None:
        super().__init__()
        self.in_features = _count("in_features", in_features)
        self.out_features = _count("out_features", out_features)
        bound, draw = 1 / math.sqrt(in_features), checked_rng(rng) or np.random
        shape = (out_features, in_features)
        self.weight = Parameter(draw.uniform(-bound, bound, shape), dtype=dtype)
        self.bias = (Parameter(draw.uniform(-bound, bound, out_features), dtype=dtype)
                     if bias else None)

    def forward(self, x: Tensor) -> Tensor:
        """Return x @ weight.T + bias, shape (..., out_features)."""
        x = as_tensor("x", x)
        if x.ndim == 0 or x.shape[-1] != self.in_features:
            refuse("x", f"a tensor of shape {x.shape}", f"shape (..., {self.in_features})",
                   "make in_features the length of x's last axis, or transpose x")
        bias = np.zeros(self.out_features) if self.bias is None else self.bias
        rows = x if x.ndim == 2 else x.reshape(-1, self.in_features)
        out = Tensor.apply(affine_forward, affine_backward, rows, self.weight.T, bias)
        return out if x.ndim == 2 else out.reshape(*x.shape[:-1], self.out_features)

    def extra_repr(self) -> str:
        """Return the sizes."""
        return (f"in_features={self.in_features}, out_features={self.out_features}, "
                f"bias={self.bias is not None}")


class ReLU(Module):
    """max(0, x), by `layers.relu_forward`.

    Examples
    --------
    >>> print(ReLU()(Tensor([-1.0, 2.0])))
    Tensor([0.0, 2.0], grad=None)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return max(0, x)."""
        return as_tensor("x", x).relu()


class BatchNorm1d(Module):
    """Standardize every feature over the batch, then scale and shift: `layers.batchnorm_forward`.

    Parameters
    ----------
    num_features : int > 0
        D of an input (N, D), or C of an input (N, C, L), whose mean is over N and L.
    eps : float > 0
        Added to the variance.
    momentum : float, 0 <= momentum <= 1
        The weight of the new batch in the running averages, as in PyTorch; `layers` and cs231n
        call 1 - momentum so.
    dtype : data type
        Of the parameters and averages.

    Attributes
    ----------
    weight, bias : Parameter, shape (num_features,)
        gamma and beta, ones and zeros at first.
    running_mean, running_var : ndarray, shape (num_features,)
        The averages that test mode uses, zeros and ones at first. As in PyTorch the variance
        that is averaged is unbiased (divisor n - 1), the one that divides x is not.

    Raises
    ------
    ValueError
        On an input of another shape, or fewer than two values a feature while training.

    References
    ----------
    Ioffe, Szegedy, "Batch normalization", ICML 2015, algorithms 1 and 2.

    Examples
    --------
    >>> norm = BatchNorm1d(1)
    >>> print(norm(Tensor([[1.0], [3.0]])).data.round(3).T, norm.running_mean, norm.running_var)
    [[-1.  1.]] [0.2] [1.1]
    """

    running_mean: Array
    running_var: Array

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        *,
        dtype: DTypeLike = np.float64,
    ) -> None:
        super().__init__()
        self.num_features = _count("num_features", num_features)
        self.eps = scalar("eps", eps, "a number > 0", "1e-5 is usual", 0.0, low_open=True)
        self.momentum = scalar("momentum", momentum, "a number with 0 <= momentum <= 1",
                               "momentum is the weight of the new batch; 0.1 is usual", 0.0, 1.0)
        self.weight = Parameter(np.ones(num_features), dtype=dtype)
        self.bias = Parameter(np.zeros(num_features), dtype=dtype)
        self.register_buffer("running_mean", np.zeros(num_features, dtype))
        self.register_buffer("running_var", np.ones(num_features, dtype))

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalized x, of its shape."""
        x = as_tensor("x", x)
        if x.ndim not in (2, 3) or x.shape[1] != self.num_features:
            refuse("x", f"a tensor of shape {x.shape}",
                   f"shape (N, {self.num_features}) or (N, {self.num_features}, L)",
                   "make num_features the length of x's axis 1")
        if x.ndim == 2:
            return self._normalized(x)
        samples, features, length = x.shape
        rows = self._normalized(x.transpose(0, 2, 1).reshape(-1, features))
        return rows.reshape(samples, length, features).transpose(0, 2, 1)

    def _normalized(self, rows: Tensor) -> Tensor:
        past, count = 1 - self.momentum, len(rows)
        if self.training and count < 2:
            refuse("x", f"{count} values a feature", "two or more in training mode",
                   "pass a larger batch, or call eval(): one value has no variance")
        bn_param: dict[str, Any] = {
            "mode": "train" if self.training else "test", "eps": self.eps, "momentum": past,
            "running_mean": self.running_mean, "running_var": self.running_var,
        }
        out = Tensor.apply(batchnorm_forward, batchnorm_backward, rows, self.weight, self.bias,
                           bn_param)
        if self.training:
            self.running_mean = bn_param["running_mean"]
            old = past * self.running_var
            self.running_var = old + (bn_param["running_var"] - old) * (count / (count - 1))
        return out

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"{self.num_features}, eps={self.eps}, momentum={self.momentum}"


class Sequential(Module):
    """Modules one after another, named '0', '1', ...

    Examples
    --------
    Training with an update rule of `nets.optim`, one config a parameter:

    >>> from nets import optim
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.standard_normal((64, 2)), np.arange(64) % 2
    >>> X[y == 1] += 2
    >>> model = Sequential(Linear(2, 8, rng=rng), ReLU(), Dropout(0.2, rng=rng),
    ...                    Linear(8, 2, rng=rng))
    >>> criterion, configs = CrossEntropyLoss(), {}
    >>> for step in range(100):
    ...     loss = criterion(model(Tensor(X)), y)
    ...     model.zero_grad()
    ...     loss.backward()
    ...     for name, w in model.named_parameters():
    ...         config = configs.get(name, {"learning_rate": 0.02})
    ...         w.data, configs[name] = optim.adam(w.data, w.grad, config)
    >>> scores = model.eval()(Tensor(X))
    >>> bool((scores.data.argmax(axis=1) == y).mean() > 0.9)
    True
    """

    def __init__(self, *modules: Module) -> None:
        super().__init__()
        for i, module in enumerate(modules):
            if not isinstance(module, Module):
                refuse(f"modules[{i}]", module, "a Module",
                       "pass the modules one by one, for example Sequential(*modules)", TypeError)
            setattr(self, str(i), module)

    def forward(self, x: Any) -> Any:
        """Return the output of the last module."""
        for module in self:
            x = module(x)
        return x

    def __iter__(self) -> Iterator[Module]:
        return (module for _, module in self.named_children())

    def __len__(self) -> int:
        return len(list(self))

    def __getitem__(self, i: int) -> Module:
        return list(self)[i]


class CrossEntropyLoss(Module):
    """The mean of -log softmax(scores)[i, y[i]] over the batch, by `layers.softmax_loss`.

    Called with scores, a Tensor of shape (N, C), and y, N integer labels in 0 ... C - 1; returns
    a 0-d tensor.

    Examples
    --------
    >>> print(round(CrossEntropyLoss()(Tensor([[0.0, 0.0]]), [1]).item(), 4))
    0.6931
    """

    def forward(self, scores: Tensor, y: Any) -> Tensor:
        """Return the loss of these scores for the labels y."""
        labels = y if isinstance(y, Tensor) else np.asarray(y)
        return Tensor.apply(cross_entropy_forward, cross_entropy_backward,
                            as_tensor("scores", scores), labels)


def _count(name: str, value: object) -> int:
    count = integer(name, value, "an integer > 0", "pass the length of that axis")
    if count < 1:
        refuse(name, value, "an integer > 0", "pass the length of that axis")
    return count
