# %% [markdown]
# # 6 Dropout in a recurrent net
#
# A recurrent net uses the same weights at every step, and carries a state from step to step. So
# there are two questions that a feedforward net does not ask: shall each step draw a mask of its
# own, and on which way may a mask lie? You will write a step with masks, run it over a sequence,
# see what a mask does to a state that is carried on, and measure what is left on digits that are
# read row by row.

# %% locked="setup"
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
from toolbox import BLUE, GREEN, ORANGE, VERMILLION, expect, set_style

import layers
from gradcheck import check_layer
from nets.recurrent_study import DEFAULT, train_recurrent

set_style()

# %% [markdown]
# ## 6.1 One step
#
# Dropout lies on the two ways *into* the step, on the input and on the state:
#
# $$h' = \tanh\bigl((m_x \odot x)\, W_x + (m_h \odot h)\, W_h + b\bigr).$$
#
# A mask holds $0$ for a unit that is dropped and $1/(1-p)$ for one that is kept; to this layer it
# is a constant. Shapes: $x$ (N, D), $h$ (N, H), $W_x$ (D, H), $W_h$ (H, H), $b$ (H,); each mask has
# the shape of what it masks. The derivative of $\tanh a$ is $1 - \tanh^2 a$.


# %% solution="step"
def step_forward(x, h, Wx, Wh, b, mask_x, mask_h):
    """Return the next state, of shape (N, H), and the cache."""
    ### BEGIN SOLUTION
    x, h = mask_x * x, mask_h * h
    next_h = np.tanh(x @ Wx + h @ Wh + b)
    return next_h, (x, h, Wx, Wh, mask_x, mask_h, next_h)
    ### END SOLUTION


def step_backward(dnext_h, cache):
    """Return dx, dh, dWx, dWh, db."""
    ### BEGIN SOLUTION
    x, h, Wx, Wh, mask_x, mask_h, next_h = cache
    da = dnext_h * (1 - next_h**2)
    return mask_x * (da @ Wx.T), mask_h * (da @ Wh.T), x.T @ da, h.T @ da, da.sum(axis=0)
    ### END SOLUTION


# %% test="step" points=4
rng = np.random.default_rng(0)
N, D, H = 4, 3, 5
x, h = rng.normal(size=(N, D)), rng.normal(size=(N, H))
Wx, Wh, b = rng.normal(size=(D, H)), rng.normal(size=(H, H)), rng.normal(size=H)
mask_x, mask_h = 2.0 * (rng.random((N, D)) < 0.5), 2.0 * (rng.random((N, H)) < 0.5)
weights = Wx, Wh, b
got, _ = step_forward(x, h, *weights, mask_x, mask_h)
expect("next_h", got, layers.rnn_step_forward(mask_x * x, mask_h * h, *weights)[0], {
    "nothing is dropped": layers.rnn_step_forward(x, h, *weights)[0],
    "the state is not dropped": layers.rnn_step_forward(mask_x * x, h, *weights)[0],
    "the input is not dropped": layers.rnn_step_forward(x, mask_h * h, *weights)[0],
    "the mask of the state lies behind tanh":
        mask_h * layers.rnn_step_forward(mask_x * x, h, *weights)[0],
})
report = check_layer(step_forward, step_backward, x, h, *weights, mask_x, mask_h, wrt=range(5))
assert report.passed, report
### BEGIN HIDDEN TESTS
ones = np.ones((N, D)), np.ones((N, H))
right = layers.rnn_step_backward(h, layers.rnn_step_forward(x, h, *weights)[1])
mine = step_backward(h, step_forward(x, h, *weights, *ones)[1])
for name, one, other in zip(["dx", "dh", "dWx", "dWh", "db"], mine, right, strict=True):
    expect(f"{name} without dropout", one, other)
### END HIDDEN TESTS
print(report)

