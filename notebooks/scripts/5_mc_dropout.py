# %% [markdown]
# # 5 Uncertainty with MC dropout
#
# At test time dropout is switched off and the network gives one answer. Leave it on, and it gives
# another answer for every mask. How far the answers disagree tells how sure the network can be. You
# will measure that on digits as they were scanned, on rotated ones, and on images that show nothing
# at all; and you will see what averaging over masks gains, and what it does not.

# %% locked="setup"
import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import rotate
from scipy.special import softmax
from threadpoolctl import threadpool_limits
from toolbox import BLUE, GREEN, VERMILLION, expect, set_style

import layers
from nets import FullyConnectedNet, Solver, load_digits, mc_dropout
from nets.data import fit_scaling, split

threadpool_limits(1)  # these matrices are small: threads would wait for each other
set_style()

# %% [markdown]
# The network: 64-256-256-10 units, $p = 0.5$ behind each hidden layer, trained on 1000 digits with
# right labels.

# %%
rng = np.random.default_rng(0)
images, digits = load_digits()
(train_images, y_train), (test_images, y_test) = split(images / 16, digits, [1000, 797], rng)
scale = fit_scaling(train_images, "mean")
X_train, X_test = scale(train_images), scale(test_images)
net = FullyConnectedNet([256, 256], input_dim=64, dropout=0.5, weight_scale=0.1, rng=rng)
solver = Solver(net, {"X_train": X_train, "y_train": y_train, "X_val": X_test, "y_val": y_test},
                update_rule="adam", optim_config={"learning_rate": 1e-3}, batch_size=100,
                num_epochs=60, num_train_samples=None, verbose=False, rng=rng)
solver.train()
scaled = softmax(net.loss(X_test).astype(np.float64), axis=1)
print(f"test error with dropout off: {100 * np.mean(scaled.argmax(axis=1) != y_test):.1f} %")

# %% [markdown]
# ## 5.1 Masks on
#
# Write the forward pass that keeps dropout on: `samples` times, with fresh masks each time, through
# affine-relu-dropout for `W1, b1`, `W2, b2`, ..., then the last affine, then softmax. Use
# `layers.affine_relu_dropout_forward(x, w, b, {"p": p, "mode": "train", "rng": rng})` and
# `layers.affine_forward`; both return `(out, cache)`. Return probabilities of shape
# (samples, N, C), in float64.


# %% solution="samples"
def mc_probabilities(params, X, p, samples, rng):
    """Return the class probabilities under `samples` draws of the masks."""
    ### BEGIN SOLUTION
    last = len(params) // 2
    drawn = []
    for _ in range(samples):
        out = X
        for i in range(1, last):
            out, _ = layers.affine_relu_dropout_forward(
                out, params[f"W{i}"], params[f"b{i}"], {"p": p, "mode": "train", "rng": rng})
        scores, _ = layers.affine_forward(out, params[f"W{last}"], params[f"b{last}"])
        drawn.append(softmax(scores.astype(np.float64), axis=1))
    return np.array(drawn)
    ### END SOLUTION


# %% test="samples" points=4
few = X_test[:20].astype(np.float32)
still = mc_probabilities(net.params, few, 0.0, 3, np.random.default_rng(0))
right = softmax(net.loss(few).astype(np.float64), axis=1)
expect("mc_probabilities at p = 0", still, np.stack([right] * 3), {
    "these are scores; the softmax is missing": np.stack([net.loss(few)] * 3),
    "the softmax runs over the wrong axis": np.stack([softmax(net.loss(few), axis=0)] * 3),
}, rtol=1e-4, atol=1e-6)
drawn = mc_probabilities(net.params, few, 0.5, 200, np.random.default_rng(0))
assert not np.allclose(drawn[0], drawn[1]), (
    "mc_probabilities: all samples are the same; is the mode 'train', and does rng go on?")
assert np.allclose(drawn.sum(axis=2), 1), "mc_probabilities: the classes do not add up to 1."
[[one, other]] = mc_probabilities(net.params, few[[0, 0]], 0.5, 1, np.random.default_rng(0))
assert not np.allclose(one, other), (
    "mc_probabilities: two inputs of one batch share a mask.")
### BEGIN HIDDEN TESTS
reference = mc_dropout(net, few, 2000, seed=1)
drawn = mc_probabilities(net.params, few, 0.5, 2000, np.random.default_rng(2))
distance = np.abs(drawn.mean(axis=0) - reference.mean)
bound = 6 * reference.std * np.sqrt(2 / 2000) + 1e-3
assert np.all(distance < bound), (
    f"mc_probabilities: the mean is {distance.max():.3f} away from that of nets.mc_dropout; are "
    "all hidden layers dropped, with p itself and not 1 - p?")
### END HIDDEN TESTS
print("mc_probabilities is right.")

