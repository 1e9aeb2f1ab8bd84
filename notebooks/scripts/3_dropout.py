# %% [markdown]
# # 3 Dropout
#
# Dropout switches off each unit with probability $p$ while you train, and none at test time. It is
# ten lines of code that are easily wrong in ways no loss curve and no gradient check shows. You
# will write it, and you will write the tests that can see a wrong mask.

# %% locked="setup"
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Patch
from toolbox import BLUE, VERMILLION, expect, hold_to_laws, set_style

import layers
from gradcheck import check_layer
from gradcheck.dropout_checks import DropoutImplementation, check_dropout

set_style()

# %% [markdown]
# ## 3.1 Forward
#
# Inverted dropout, with a mask of independent Bernoulli draws that keep a unit with probability
# $1 - p$:
#
# $$\mathrm{out} = \frac{\mathrm{mask} \odot x}{1 - p} \quad\text{in mode 'train'}, \qquad
#   \mathrm{out} = x \quad\text{in mode 'test'}.$$
#
# **In this course `p` is the probability of dropping.** `param` holds `'p'`, `'mode'` and perhaps
# `'seed'`. With a seed the mask must be the same at each call, without one a new mask each time:
# `np.random.default_rng(param.get("seed"))` does both. Return the dtype of `x`.


# %% solution="dropout-forward"
def dropout_forward(x, param):
    """Return out, of the shape and dtype of x, and the cache."""
    p, mode = param["p"], param["mode"]
    ### BEGIN SOLUTION
    if mode == "test":
        return x, (p, None)
    mask = np.random.default_rng(param.get("seed")).random(x.shape) >= p
    return (x * mask / (1 - p)).astype(x.dtype), (p, mask)
    ### END SOLUTION


# %% test="dropout-train" points=3
student = DropoutImplementation(dropout_forward, lambda dout, cache: dout)
hold_to_laws(student, "runs", "rate", "values", "expectation", "dtype", "x_untouched")
### BEGIN HIDDEN TESTS
hold_to_laws(student, "p_zero_is_identity", "seed_repeats", "fresh_mask_each_call",
             "rate_on_every_shape", "axes", "count_is_binomial")
### END HIDDEN TESTS
print("dropout_forward is right in mode 'train'.")

# %% test="dropout-test" points=1
hold_to_laws(DropoutImplementation(dropout_forward, lambda dout, cache: dout), "test_mode")
print("dropout_forward is right in mode 'test'.")

# %% [markdown]
# ## 3.2 Backward
#
# The mask is a constant of the call: $\mathrm{d}x = \mathrm{mask} \odot \mathrm{dout} / (1 - p)$,
# with **the mask that forward used**. Drawing a new one is the classic mistake; recognizing it by
# `out != 0` is the subtle one, for a kept unit may be 0.


# %% solution="dropout-backward"
def dropout_backward(dout, cache):
    """Return dx, of the shape and dtype of dout."""
    ### BEGIN SOLUTION
    p, mask = cache
    return dout if mask is None else (dout * mask / (1 - p)).astype(dout.dtype)
    ### END SOLUTION


# %% test="dropout-backward" points=3
x = np.random.default_rng(0).normal(size=(6, 5))
report = check_layer(dropout_forward, dropout_backward, x, {"p": 0.3, "mode": "train", "seed": 1})
assert report.passed, report
student = DropoutImplementation(dropout_forward, dropout_backward)
hold_to_laws(student, "backward_uses_forward_mask", "test_mode_backward", "dout_untouched")
### BEGIN HIDDEN TESTS
hold_to_laws(student, "backward_where_x_is_zero", "backward_is_linear", "backward_repeats",
             "interleaved_forwards")
### END HIDDEN TESTS
print(report)

# %% [markdown]
# ## 3.3 Dropping or keeping
#
# Half of the literature, and the older libraries, call the probability of *keeping* a unit $p$.
# At 0.5 the two agree, which is why the confusion lives so long. Write the forward of such a
# library: here `param['p']` is the probability of **keeping**. One line suffices.


# %% solution="keep"
def keep_dropout_forward(x, param):
    """Return what dropout_forward returns, where param['p'] is the probability of keeping."""
    ### BEGIN SOLUTION
    return dropout_forward(x, {**param, "p": 1 - param["p"]})
    ### END SOLUTION


