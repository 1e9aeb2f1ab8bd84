"""Functions of torch's that are wrong, each beside its right twin."""

from __future__ import annotations

import pytest

from tests.gradcheck.adapters.cases import Case, normal

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'maskgrad[peers]'")
Function = torch.autograd.Function


class InverseRoot(Function):
    """x / sqrt(1 + alpha x^2) below zero, x above it."""

    @staticmethod
    def forward(ctx, x, alpha):
        ctx.root = torch.rsqrt(1 + alpha * torch.clamp(x, max=0) ** 2)
        return x * ctx.root

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output * ctx.root ** 3, None


class InverseRootWithoutDout(InverseRoot):
    @staticmethod
    def backward(ctx, grad_output):
        return ctx.root ** 3, None


class Times(Function):
    """A constant times a tensor."""

    @staticmethod
    def forward(ctx, x, constant):
        ctx.constant = constant
        return x * constant

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output * ctx.constant, None


class TimesWithoutConstant(Times):
    @staticmethod
    def backward(ctx, grad_output):
        return grad_output, None


class RootMeanSquare(Function):
    """A row over its root mean square, times a weight."""

    @staticmethod
    def forward(ctx, x, weight):
        scale = torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-6)
        ctx.save_for_backward(x, weight, scale)
        return x * scale * weight

    @staticmethod
    def backward(ctx, grad_output):
        x, weight, scale = ctx.saved_tensors
        normed = x * scale
        along = grad_output * weight
        dx = scale * (along - normed * (along * normed).mean(-1, keepdim=True))
        return dx, (grad_output * normed).sum(0)


class RootMeanSquareFrozen(RootMeanSquare):
    @staticmethod
    def backward(ctx, grad_output):
        return RootMeanSquare.backward(ctx, grad_output)[0], None


class RootMeanSquareUncentred(RootMeanSquare):
    @staticmethod
    def backward(ctx, grad_output):
        x, weight, scale = ctx.saved_tensors
        normed = x * scale
        dx = scale * grad_output * weight
        return dx, (grad_output * normed).sum(0)


class Softmax(Function):
    """exp(x) over its sum along a row."""

    @staticmethod
    def forward(ctx, x):
        out = torch.exp(x - x.max(-1, keepdim=True).values)
        out = out / out.sum(-1, keepdim=True)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, grad_output):
        out, = ctx.saved_tensors
        return out * (grad_output - (grad_output * out).sum(-1, keepdim=True))


class SoftmaxDiagonal(Softmax):
    @staticmethod
    def backward(ctx, grad_output):
        out, = ctx.saved_tensors
        return grad_output * out * (1 - out)


class SoftmaxTwice(Softmax):
    @staticmethod
    def backward(ctx, grad_output):
        out, = ctx.saved_tensors
        return 2 * out * (grad_output - (grad_output * out).sum(-1, keepdim=True))


class Softplus(Function):
    """log(1 + exp(beta x)) / beta."""

    @staticmethod
    def forward(ctx, x, beta):
        ctx.beta = beta
        ctx.save_for_backward(x)
        return torch.log1p(torch.exp(-torch.abs(beta * x))) / beta + torch.clamp(x, min=0)

    @staticmethod
    def backward(ctx, grad_output):
        x, = ctx.saved_tensors
        return grad_output * torch.sigmoid(ctx.beta * x), None


class SoftplusOfOne(Softplus):
    @staticmethod
    def backward(ctx, grad_output):
        x, = ctx.saved_tensors
        return grad_output * torch.sigmoid(x), None


class Affine(Function):
    """x times a weight, a column each, plus a bias."""

    @staticmethod
    def forward(ctx, x, weight, bias):
        ctx.save_for_backward(x, weight)
        return x * weight + bias

    @staticmethod
    def backward(ctx, grad_output):
        x, weight = ctx.saved_tensors
        dweight = (grad_output * x).sum(0)
        dx = grad_output * weight
        return dx, dweight, grad_output.sum(0)


class AffineInPlace(Affine):
    @staticmethod
    def backward(ctx, grad_output):
        x, weight = ctx.saved_tensors
        dbias = grad_output.sum(0)
        dx = grad_output.mul_(weight)
        dweight = (grad_output * x).sum(0)
        return dx, dweight, dbias


