# %% [markdown]
# # 4 A network with dropout, on digits with noisy labels
#
# You will put your layers together, train on 1000 small images of which 30 % carry a wrong label,
# and measure what dropout is worth, with error bars. Then you will look at two cases where it is
# worth nothing, or does harm.

# %% locked="setup"
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
from threadpoolctl import threadpool_limits
from toolbox import BLUE, GREEN, VERMILLION, expect, set_style

import layers
from gradcheck import check_net
from nets import load_digits
from nets.experiment import Experiment, train
from nets.sweep import run_sweep, summarize
from nets.variance_shift import variance_shift

threadpool_limits(1)  # these matrices are small: threads would wait for each other
set_style()

# %% [markdown]
# ## 4.1 The network
#
# $$\{\text{affine} - \text{relu} - \text{dropout}\} \times (L - 1) - \text{affine} -
#   \text{softmax}$$
#
# Write `loss`. Without labels it returns the scores in mode `'test'`. With labels it works in mode
# `'train'` and returns the loss and a dict of gradients. The loss is softmax plus
# $\frac12 \lambda \sum_l \lVert W_l \rVert^2$, with $\lambda$ = `self.reg`, all weights and no
# biases. `self.dropout_param(l, mode)` gives you the parameters of the dropout behind layer $l$;
# use `layers.affine_relu_dropout_forward(x, w, b, dropout_param)` and its backward, which returns
# `dx, dw, db`.


# %% solution="net"
class Net:
    """A classifier with dropout; `dims` are the widths, input and scores included."""

    def __init__(self, dims, p, reg=0.0, seed=0):
        rng = np.random.default_rng(seed)
        self.layers, self.p, self.reg, self.seed = len(dims) - 1, p, reg, seed
        self.params = {}
        for i in range(1, self.layers + 1):
            self.params[f"W{i}"] = 0.3 * rng.normal(size=dims[i - 1 : i + 1])
            self.params[f"b{i}"] = 0.1 * rng.normal(size=dims[i])

    def dropout_param(self, i, mode):
        return {"p": self.p, "mode": mode, "seed": 1000 * self.seed + i}

    def loss(self, X, y=None):
        """Return the scores, or (loss, grads) where labels are given."""
        ### BEGIN SOLUTION
        mode = "test" if y is None else "train"
        W = {i: self.params[f"W{i}"] for i in range(1, self.layers + 1)}
        b = {i: self.params[f"b{i}"] for i in range(1, self.layers + 1)}
        caches, last = {}, self.layers
        for i in range(1, last):
            X, caches[i] = layers.affine_relu_dropout_forward(
                X, W[i], b[i], self.dropout_param(i, mode))
        scores, caches[last] = layers.affine_forward(X, W[last], b[last])
        if y is None:
            return scores
        loss, dout = layers.softmax_loss(scores, y)
        loss += 0.5 * self.reg * sum(np.sum(w**2) for w in W.values())
        grads = {}
        for i in range(last, 0, -1):
            backward = layers.affine_backward if i == last else layers.affine_relu_dropout_backward
            dout, grads[f"W{i}"], grads[f"b{i}"] = backward(dout, caches[i])
            grads[f"W{i}"] = grads[f"W{i}"] + self.reg * W[i]
        return loss, grads
        ### END SOLUTION


# %% test="net-scores" points=2
rng = np.random.default_rng(0)
X, y = rng.normal(size=(5, 6)), rng.integers(3, size=5)
net = Net([6, 8, 7, 3], p=0.5)
outputs = {}
for mode in ("train", "test"):
    hidden = X
    for i in (1, 2):
        hidden, _ = layers.affine_relu_dropout_forward(
            hidden, net.params[f"W{i}"], net.params[f"b{i}"], net.dropout_param(i, mode))
    outputs[mode] = hidden @ net.params["W3"] + net.params["b3"]