# %% test="keep" points=2
student = DropoutImplementation(keep_dropout_forward, dropout_backward, p_is="keep")
hold_to_laws(student, "runs", "rate", "values", "param_untouched")
print("keep_dropout_forward is right.")

# %% [markdown]
# ## 3.4 Vanilla dropout
#
# The papers of 2012 and 2014 did not scale in training. They multiplied by $1 - p$ at test time:
#
# $$\mathrm{out} = \mathrm{mask} \odot x \quad\text{in mode 'train'}, \qquad
#   \mathrm{out} = (1 - p)\, x \quad\text{in mode 'test'}.$$
#
# Write both passes. Mind backward in mode `'test'`.


# %% solution="vanilla_dropout"
def vanilla_dropout_forward(x, param):
    """Return out, of the shape and dtype of x, and the cache."""
    p, mode = param["p"], param["mode"]
    ### BEGIN SOLUTION
    if mode == "test":
        return ((1 - p) * x).astype(x.dtype), (p, None)
    mask = np.random.default_rng(param.get("seed")).random(x.shape) >= p
    return (x * mask).astype(x.dtype), (p, mask)
    ### END SOLUTION


def vanilla_dropout_backward(dout, cache):
    """Return dx, of the shape and dtype of dout."""
    ### BEGIN SOLUTION
    p, mask = cache
    return (dout * (1 - p if mask is None else mask)).astype(dout.dtype)
    ### END SOLUTION


# %% test="vanilla" points=2
student = DropoutImplementation(vanilla_dropout_forward, vanilla_dropout_backward,
                                scaling="vanilla")
hold_to_laws(student, "runs", "rate", "values", "test_mode", "backward_uses_forward_mask",
             "test_mode_backward")
print("vanilla dropout is right.")

# %% [markdown]
# ## 3.5 What a gradient check cannot see
#
# A gradient check asks one question: is backward the derivative of forward? Dropout with a wrong
# mask, used faithfully by its backward, *is* a differentiable function, only not dropout. Here are
# four such.


# %%
def variant(draw, scale=lambda p: 1 / (1 - p)):
    """Return (forward, backward) with the masks draw(rng, shape, p), times scale(p)."""
    def forward(x, param):
        if param["mode"] == "test":
            return x, None
        rng = np.random.default_rng(param.get("seed"))
        weight = (draw(rng, x.shape, param["p"]) * scale(param["p"])).astype(x.dtype)
        return x * weight, weight

    def backward(dout, weight):
        return dout if weight is None else (dout * weight).astype(dout.dtype)

    return forward, backward


def one_for_all_rows(rng, shape, p):
    return np.broadcast_to(rng.random(shape[-1:]) >= p, shape)


wrong_dropouts = {
    "p and 1 - p exchanged": variant(lambda rng, shape, p: rng.random(shape) < p),
    "no scale": variant(lambda rng, shape, p: rng.random(shape) >= p, scale=lambda p: 1.0),
    "one mask for all rows": variant(one_for_all_rows),
    "the same mask for ever": variant(
        lambda rng, shape, p: np.random.default_rng(0).random(shape) >= p),
}
print(f"{'slip':<24}{'gradient check':<16}the laws of dropout")
for slip, (forward, backward) in wrong_dropouts.items():
    verdict = check_layer(forward, backward, x, {"p": 0.3, "mode": "train", "seed": 1}).status
    results = check_dropout((forward, backward), on_fail=None)
    broken = [result.name for result in results if result.status == "failed"]
    print(f"{slip:<24}{verdict:<16}{len(broken)} broken: {', '.join(broken[:3])}")

# %% [markdown]
# All four pass the gradient check. What sees them are *laws*: statements about the mask that hold
# with certainty, or with a probability you can compute.
#
# Write one. `law_of_the_rate(forward)` shall raise `AssertionError` if `forward` does not drop the
# fraction `p` that it is told, and return silently if it does. Of $n$ independent units the dropped
# fraction has the standard deviation $\sqrt{p(1-p)/n}$; allow five of them, and a right dropout
# fails one comparison in about two million. Think about which `p` to try.


# %% solution="law"
def law_of_the_rate(forward):
    """Raise AssertionError unless forward(x, {'p': p, 'mode': 'train'}) drops the fraction p."""
    ### BEGIN SOLUTION
    n = 100_000
    for p in (0.1, 0.5, 0.8):
        out, _ = forward(np.ones(n), {"p": p, "mode": "train"})
        dropped = np.mean(out == 0)
        tolerance = 5 * np.sqrt(p * (1 - p) / n)
        assert abs(dropped - p) <= tolerance, f"told to drop {p}, it dropped {dropped:.4f}"
    ### END SOLUTION