# %% [markdown]
# ## 6.2 A mask for each step, or one for the sequence
#
# *Per step*: every step draws anew. *Locked*, also called variational (Gal and Ghahramani, 2016):
# a sequence draws one mask and keeps it for all its steps. In both, each of the N sequences has
# masks of its own. Write the masks of a whole batch, of shape (T, N, H), with the values $0$ and
# $1/(1-p)$.


# %% solution="masks"
def draw_masks(T, N, H, p, locked, rng):
    """Return masks of shape (T, N, H); p is the probability of dropping."""
    ### BEGIN SOLUTION
    drawn = rng.random((1 if locked else T, N, H)) >= p
    return np.repeat(drawn, T, axis=0) / (1 - p) if locked else drawn / (1 - p)
    ### END SOLUTION


# %% test="masks" points=3
for locked in (False, True):
    masks = draw_masks(40, 60, 50, 0.3, locked, np.random.default_rng(0))
    which = "locked" if locked else "per step"
    assert masks is not None, "draw_masks: got None."
    assert masks.shape == (40, 60, 50), f"{which}: got shape {masks.shape}, expected (40, 60, 50)."
    values = np.unique(masks)
    assert not np.allclose(values, [0, 1]), f"{which}: the factor 1 / (1 - p) is missing."
    assert np.allclose(values, [0, 1 / 0.7]), f"{which}: got the values {values[:4]}."
    dropped = np.mean(masks == 0)
    assert abs(dropped - 0.3) < 0.05, f"{which}: told to drop 0.3, it dropped {dropped:.3f}."
    same = np.array_equal(masks[0], masks[1])
    assert same or not locked, "locked: the steps of a sequence have different masks."
    assert locked or not same, "per step: two steps have the same mask."
    assert not np.array_equal(masks[:, 0], masks[:, 1]), f"{which}: two sequences share a mask."
### BEGIN HIDDEN TESTS
    assert (masks == masks[0]).all() == locked, f"{which}: it is not so at every step."
    again = draw_masks(40, 60, 50, 0.3, locked, np.random.default_rng(0))
    assert np.array_equal(masks, again), f"{which}: it does not draw from rng."
### END HIDDEN TESTS
print("draw_masks is right.")

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True)
for axis, locked in zip(axes, (False, True), strict=True):
    masks = draw_masks(24, 1, 12, 0.5, locked, np.random.default_rng(1))
    axis.imshow(masks[:, 0].T, cmap="cividis", aspect="auto", interpolation="nearest")
    axis.set(xlabel="step")
    axis.set_title("locked" if locked else "per step")
    axis.grid(False)
axes[0].set(ylabel="unit of the state")
figure.suptitle("Masks of one sequence, p = 0.5; dark: dropped")
plt.show()

# %% [markdown]
# ## 6.3 A sequence, there and back
#
# Call your step T times. Backward goes from the last step to the first: the gradient of a state is
# what comes from outside, `dhs[:, t]`, **plus** what the next step sends back. The weights are the
# same at all steps, so their gradients add up.


# %% solution="sequence"
def sequence_forward(x, h0, Wx, Wh, b, masks_x, masks_h):
    """Return all states (N, T, H), and the cache; x is (N, T, D), masks are (T, N, D or H)."""
    ### BEGIN SOLUTION
    h, hs, caches = h0, [], []
    for t in range(x.shape[1]):
        h, cache = step_forward(x[:, t], h, Wx, Wh, b, masks_x[t], masks_h[t])
        hs.append(h)
        caches.append(cache)
    return np.stack(hs, axis=1), caches
    ### END SOLUTION


def sequence_backward(dhs, cache):
    """Return dx, dh0, dWx, dWh, db."""
    ### BEGIN SOLUTION
    dh, dx, totals = 0, [], [0, 0, 0]
    for t in reversed(range(dhs.shape[1])):
        dx_t, dh, *shares = step_backward(dhs[:, t] + dh, cache[t])
        dx.insert(0, dx_t)
        totals = [total + share for total, share in zip(totals, shares, strict=True)]
    return np.stack(dx, axis=1), dh, *totals
    ### END SOLUTION