class AffineAlongRows(Affine):
    @staticmethod
    def backward(ctx, grad_output):
        x, weight = ctx.saved_tensors
        return grad_output * weight, (grad_output * x).sum(0), grad_output.sum(1)


class AffineOneShort(Affine):
    @staticmethod
    def backward(ctx, grad_output):
        x, weight = ctx.saved_tensors
        return grad_output * weight, (grad_output * x).sum(0)


class Clipped(Function):
    """x between two bounds."""

    @staticmethod
    def forward(ctx, x, low, high):
        ctx.low, ctx.high = low, high
        ctx.save_for_backward(x)
        return torch.clamp(x, low, high)

    @staticmethod
    def backward(ctx, grad_output):
        x, = ctx.saved_tensors
        inside = (x > ctx.low) & (x < ctx.high)
        return grad_output * inside, None, None


class ClippedAbove(Clipped):
    @staticmethod
    def backward(ctx, grad_output):
        x, = ctx.saved_tensors
        inside = x < ctx.high
        return grad_output * inside, None, None


class Residual(Function):
    """tanh of a sum, and the sum itself: two outputs."""

    @staticmethod
    def forward(ctx, x, residual):
        total = x + residual
        out = torch.tanh(total)
        ctx.save_for_backward(out)
        return out, total

    @staticmethod
    def backward(ctx, dout, dtotal):
        out, = ctx.saved_tensors
        dx = dtotal + dout * (1 - out ** 2)
        return dx, dx


class ResidualTogether(Residual):
    @staticmethod
    def backward(ctx, dout, dtotal):
        out, = ctx.saved_tensors
        dx = (dtotal + dout) * (1 - out ** 2)
        return dx, dx


ISSUES = "https://github.com/{}"
CASES = [
    Case(InverseRootWithoutDout, InverseRoot, normal((4, 5), more=(1.5,)), "dout-ignored", "x",
         ISSUES.format("pytorch/pytorch/issues/4355"), "ctx.root ** 3, None"),
    Case(TimesWithoutConstant, Times, normal((4, 5), more=(2.5,)), "scaled", "x",
         ISSUES.format("zergtant/pytorch-handbook/issues/69"), "return grad_output, None"),
    Case(RootMeanSquareFrozen, RootMeanSquare, normal((4, 6), 6), "zero-gradient", "weight",
         ISSUES.format("unslothai/unsloth/issues/4533")),
    Case(RootMeanSquareUncentred, RootMeanSquare, normal((4, 6), 6), "variance-constant", "x",
         ISSUES.format("paiml/aprender/pull/2196")),
    Case(SoftmaxDiagonal, Softmax, normal((4, 5)), "diagonal-jacobian-only", "x",
         ISSUES.format("RoboticsClubIITJ/ML-DL-implementation/pull/153")),
    Case(SoftmaxTwice, Softmax, normal((4, 5)), "scaled", "x",
         ISSUES.format("markroxor/fromscratchtoml/issues/65"), "return 2 * out"),
    Case(SoftplusOfOne, Softplus, normal((4, 5), more=(3.0,)), "unexplained", "x",
         ISSUES.format("NVlabs/tiny-cuda-nn/pull/130")),
    Case(AffineInPlace, Affine, normal((4, 5), 5, 5), "dout-mutated", None,
         ISSUES.format("unslothai/unsloth/pull/4550")),
    Case(AffineAlongRows, Affine, normal((4, 5), 5, 5), "wrong-axis-sum", "bias",
         ISSUES.format("pytorch/pytorch/issues/818"), "grad_output.sum(1)"),
    Case(AffineOneShort, Affine, normal((4, 5), 5, 5), "raises", None,
         ISSUES.format("sczhou/STFAN/issues/8")),
    Case(ClippedAbove, Clipped, normal((4, 5), more=(-0.5, 0.7)), "wrong-threshold", "x",
         ISSUES.format("jiecaoyu/XNOR-Net-PyTorch/issues/43")),
    Case(ResidualTogether, Residual, normal((4, 5), (4, 5)), "unexplained", "x",
         ISSUES.format("Dao-AILab/quack/pull/53"), "dx = (dtotal + dout)"),
]