# %% test="law" points=3
def verdict_on(forward):
    try:
        law_of_the_rate(forward)
    except NotImplementedError:
        raise
    except AssertionError:
        return "broken"
    return "kept"


np.random.seed(0)
for _ in range(20):
    assert verdict_on(layers.dropout_forward) == "kept", (
        "law_of_the_rate: it accuses a right dropout; is the tolerance five standard deviations?")
assert verdict_on(wrong_dropouts["p and 1 - p exchanged"][0]) == "broken", (
    "law_of_the_rate: a dropout with p and 1 - p exchanged passes; at p = 0.5 the two are the "
    "same, so try another p.")
### BEGIN HIDDEN TESTS
slightly_off = variant(lambda rng, shape, p: rng.random(shape) >= 0.97 * p)[0]
assert verdict_on(slightly_off) == "broken", (
    "law_of_the_rate: a dropout whose p is 3 % too small passes; take more units, 100 000 say.")
assert verdict_on(lambda x, param: (x, None)) == "broken", (
    "law_of_the_rate: a dropout that drops nothing passes.")
### END HIDDEN TESTS
print("law_of_the_rate tells right from wrong.")

# %% [markdown]
# ## 3.6 Expectation and variance
#
# Both dropouts keep the mean that the next layer sees the same in training and at test time; the
# inverted one keeps it at $x$. Neither keeps the variance. For a fixed $x$, what is the variance of
# `out` over the masks? A kept unit has the value $x / (1 - p)$ with probability $1 - p$.


# %% solution="variance"
def inverted_variance(x, p):
    """Return the variance of inverted dropout's output, over the masks."""
    ### BEGIN SOLUTION
    return x**2 * p / (1 - p)
    ### END SOLUTION


def vanilla_variance(x, p):
    """Return the variance of vanilla dropout's output, over the masks."""
    ### BEGIN SOLUTION
    return x**2 * p * (1 - p)
    ### END SOLUTION


# %% test="variance" points=2
x, p = np.array([-2.0, 0.5, 3.0]), 0.2
expect("inverted_variance", inverted_variance(x, p), x**2 * 0.25, {
    "this is the variance of vanilla dropout": x**2 * 0.16,
    "this is the variance of the mask over 1 - p; the scale counts squared": x**2 * 0.2,
    "this is the second moment; subtract the square of the mean": x**2 / 0.8,
    "x counts squared": x * 0.25,
    "p and 1 - p are exchanged": x**2 * 4,
})
expect("vanilla_variance", vanilla_variance(x, p), x**2 * 0.16, {
    "this is the variance of inverted dropout": x**2 * 0.25,
    "this is the second moment; subtract the square of the mean": x**2 * 0.8,
    "x counts squared": x * 0.16,
})
print("Both variances are right.")

# %%
draws, ps = 20_000, np.linspace(0, 0.9, 10)
ones = np.ones(draws)
kinds = {"inverted": (dropout_forward, inverted_variance, BLUE, "o"),
         "vanilla": (vanilla_dropout_forward, vanilla_variance, VERMILLION, "s")}
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8))
fine = np.linspace(0, 0.9, 200)
for name, (forward, variance, colour, marker) in kinds.items():
    outs = [forward(ones, {"p": p, "mode": "train", "seed": 7})[0] for p in ps]
    tests = [forward(ones, {"p": p, "mode": "test"})[0].mean() for p in ps]
    left.plot(ps, [out.mean() for out in outs], marker, color=colour, label=f"{name}, train")
    left.plot(ps, tests, color=colour, label=f"{name}, test")
    right.plot(ps, [out.var() for out in outs], marker, color=colour, label=f"{name}, measured")
    right.plot(fine, variance(1.0, fine), color=colour, label=f"{name}, your formula")
left.set(xlabel="drop probability p", ylabel="mean of out / x", ylim=(0, 1.2),
         title="Train and test agree in the mean ...")
right.set(xlabel="drop probability p", ylabel="variance of out / x²", yscale="log",
          ylim=(0.03, 12), title="... but not in the variance")
left.legend(loc="lower left")
right.legend(loc="upper left")
plt.show()