# %% [markdown]
# ## 5.2 How unsure?
#
# With the probabilities $p_{s}$ of sample $s$ and $H(q) = -\sum_c q_c \log q_c$ in nats, where
# $0 \log 0 = 0$ (`scipy.special.entr` knows that):
#
# * the **predictive entropy** $H\bigl(\frac1S \sum_s p_s\bigr)$ is the whole uncertainty, from 0 to
#   $\log C$;
# * the **mutual information** $H\bigl(\frac1S \sum_s p_s\bigr) - \frac1S \sum_s H(p_s)$ is the part
#   of it on which the masks disagree.


# %% solution="entropy"
def predictive_entropy(probabilities):
    """Return the entropy of the mean over the samples; probabilities has shape (S, N, C)."""
    ### BEGIN SOLUTION
    mean = probabilities.mean(axis=0)
    return -np.sum(mean * np.log(np.where(mean > 0, mean, 1)), axis=1)
    ### END SOLUTION


def mutual_information(probabilities):
    """Return predictive entropy less the mean entropy of the samples, of shape (N,)."""
    ### BEGIN SOLUTION
    p = probabilities
    entropies = -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=2)
    return predictive_entropy(p) - entropies.mean(axis=0)
    ### END SOLUTION


# %% test="entropy" points=4
drawn = np.random.default_rng(0).dirichlet(np.ones(4), size=(6, 3))
mean = drawn.mean(axis=0)
total = -np.sum(mean * np.log(mean), axis=1)
inner = -np.sum(drawn * np.log(drawn), axis=2).mean(axis=0)
expect("predictive_entropy", predictive_entropy(drawn), total, {
    "this is the mean of the samples' entropies, not the entropy of their mean": inner,
    "the sign is wrong": -total,
    "it is in bits; use the natural logarithm": total / np.log(2),
    "it is divided by the number of classes": total / 4,
})
expect("mutual_information", mutual_information(drawn), total - inner, {
    "the sign is wrong": inner - total,
    "this is the predictive entropy": total,
    "this is the mean entropy of the samples": inner,
})
with np.errstate(all="ignore"):
    certain = predictive_entropy(np.array([[[1.0, 0.0]], [[1.0, 0.0]]]))
expect("predictive_entropy where a probability is 0", certain, [0.0],
       {"0 log 0 gives NaN; it counts as 0": np.array([np.nan])})
### BEGIN HIDDEN TESTS
with np.errstate(all="ignore"):
    split_masks = mutual_information(np.array([[[1.0, 0.0]], [[0.0, 1.0]]]))
expect("mutual_information where two masks contradict each other", split_masks, [np.log(2)])
### END HIDDEN TESTS
print("Both measures are right.")

# %% [markdown]
# ## 5.3 Clean, rotated, noise
#
# Three kinds of images: the test images; the same turned by 30°; and images whose pixels are drawn
# from all pixels of the test images, one by one: the right amount of ink, but no digit.

# %%
squares = test_images.reshape(-1, 8, 8)


def turned(degrees):
    """Return the test images, turned about their centre, as inputs of the network."""
    pixels = rotate(squares, degrees, axes=(1, 2), reshape=False, order=1)
    return scale(pixels.reshape(-1, 64)).astype(np.float32)


noise = np.random.default_rng(1).choice(test_images.ravel(), size=test_images.shape)
kinds = {"clean": X_test.astype(np.float32), "turned by 30°": turned(30),
         "noise": scale(noise).astype(np.float32)}
found = {kind: mc_probabilities(net.params, X, 0.5, 50, np.random.default_rng(2))
         for kind, X in kinds.items()}
figure, axis = plt.subplots()
bins = np.linspace(0, np.log(10), 24)
for (kind, drawn), colour, style in zip(found.items(), [BLUE, VERMILLION, GREEN],
                                        ["-", "--", ":"], strict=True):
    entropy = predictive_entropy(drawn)
    axis.hist(entropy, bins, histtype="step", linewidth=2, color=colour, linestyle=style,
              label=f"{kind}: mean {entropy.mean():.2f}, "
              f"mutual information {mutual_information(drawn).mean():.2f} nats")
axis.axvline(np.log(10), ymax=0.7, color="black", linewidth=1)
axis.set(xlabel="predictive entropy (nats); the line is log 10, knowing nothing",
         ylabel="number of images (of 797)", title="50 masks for each image", yscale="log",
         ylim=(0.8, 5000))
axis.legend(fontsize="small", loc="upper right")
plt.show()

# %%
angles = np.arange(0, 181, 15)
mc, off, wrong = [], [], []
for angle in angles:
    X = turned(angle)
    drawn = mc_probabilities(net.params, X, 0.5, 30, np.random.default_rng(3))
    mc.append(predictive_entropy(drawn).mean())
    off.append(predictive_entropy(softmax(net.loss(X).astype(float), axis=1)[None]).mean())
    wrong.append(100 * np.mean(drawn.mean(axis=0).argmax(axis=1) != y_test))