right = outputs["test"]
expect("net.loss(X)", net.loss(X), right, {
    "units are dropped; without labels the mode is 'test'": outputs["train"],
    "the scores have gone through a relu": np.maximum(right, 0),
    "the last bias is missing": right - net.params["b3"],
    "these are probabilities; return the scores": np.exp(right) / np.exp(right).sum(1)[:, None],
})
print("The scores are right, and nothing is dropped at test time.")

# %% test="net-loss" points=2
plain = Net([6, 8, 7, 3], p=0.0, reg=0.1)
data_loss = layers.softmax_loss(right, y)[0]
weights = sum(np.sum(plain.params[f"W{i}"] ** 2) for i in (1, 2, 3))
biases = sum(np.sum(plain.params[f"b{i}"] ** 2) for i in (1, 2, 3))
expect("the loss at p = 0", plain.loss(X, y)[0], data_loss + 0.05 * weights, {
    "the regularization is missing": data_loss,
    "the factor 1/2 of the regularization is missing": data_loss + 0.1 * weights,
    "the biases are regularized, too": data_loss + 0.05 * (weights + biases),
    "the last layer's weights are not regularized":
        data_loss + 0.05 * (weights - np.sum(plain.params["W3"] ** 2)),
})
dropped = Net([6, 8, 7, 3], p=0.5, reg=0.1).loss(X, y)[0]
assert not np.isclose(dropped, plain.loss(X, y)[0]), (
    "the loss at p = 0.5: nothing is dropped; with labels the mode is 'train'.")
print("The loss is right.")

# %% test="net-gradients" points=3
report = check_net(Net([6, 8, 7, 3], p=0.0, reg=0.1), X, y)
assert report.passed, report
### BEGIN HIDDEN TESTS
report = check_net(Net([6, 9, 3], p=0.4, reg=0.05, seed=3), X, y)
assert report.passed, report
### END HIDDEN TESTS
report = check_net(Net([6, 8, 7, 3], p=0.5, reg=0.1), X, y)
assert report.passed, report
print(report)

# %% [markdown]
# ## 4.2 Noisy labels
#
# Replace exactly `round(fraction * N)` of the labels, drawn without replacement, each by one of the
# **other** classes with equal probability. Return a new array.


# %% solution="noise"
def flip_labels(y, fraction, num_classes, rng):
    """Return y with a fraction of its labels wrong; rng is a np.random.Generator."""
    ### BEGIN SOLUTION
    noisy = y.copy()
    chosen = rng.choice(len(y), size=round(fraction * len(y)), replace=False)
    noisy[chosen] = (y[chosen] + rng.integers(1, num_classes, size=len(chosen))) % num_classes
    return noisy
    ### END SOLUTION


# %% test="noise" points=2
clean = np.random.default_rng(1).integers(10, size=5000)
before = clean.copy()
noisy = flip_labels(clean, 0.3, 10, np.random.default_rng(2))
assert noisy is not None, "flip_labels: got None, expected an array."
assert np.array_equal(clean, before), "flip_labels: it changes y; copy it first."
assert set(noisy) <= set(range(10)), f"flip_labels: labels {sorted(set(noisy))}."
wrong = int((noisy != clean).sum())
assert not 1325 <= wrong < 1400, (
    f"flip_labels: {wrong} labels are wrong, expected 1500; a random class out of all ten is the "
    "old one in a tenth of the cases.")
assert not 1240 <= wrong < 1325, (
    f"flip_labels: {wrong} labels are wrong, expected 1500; draw without replacement.")
assert wrong == 1500, f"flip_labels: {wrong} labels are wrong, expected exactly 1500."
### BEGIN HIDDEN TESTS
shifts = np.bincount((noisy - clean)[noisy != clean] % 10, minlength=10)[1:]
assert shifts.min() > 100, (
    f"flip_labels: the other classes are not equally probable; shifts by 1 to 9 occur {shifts} "
    "times.")
again = flip_labels(clean, 0.3, 10, np.random.default_rng(2))
assert np.array_equal(noisy, again), "flip_labels: it does not draw from rng."
### END HIDDEN TESTS
print("flip_labels is right.")