# %% test="sequence" points=4
T = 4
xs = rng.normal(size=(N, T, D))
arguments = (xs, h, *weights)
ones = np.ones((T, N, D)), np.ones((T, N, H))
expect("the states without dropout", sequence_forward(*arguments, *ones)[0],
       layers.rnn_forward(*arguments)[0])
for locked in (False, True):
    masks = [draw_masks(T, N, size, 0.4, locked, rng) for size in (D, H)]
    report = check_layer(sequence_forward, sequence_backward, *arguments, *masks, wrt=range(5))
    assert report.passed, report
### BEGIN HIDDEN TESTS
right = layers.rnn_backward(xs @ Wx, layers.rnn_forward(*arguments)[1])
mine = sequence_backward(xs @ Wx, sequence_forward(*arguments, *ones)[1])
for name, one, other in zip(["dx", "dh0", "dWx", "dWh", "db"], mine, right, strict=True):
    expect(f"{name} of a sequence without dropout", one, other)
### END HIDDEN TESTS
print(report)

# %% [markdown]
# ## 6.4 Never on the carried state
#
# An LSTM remembers in a cell state that is carried on: $c_{t+1} = f \odot c_t + \dots$ With an open
# forget gate, $f = 1$, and no input it would keep $c_0$ for ever. Now put a mask on that way:
#
# $$c_{t+1} = m_t \odot c_t.$$
#
# Write it, and what to expect of it for masks that are drawn per step and scaled by $1/(1-p)$:
# the fraction of units that are still not 0 after $T$ steps, and the mean of $c_T^2 / c_0^2$ over
# **all** units, dropped ones included.


# %% solution="carry"
def carry(c0, masks):
    """Return c_0, c_1, ..., c_T as one array (T + 1, N, H); masks is (T, N, H)."""
    ### BEGIN SOLUTION
    states = [c0]
    for mask in masks:
        states.append(mask * states[-1])
    return np.stack(states)
    ### END SOLUTION


def surviving(p, T):
    """Return the expected fraction of units that no mask of T steps has dropped."""
    ### BEGIN SOLUTION
    return (1 - p)**T
    ### END SOLUTION


def mean_square(p, T):
    """Return the expectation of c_T^2 / c_0^2 over all units."""
    ### BEGIN SOLUTION
    return (1 - p)**-T
    ### END SOLUTION


# %% test="carry" points=4
c0, masks = np.ones((1, 3)), np.array([[[2.0, 0.0, 2.0]], [[2.0, 2.0, 0.0]]])
expect("carry", carry(c0, masks), [[[1, 1, 1]], [[2, 0, 2]], [[4, 0, 0]]], {
    "each mask meets c_0, not the state before it": [[[1, 1, 1]], [[2, 0, 2]], [[2, 2, 0]]],
})
expect("surviving(0.2, 5)", surviving(0.2, 5), 0.8**5, {
    "this is the fraction that is dropped": 1 - 0.8**5,
    "p is the probability of dropping": 0.2**5, "this is one step's": 0.8,
})
expect("mean_square(0.2, 5)", mean_square(0.2, 5), 0.8**-5, {
    "this is the square of a unit that survived; most did not": 0.8**-10,
    "the exponent's sign is wrong": 0.8**5,
    "the mean of c stays, that of its square does not": 1.0,
})
### BEGIN HIDDEN TESTS
large = np.full((1000, 100), 3.0)
last = carry(large, draw_masks(4, 1000, 100, 0.3, False, np.random.default_rng(5)))[-1]
assert abs(np.mean(last != 0) - surviving(0.3, 4)) < 0.02, "surviving: a simulation disagrees."
assert abs(np.mean(last**2) / 9 - mean_square(0.3, 4)) < 0.3, "mean_square: a simulation disagrees."
### END HIDDEN TESTS
print("carry is right, and so is what you expect of it.")

# %%
p, T = 0.3, 20
masks = {locked: draw_masks(T, 500, 100, p, locked, np.random.default_rng(2))
         for locked in (False, True)}
