"""Right Functions as public code writes them: in every form that torch allows."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'maskgrad[peers]'")
Function = torch.autograd.Function
functional = torch.nn.functional


class Swish(Function):
    """Saves its input alone and computes the sigmoid again."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, grad_output):
        x, = ctx.saved_tensors
        gate = torch.sigmoid(x)
        return grad_output * gate * (1 + x * (1 - gate))


class Mish(Function):
    """x tanh(softplus(x)), with an output that is not saved."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.tanh(functional.softplus(x))

    @staticmethod
    def backward(ctx, grad_output):
        x = ctx.saved_tensors[0]
        bent = torch.tanh(functional.softplus(x))
        return grad_output * (bent + x * torch.sigmoid(x) * (1 - bent * bent))


class Linear(Function):
    """Asks which gradients are wanted, and returns None for a bias that is not there."""

    @staticmethod
    def forward(ctx, x, weight, bias=None):
        ctx.save_for_backward(x, weight, bias)
        out = x.mm(weight.t())
        return out if bias is None else out + bias.unsqueeze(0).expand_as(out)

    @staticmethod
    def backward(ctx, grad_output):
        x, weight, bias = ctx.saved_tensors
        dx = dweight = dbias = None
        if ctx.needs_input_grad[0]:
            dx = grad_output.mm(weight)
        if ctx.needs_input_grad[1]:
            dweight = grad_output.t().mm(x)
        if bias is not None and ctx.needs_input_grad[2]:
            dbias = grad_output.sum(0)
        return dx, dweight, dbias


class BroadcastBias(Function):
    """Leaves the sum over the rows to torch, which takes it."""

    @staticmethod
    def forward(ctx, x, bias):
        return x + bias

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output, grad_output


class LayerNorm(Function):
    """The whole of layer normalization, with its two parameters."""

    @staticmethod
    def forward(ctx, x, weight, bias, eps=1e-5):
        mean = x.mean(-1, keepdim=True)
        scale = torch.rsqrt(x.var(-1, unbiased=False, keepdim=True) + eps)
        normed = (x - mean) * scale
        ctx.save_for_backward(normed, scale, weight)
        return normed * weight + bias

    @staticmethod
    def backward(ctx, grad_output):
        normed, scale, weight = ctx.saved_tensors
        along = grad_output * weight
        dx = scale * (along - along.mean(-1, keepdim=True)
                      - normed * (along * normed).mean(-1, keepdim=True))
        return dx, (grad_output * normed).sum(0), grad_output.sum(0), None


class CrossEntropy(Function):
    """Of scores and whole numbers, a mean over the rows."""

    @staticmethod
    def forward(ctx, scores, labels):
        logs = torch.log_softmax(scores, dim=-1)
        ctx.save_for_backward(logs, labels)
        return -logs.gather(1, labels.unsqueeze(1)).mean()

    @staticmethod
    def backward(ctx, grad_output):
        logs, labels = ctx.saved_tensors
        dscores = torch.exp(logs)
        dscores[torch.arange(len(labels)), labels] -= 1
        return grad_output * dscores / len(labels), None


class SmoothL1(Function):
    """Of a prediction and of a target that has no gradient."""

    @staticmethod
    def forward(ctx, prediction, target, beta):
        gap = prediction - target
        ctx.beta = beta
        ctx.save_for_backward(gap)
        small = gap.abs() < beta
        return torch.where(small, 0.5 * gap ** 2 / beta, gap.abs() - 0.5 * beta).sum()

    @staticmethod
    def backward(ctx, grad_output):
        gap, = ctx.saved_tensors
        return grad_output * torch.clamp(gap / ctx.beta, -1, 1), None, None


class SortedRows(Function):
    """Returns indices beside its values, which have no gradient."""

    @staticmethod
    def forward(ctx, x):
        values, places = torch.sort(x, dim=-1)
        ctx.mark_non_differentiable(places)
        ctx.save_for_backward(places)
        return values, places

    @staticmethod
    def backward(ctx, grad_output, _):
        places, = ctx.saved_tensors
        return torch.zeros_like(grad_output).scatter_(-1, places, grad_output)


class RectifiedInPlace(Function):
    """Writes into its input, and says so."""

    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        x.clamp_(min=0)
        ctx.save_for_backward(x)
        return x

    @staticmethod
    def backward(ctx, grad_output):
        out, = ctx.saved_tensors
        dx = grad_output.clone()
        dx[out <= 0] = 0
        return dx


class Gelu(Function):
    """With setup_context, and marked as differentiable once."""

    @staticmethod
    def forward(x):
        return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0])

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad_output):
        x, = ctx.saved_tensors
        density = torch.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
        return grad_output * (0.5 * (1 + torch.erf(x / math.sqrt(2))) + x * density)


class Attention(Function):
    """Two outputs, of which both are differentiated."""

    @staticmethod
    def forward(ctx, q, k, v):
        weights = torch.tanh(q @ k.transpose(0, 1))
        ctx.save_for_backward(q, k, v, weights)
        return weights @ v, weights

    @staticmethod
    def backward(ctx, dout, dweights):
        q, k, v, weights = ctx.saved_tensors
        inner = (dout @ v.transpose(0, 1) + dweights) * (1 - weights ** 2)
        return inner @ k, inner.transpose(0, 1) @ q, weights.transpose(0, 1) @ dout


class Checkpointed(Function):
    """Runs its forward again in backward, on a graph of its own."""

    @staticmethod
    def forward(ctx, x, weight):
        ctx.save_for_backward(x, weight)
        return torch.sin(x) * weight

    @staticmethod
    def backward(ctx, grad_output):
        x, weight = (tensor.detach().requires_grad_() for tensor in ctx.saved_tensors)
        with torch.enable_grad():
            out = torch.sin(x) * weight
        return torch.autograd.grad(out, (x, weight), grad_output)


class Dropped(Function):
    """Draws a mask from torch's generator."""

    @staticmethod
    def forward(ctx, x, p):
        ctx.mask = (torch.rand_like(x) >= p).to(x.dtype) / (1 - p)
        return x * ctx.mask

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output * ctx.mask, None


class OfFloat32(Function):
    """Takes float32 alone, as kernels do."""

    @staticmethod
    def forward(ctx, x):
        assert x.dtype == torch.float32
        ctx.save_for_backward(x)
        return torch.exp(-x * x)

    @staticmethod
    def backward(ctx, grad_output):
        x, = ctx.saved_tensors
        return -2 * x * torch.exp(-x * x) * grad_output


class InFloat32(Function):
    """Computes in float32 whatever it is given."""

    @staticmethod
    def forward(ctx, x):
        single = x.float()
        ctx.save_for_backward(single)
        return torch.tanh(single).to(x.dtype)

    @staticmethod
    def backward(ctx, grad_output):
        single, = ctx.saved_tensors
        return (grad_output * (1 - torch.tanh(single) ** 2)).to(grad_output.dtype)


RIGHT = [Swish, Mish, Linear, BroadcastBias, LayerNorm, CrossEntropy, SmoothL1, SortedRows,
         RectifiedInPlace, Gelu, Attention, Checkpointed, Dropped, OfFloat32, InFloat32]


def linear_example(rng):
    return rng.normal(size=(4, 6)), rng.normal(size=(3, 6)), rng.normal(size=3)


Linear_example = linear_example


def Attention_example(rng):
    return tuple(rng.normal(size=shape) for shape in ((3, 4), (5, 4), (5, 2)))


def CrossEntropy_example(rng):
    return torch.from_numpy(rng.normal(size=(4, 3))), torch.tensor([0, 2, 1, 1])