# %%
images, digits = load_digits()
shown = digits[:20]
flipped = flip_labels(shown, 0.3, 10, np.random.default_rng(4))
figure, axes = plt.subplots(2, 10, figsize=(9, 2.4))
for axis, image, label, true in zip(axes.flat, images, flipped, shown, strict=False):
    axis.imshow(image.reshape(8, 8), cmap="gray_r")
    axis.set_title(f"{label}" if label == true else f"{label}, not {true}", fontsize=9,
                   color="black" if label == true else VERMILLION)
    axis.axis("off")
figure.suptitle("8 × 8 pixels; the labels in colour are wrong")
plt.show()

# %% [markdown]
# ## 4.3 Training curves
#
# A network of 64-512-512-10 units, once without dropout and once with $p = 0.5$ on the hidden units
# and 0.2 on the pixels. Both see the same images, labels, first weights and minibatches. The test
# labels are the true ones.

# %%
full = Experiment("dropout", p=0.5, input_p=0.2, noise=0.3, hidden=(512, 512), epochs=50)
runs = {
    "no dropout": [train(replace(full, method="none"), seed=seed) for seed in range(3)],
    "dropout 0.5": [train(full, seed=seed) for seed in range(3)],
}
figure, axis = plt.subplots()
for (label, curves), colour in zip(runs.items(), [BLUE, VERMILLION], strict=True):
    for kind, style in [("test", "-"), ("train", "--")]:
        errors = 100 * np.array([getattr(curve, f"{kind}_error") for curve in curves])
        mean, spread = errors.mean(axis=0), errors.std(axis=0, ddof=1) / np.sqrt(len(errors))
        of = "797 test images" if kind == "test" else "1000 training images, noisy labels"
        axis.plot(mean, style, color=colour, label=f"{label}: {of}")
        axis.fill_between(range(len(mean)), mean - spread, mean + spread, color=colour, alpha=0.2)
axis.set(xlabel="epoch (passes over the training images)", ylabel="error (%)", ylim=(0, 70),
         title="Mean of 3 seeds, band: one standard error")
axis.legend(fontsize="small")
plt.show()

# %% [markdown]
# Follow the two solid lines. Without dropout the test error has its minimum early; then the network
# learns the wrong labels by heart: its training error falls far below the 30 % that are noise, and
# its test error rises. With dropout it cannot: the training error stays near 30 %.
#
# ## 4.4 Error bars
#
# One run proves nothing: another seed is another split, other flips, other weights. Report the mean
# over seeds and its standard error, $s / \sqrt{n}$, where $s$ is the standard deviation of the
# *sample*: divide by $n - 1$.


# %% solution="spread"
def mean_and_standard_error(errors):
    """Return the mean of a sequence of numbers, and the standard error of that mean."""
    ### BEGIN SOLUTION
    return np.mean(errors), np.std(errors, ddof=1) / np.sqrt(len(errors))
    ### END SOLUTION


# %% test="spread" points=2
sample = [4.0, 7.0, 5.0, 8.0]
s = np.std(sample, ddof=1)
result = mean_and_standard_error(sample)
assert result is not None, "mean_and_standard_error: got None."
assert len(result) == 2, f"mean_and_standard_error: got {result}, expected two numbers."
expect("the mean", result[0], 6.0)
expect("the standard error", result[1], s / 2, {
    "it divides by n, not n - 1": np.std(sample) / 2,
    "this is the standard deviation of one run, not of the mean": s,
    "this is the standard deviation with divisor n": np.std(sample),
    "it divides by n, not by its root": s / 4,
    "this is a variance": s**2 / 4,
})
print("mean_and_standard_error is right.")

# %% [markdown]
# ## 4.5 Error against p
#
# `run_sweep` trains every combination under every seed. Replicates share their data: seed 0 of
# $p = 0.25$ sees the images of seed 0 of $p = 0.4$. A smaller network, 64-256-256-10 units and 40
# epochs, saves your time.

# %%
small = replace(full, hidden=(256, 256), epochs=40)
ps = [0.1, 0.25, 0.4, 0.55, 0.7, 0.85]
results = run_sweep({"method": ["none", "dropout"], "p": ps}, seeds=3, base=small, progress=False)
found = {}
for result in results:
    found.setdefault(result.cell.experiment.p, []).append(100 * result.curve.final)