figure, (left, right_axis) = plt.subplots(1, 2, figsize=(9, 3.6))
left.plot(angles, mc, "o-", color=VERMILLION, label="mean over 30 masks")
left.plot(angles, off, "s--", color=BLUE, label="dropout off")
left.set(xlabel="angle (degrees)", ylabel="predictive entropy (nats)", ylim=(0, None))
left.legend()
right_axis.plot(angles, wrong, "o-", color=VERMILLION, label="mean over 30 masks")
right_axis.set(xlabel="angle (degrees)", ylabel="error (%)", ylim=(0, 100))
right_axis.legend()
for axis in (left, right_axis):
    axis.set_xticks(angles[::3])
figure.suptitle("797 test images, turned")
plt.show()

# %% [markdown]
# Up to 30° the entropy warns you: it grows with the error. Then it falls, and at 90°, where nine
# answers of ten are wrong, the network is surer than on upright digits. It calls every one of them
# a 4:

# %%
print("answers at 90°, from 0 to 9:",
      np.bincount(net.loss(turned(90)).argmax(axis=1), minlength=10).tolist())
print("mean ink in the columns of the training images, left to right (1 is black):",
      train_images.reshape(-1, 8, 8).mean(axis=(0, 1)).round(2).tolist())

# %% [markdown]
# In training there was next to no ink in the left and the right column, so that the weights there
# still are what chance made them; a digit on its side has a lot of ink there, and all subnetworks
# share these weights. **MC dropout measures the disagreement of subnetworks that were
# trained on the same data. It does not know what lies outside of them.** Treat the entropy as a
# ranking of doubtful cases among inputs like those of the training, not as a probability of being
# wrong.
#
# ## 5.4 How many masks?
#
# Weight scaling, that is dropout off, is meant to approximate the average over all masks with one
# pass. Compare: the test error and the negative log-likelihood of the average over $S$ masks, as
# $S$ grows, and of weight scaling. Write the two scores first.


# %% solution="scores"
def error_percent(probabilities, y):
    """Return the percentage of rows of probabilities (N, C) whose largest entry is not y's."""
    ### BEGIN SOLUTION
    return 100 * np.mean(probabilities.argmax(axis=1) != y)
    ### END SOLUTION


def negative_log_likelihood(probabilities, y):
    """Return the mean of -log probabilities[n, y[n]], in nats."""
    ### BEGIN SOLUTION
    return -np.mean(np.log(probabilities[np.arange(len(y)), y]))
    ### END SOLUTION


# %% test="scores" points=2
p = np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.1, 0.1, 0.8], [0.5, 0.4, 0.1]])
y = np.array([0, 1, 1, 0])
expect("error_percent", error_percent(p, y), 25.0, {
    "this is the accuracy": 75.0, "this is a fraction, not a percentage": 0.25,
    "this is a number of images": 1.0,
})
picked = -np.log([0.7, 0.4, 0.1, 0.5])
expect("negative_log_likelihood", negative_log_likelihood(p, y), picked.mean(), {
    "it is the sum, not the mean": picked.sum(), "the sign is wrong": -picked.mean(),
    "it is the log of the mean probability": -np.log(np.mean([0.7, 0.4, 0.1, 0.5])),
    "it picks the most probable class, not y": -np.log([0.7, 0.4, 0.8, 0.5]).mean(),
})
print("Both scores are right.")

# %%
counts, repeats = np.array([1, 2, 5, 10, 20, 50, 100]), 8
scores = {"test error (%)": (error_percent, np.empty((repeats, len(counts)))),
          "negative log-likelihood (nats)": (negative_log_likelihood,
                                             np.empty((repeats, len(counts))))}
for repeat in range(repeats):
    drawn = mc_probabilities(net.params, kinds["clean"], 0.5, 100,
                             np.random.default_rng([4, repeat]))
    for column, count in enumerate(counts):
        mean = drawn[:count].mean(axis=0)
        for score, table in scores.values():
            table[repeat, column] = score(mean, y_test)
figure, axes = plt.subplots(1, 2, figsize=(9, 3.8))
for axis, (label, (score, table)) in zip(axes, scores.items(), strict=True):
    axis.errorbar(counts, table.mean(axis=0), yerr=table.std(axis=0, ddof=1), marker="o",
                  capsize=4, color=VERMILLION, label="mean over S masks")
    axis.axhline(score(scaled, y_test), color=BLUE, label="weight scaling (dropout off)")
    axis.set(xlabel="number of masks S", ylabel=label, xscale="log", ylim=(0, None),
             xticks=counts, xticklabels=counts)
    axis.minorticks_off()
    axis.legend()
figure.suptitle("Bars: standard deviation over 8 repetitions with other masks")
plt.show()

# %% [markdown]
# In the error, the average over masks approaches weight scaling from above and is level with it, to
# within a few images, at about 50 masks: 50 times the work for the same answers. In the likelihood
# it stays behind: the masks make the network less sure of answers that are nearly all right. What
# you pay for is the *disagreement*, which weight scaling cannot give you.