# %% [markdown]
# The markers lie on the lines, or one of your four functions is wrong. Look at the right-hand plot
# again when you put dropout before a batch normalization: in training batchnorm learns a variance
# that is larger than the one it meets at test time. Notebook 4 measures that.
#
# ## 3.7 Structured masks
#
# Neighbouring pixels say nearly the same; dropping them one by one takes little information away.
# Structured dropouts let several units share one decision: the mask is drawn in a smaller shape and
# broadcast. For `x` of shape $(N, C, H, W)$, or $(N, T, D)$ where there is time, say in which shape
# each of them is drawn.


# %% solution="shapes"
def mask_shape(kind, shape):
    """Return the shape in which the mask is drawn, to be broadcast to `shape`.

    kind: 'dropout' (each unit by itself), 'spatial' (whole channels, axis 1), 'locked' (one mask
    for all times, axis 1), 'stochastic depth' (whole samples, axis 0).
    """
    ### BEGIN SOLUTION
    ones = (1,) * len(shape)
    return {
        "dropout": tuple(shape),
        "spatial": (*shape[:2], *ones[2:]),
        "locked": (shape[0], 1, *shape[2:]),
        "stochastic depth": (shape[0], *ones[1:]),
    }[kind]
    ### END SOLUTION


# %% test="shapes" points=2
for kind, shape, right, slip in [
    ("dropout", (2, 3, 4, 5), (2, 3, 4, 5), "each unit has a decision of its own"),
    ("spatial", (2, 3, 4, 5), (2, 3, 1, 1), "each sample and channel has one decision"),
    ("locked", (2, 7, 5), (2, 1, 5), "all times of a sample share one decision a feature"),
    ("stochastic depth", (2, 3, 4, 5), (2, 1, 1, 1), "a sample is kept or dropped as a whole"),
]:
    got = mask_shape(kind, shape)
    assert isinstance(got, tuple), f"mask_shape: got {got!r}, expected a tuple."
    assert got == right, f"mask_shape({kind!r}, {shape}): got {got}, expected {right}; {slip}."
### BEGIN HIDDEN TESTS
assert mask_shape("spatial", (6, 2, 9)) == (6, 2, 1), (
    "mask_shape('spatial', (6, 2, 9)): a signal (N, C, L) has one axis of space, not two.")
### END HIDDEN TESTS
print("The shapes are right.")

# %%
images, sequence = np.ones((2, 4, 12, 12)), np.ones((1, 24, 48))
param = {"p": 0.3, "mode": "train", "seed": 3}
panels = {
    "dropout": layers.dropout_forward(images, param)[0],
    "spatial dropout": layers.spatial_dropout_forward(images, {**param, "seed": 5})[0],
    "DropBlock, 3 × 3": layers.dropblock_forward(images, {**param, "block_size": 3})[0],
    "stochastic depth": layers.stochastic_depth_forward(images, {**param, "seed": 2})[0],
    "dropout of a sequence": layers.dropout_forward(sequence, param)[0],
    "locked dropout": layers.locked_dropout_forward(sequence, param)[0],
}
figure, axes = plt.subplots(3, 2, figsize=(8.5, 8.5))
for axis, (title, out) in zip(axes.flat, panels.items(), strict=True):
    mask = out != 0
    if mask.ndim == 4:
        mask = mask.transpose(0, 2, 1, 3).reshape(24, 48)
        axis.set(xlabel="4 channels of 12 pixels each", ylabel="2 samples of 12 pixels")
        axis.set_xticks([12, 24, 36], [])
        axis.set_yticks([12], [])
        axis.vlines([11.5, 23.5, 35.5], -0.5, 23.5, color="black", linewidth=1)
        axis.hlines(11.5, -0.5, 47.5, color="black", linewidth=1)
    else:
        mask = mask[0]
        axis.set(xlabel="feature", ylabel="time (steps)")
    axis.imshow(mask, vmin=0, vmax=1, cmap=plt.matplotlib.colors.ListedColormap(
        [VERMILLION, "#D9E8F2"]), aspect="auto")
    axis.set_title(f"{title}: {100 * (1 - mask.mean()):.0f} % dropped")
    axis.grid(False)
figure.legend(handles=[Patch(color=VERMILLION, label="dropped"),
                       Patch(color="#D9E8F2", label="kept")], loc="outside upper right", ncols=2)
plt.show()

# %% [markdown]
# All six were told $p = 0.3$. The fewer independent decisions there are, the farther a single draw
# strays from it. DropBlock stays below $p$ also in the mean: its blocks overlap.