spreads = {p: mean_and_standard_error(errors) for p, errors in found.items()}
figure, axis = plt.subplots()
axis.errorbar(list(spreads), [mean for mean, _ in spreads.values()],
              yerr=[spread for _, spread in spreads.values()], marker="o", capsize=4,
              color=VERMILLION, label="mean of 3 seeds, bar: one standard error")
axis.set(xlabel="drop probability p of a hidden unit (p = 0: no dropout at all)",
         ylabel="test error (%)", ylim=(0, None), title="30 % of the training labels are wrong")
axis.legend()
plt.show()

# %% [markdown]
# The experiment of 4.3 with all three kinds of noise and 8 seeds takes a few minutes (mean and
# standard error):
#
#     python -m nets sweep --method none dropout gaussian dropconnect --noise 0.3 0
#
# | noise in the hidden layers | test error, 30 % of labels wrong | test error, clean labels |
# |---|---|---|
# | none | 15.9 ± 0.7 % | 2.0 ± 0.2 % |
# | dropout, p = 0.5 | 4.7 ± 0.3 % | 2.1 ± 0.2 % |
# | Gaussian of the same variance | 4.8 ± 0.3 % | 2.0 ± 0.2 % |
# | DropConnect, p = 0.5 | 5.3 ± 0.2 % | 2.5 ± 0.2 % |
#
# **On clean labels dropout gains nothing that could be detected here.** Seed by seed, the gain over
# no dropout is −0.17 ± 0.07 percentage points for dropout, about one image of 797, and
# −0.06 ± 0.10 for Gaussian noise; DropConnect, at this p, costs half a point. Do not expect dropout
# to help wherever you put it: it helps where the network would otherwise learn noise. See for
# yourself, on three seeds:

# %%
clean_runs = run_sweep({"method": ["none", "dropout"]}, seeds=3, progress=False,
                       base=replace(full, noise=0.0))
for summary in summarize(clean_runs):
    print(summary)
errors = np.array([100 * run.curve.final for run in clean_runs])
without, with_dropout = errors[:3], errors[3:]
mean, spread = mean_and_standard_error(without - with_dropout)
print(f"gain from dropout, seed by seed: {mean:.2f} ± {spread:.2f} percentage points")

# %% [markdown]
# ## 4.6 Dropout before batch normalization
#
# In 3.6 you saw that dropout raises the variance of what comes next. If that is a batchnorm, its
# running variance is the one of training mode, and at test time it divides by too much. Measure it:
# for each feature, the ratio of the running variance to the *real* one (the same images, in test
# mode), or its inverse, whichever is larger; then the mean over the features of a batchnorm. 1
# means no shift.

# %%
places = {"no dropout": "none", "dropout before\nthe last batchnorm": "before",
          "dropout after\nall batchnorms": "after"}
figure, axis = plt.subplots(figsize=(7, 3.6))
for position, placement in enumerate(places.values()):
    ratios = [variance_shift(placement, p=0.5, seed=seed).largest for seed in range(3)]
    mean, spread = mean_and_standard_error(ratios)
    axis.errorbar(position, mean, yerr=spread, marker="o", capsize=5,
                  color=[BLUE, VERMILLION, GREEN][position])
    axis.annotate(f"{mean:.3f} ± {spread:.3f}", (position, mean), xytext=(10, -4),
                  textcoords="offset points")
axis.axhline(1, color="black", linewidth=1)
axis.set(xticks=range(3), xticklabels=places, xlim=(-0.4, 2.8), ylim=(0.95, 1.45),
         ylabel="max(real / moving,\nmoving / real) variance",
         title="p = 0.5, clean labels; mean of 3 seeds, bar: one standard error")
plt.show()

# %% [markdown]
# The remedy of Li et al. (2019, arXiv:1801.05134) is the third case: put dropout behind the last
# batchnorm. With 8 seeds: `python -m nets variance-shift`.