ways = {
    "per step": (masks[False], VERMILLION, "-"),
    "per step, not scaled": (masks[False] * (1 - p), ORANGE, "--"),
    "locked": (masks[True], BLUE, "-."),
    "no mask on the carried state": (np.ones((T, 500, 100)), GREEN, ":"),
}
figure, (left, right_axis) = plt.subplots(1, 2, figsize=(9, 3.8))
for way, (ms, colour, style) in ways.items():
    states = carry(np.ones((500, 100)), ms)
    left.plot(100 * np.mean(states != 0, axis=(1, 2)), style, color=colour, linewidth=2, label=way)
    right_axis.plot(np.sqrt(np.mean(states**2, axis=(1, 2))), style, color=colour, linewidth=2,
                    label=way)
left.set(xlabel="step", ylabel="units that are not 0 (%)", ylim=(0, 105), xticks=range(0, 21, 5))
right_axis.set(xlabel="step", ylabel="root mean square of the state (was 1)", yscale="log",
               xticks=range(0, 21, 5))
left.legend(fontsize="small", loc="center right", bbox_to_anchor=(1, 0.47))
figure.suptitle(f"A state that should stay 1, under masks on its way, p = {p}")
plt.show()

# %% [markdown]
# Per step, memory is wiped out: after 20 steps one unit in a thousand is left, and scaling makes up
# for it only in the mean, by making that unit a thousand times too large. Locked, the same units
# are dropped at all steps and the others grow by $1/(1-p)$ at each: it blows up. A mask on the
# way **into the gates** does neither: the next step reads a masked copy, and what is carried on
# stays whole. That is where your `mask_h` lies, and where `layers.lstm_forward` has it.
#
# In the plain net of 6.1 the way into tanh is the only way the state has, so the question there is
# between per step and locked alone. The LSTM below has both ways.
#
# ## 6.5 Digits, row by row
#
# An LSTM of 128 units reads an image as 8 rows of 8 pixels and names the digit after the last one;
# 500 training images, 30 % with a wrong label. $p = 0.5$ on the state's way into the gates and into
# the scores, 0.1 on the pixels. All three see the same images, labels, first weights and
# minibatches.

# %%
experiment = replace(DEFAULT, samples=500)
kinds = {"none": ("no dropout", BLUE), "step": ("a mask at every step", VERMILLION),
         "sequence": ("one mask a sequence (locked)", GREEN)}
curves = {kind: [train_recurrent(kind, seed, experiment=experiment) for seed in range(2)]
          for kind in kinds}

# %%
figure, axis = plt.subplots(figsize=(7, 4.4))
for kind, (label, colour) in kinds.items():
    for part, style in [("test", "-"), ("train", "--")]:
        errors = 100 * np.array([getattr(curve, f"{part}_error") for curve in curves[kind]])
        mean = errors.mean(axis=0)
        axis.plot(mean, style, color=colour,
                  label=f"{label}: {mean[-1]:.0f} % at last" if part == "test" else None)
        axis.fill_between(range(len(mean)), errors.min(axis=0), errors.max(axis=0), color=colour,
                          alpha=0.15)
axis.set(xlabel="epoch (passes over the training images)", ylabel="error (%)", ylim=(0, 70),
         title="Solid: test images. Dashed: training images, noisy labels.\n"
         "Mean of 2 seeds; bands: from the one to the other")
axis.legend()
plt.show()

# %% [markdown]
# Without dropout the net learns the wrong labels by heart: its training error falls far below
# the 30 % that are noise, and its test error turns upwards. Both kinds of dropout prevent that.
# **Between the two kinds, this task hardly tells**: with 1000 images and three seeds, `python -m
# nets recurrent` gives
#
# | dropout | test error |
# |---|---|
# | none | 23.4 % |
# | per step | 7.2 % |
# | locked | 6.6 % |
#
# and the last two rows differ by five of 797 test images. Eight steps are short. The case for the
# locked mask is the one of Gal and Ghahramani (arXiv:1512.05287) on long sequences, and their
# argument: with one mask the net that reads a sequence is *one* net, drawn from all subnets, at
# every step.
