# %% [markdown]
# # 7 Convolution and spatial dropout
#
# A convolution slides a few small filters over an image. Its output is a feature map for each
# filter, and neighbours in a map see nearly the same pixels. You will write convolution and pooling
# with plain loops, then measure why dropping single pixels of a map is weak noise and dropping
# whole maps is strong noise, and what either does for a small net on digits with noisy labels.

# %% locked="setup"
import matplotlib.pyplot as plt
import numpy as np
from threadpoolctl import threadpool_limits
from toolbox import BLUE, GREEN, VERMILLION, expect, hold_to_laws, set_style

import layers
from gradcheck import check_layer, check_net
from gradcheck.dropout_checks import DropoutImplementation
from nets import Solver, load_digits
from nets.experiment import Experiment, noisy_digits

threadpool_limits(1)  # these matrices are small: threads would wait for each other
set_style()

# %% [markdown]
# ## 7.1 Convolution, forward
#
# With $x$ of shape (N, C, H, W), padded by `pad` zeros on all four sides, F filters $w$ of shape
# (F, C, HH, WW), and the stride $s$:
#
# $$\mathrm{out}[n, f, i, j] = b[f] + \sum_{c, k, l} w[f, c, k, l]\; x[n, c, si + k, sj + l].$$
#
# Write it with loops over $i$ and $j$, or over all four indices. There are
# $(H + 2\,\mathrm{pad} - HH)/s + 1$ rows, and columns alike; the filters are not flipped.
# `np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))` pads.


# %% solution="conv-forward"
def conv_forward(x, w, b, conv_param):
    """Return out of shape (N, F, rows, columns), and the cache."""
    stride, pad = conv_param["stride"], conv_param["pad"]
    ### BEGIN SOLUTION
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    HH, WW = w.shape[2:]
    rows, columns = [(size - length) // stride + 1
                     for size, length in zip(padded.shape[2:], (HH, WW), strict=True)]
    out = np.empty((len(x), len(w), rows, columns))
    for i in range(rows):
        for j in range(columns):
            top, left = stride * i, stride * j
            window = padded[:, :, top : top + HH, left : left + WW]
            for f in range(len(w)):
                out[:, f, i, j] = (window * w[f]).sum(axis=(1, 2, 3)) + b[f]
    return out, (padded, w, stride, pad)
    ### END SOLUTION


# %% test="conv-forward" points=3
rng = np.random.default_rng(0)
x, w, b = rng.normal(size=(2, 3, 5, 5)), rng.normal(size=(4, 3, 3, 3)), rng.normal(size=4)
conv_param = {"stride": 2, "pad": 1}
right = layers.conv_forward(x, w, b, conv_param)[0]
expect("out", conv_forward(x, w, b, conv_param)[0], right, {
    "the bias is missing": right - b[:, None, None],
    "the filters are flipped": layers.conv_forward(x, w[:, :, ::-1, ::-1], b, conv_param)[0],
    "the filters' rows and columns are exchanged":
        layers.conv_forward(x, w.swapaxes(2, 3), b, conv_param)[0],
})
### BEGIN HIDDEN TESTS
for shape, filters, other in [((1, 2, 6, 4), (3, 2, 2, 2), {"stride": 2, "pad": 0}),
                              ((2, 1, 4, 7), (2, 1, 3, 2), {"stride": 1, "pad": 1})]:
    image, few, bias = rng.normal(size=shape), rng.normal(size=filters), np.zeros(filters[0])
    expect(f"out for images {shape}, filters {filters}, {other}",
           conv_forward(image, few, bias, other)[0],
           layers.conv_forward(image, few, bias, other)[0])
### END HIDDEN TESTS
print("conv_forward is right.")

# %%
images, digits = load_digits()
filters = {"vertical edges": [[-1, 0, 1]] * 3, "horizontal edges": np.transpose([[-1, 0, 1]] * 3),
           "mean of nine": np.full((3, 3), 1 / 9)}
bank = np.array(list(filters.values()), float)[:, None]
figure, axes = plt.subplots(2, 4, figsize=(7, 3.8))
for row, number in zip(axes, (0, 4), strict=True):
    image = images[number].reshape(1, 1, 8, 8)
    maps, _ = conv_forward(image, bank, np.zeros(3), {"stride": 1, "pad": 1})
    for axis, shown, name in zip(row, [image[0, 0], *maps[0]], ["image", *filters], strict=True):
        axis.imshow(shown, cmap="gray_r" if name == "image" else "cividis")
        axis.set_title(name, fontsize=9)
        axis.axis("off")
figure.suptitle("Three filters on two digits")
plt.show()

# %% [markdown]
# ## 7.2 Convolution, backward
#
# Turn the loop around. `out[n, f, i, j]` came from one window and one filter; so its gradient gives
# the filter a share of the window, and the window a share of the filter:
#
# $$\mathrm{d}w[f] \mathrel{+}= \mathrm{dout}[n, f, i, j] \cdot \mathrm{window}, \qquad
#   \mathrm{d}\,\mathrm{window} \mathrel{+}= \mathrm{dout}[n, f, i, j] \cdot w[f].$$
#
# Windows overlap, hence the $+$. What reaches the padding is cut off at the end.


# %% solution="conv-backward"
def conv_backward(dout, cache):
    """Return dx, dw, db, in the shapes of x, w, b."""
    ### BEGIN SOLUTION
    padded, w, stride, pad = cache
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    HH, WW = w.shape[2:]
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            top, left = stride * i, stride * j
            place = np.s_[:, :, top : top + HH, left : left + WW]
            for f in range(len(w)):
                share = dout[:, f, i, j][:, None, None, None]
                dw[f] += (share * padded[place]).sum(axis=0)
                dpadded[place] += share * w[f]
    height, width = padded.shape[2:]
    return (dpadded[:, :, pad : height - pad, pad : width - pad], dw, dout.sum(axis=(0, 2, 3)))
    ### END SOLUTION


# %% test="conv-backward" points=4
report = check_layer(conv_forward, conv_backward, x, w, b, conv_param)
assert report.passed, report
### BEGIN HIDDEN TESTS
overlapping = check_layer(conv_forward, conv_backward, rng.normal(size=(2, 2, 4, 5)),
                          rng.normal(size=(3, 2, 3, 2)), rng.normal(size=3),
                          {"stride": 1, "pad": 0})
assert overlapping.passed, overlapping
### END HIDDEN TESTS
print(report)

# %% [markdown]
# ## 7.3 Max pooling
#
# Keep the largest of every 2 x 2 window, windows side by side; H and W are even. In backward the
# gradient of a window goes to the pixel that was the largest, and to no other. Where two are
# equally large it goes to **one** of them: behind a relu, windows full of zeros are common.


# %% solution="pool"
def max_pool_forward(x):
    """Return out of shape (N, C, H/2, W/2), and the cache."""
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    windows = x.reshape(N, C, H // 2, 2, W // 2, 2).swapaxes(3, 4)
    flat = windows.reshape(N, C, H // 2, W // 2, 4)
    largest = flat.argmax(axis=-1)[..., None]
    return np.take_along_axis(flat, largest, axis=-1)[..., 0], (x.shape, largest)
    ### END SOLUTION


def max_pool_backward(dout, cache):
    """Return dx, in the shape of x."""
    ### BEGIN SOLUTION
    (N, C, H, W), largest = cache
    flat = np.zeros((*dout.shape, 4))
    np.put_along_axis(flat, largest, dout[..., None], axis=-1)
    return flat.reshape(N, C, H // 2, W // 2, 2, 2).swapaxes(3, 4).reshape(N, C, H, W)
    ### END SOLUTION


# %% test="pool" points=4
POOL = {"pool_height": 2, "pool_width": 2, "stride": 2}
x = rng.normal(size=(2, 3, 4, 6))
expect("out", max_pool_forward(x)[0], layers.max_pool_forward(x, POOL)[0], {
    "this is the mean of a window": layers.avg_pool_forward(x, POOL)[0],
})
report = check_layer(max_pool_forward, max_pool_backward, x)
assert report.passed, report
flat = np.zeros((1, 1, 2, 2))
dflat = max_pool_backward(np.ones((1, 1, 1, 1)), max_pool_forward(flat)[1])
assert dflat.sum() != 4, "max_pool_backward: four equal pixels all get the whole gradient."
### BEGIN HIDDEN TESTS
assert np.array_equal(np.sort(dflat.ravel()), [0, 0, 0, 1]), (
    f"max_pool_backward: at four equal pixels it gives {dflat.ravel()}, expected one 1.")
### END HIDDEN TESTS
print(report)

# %% [markdown]
# ## 7.4 Spatial dropout
#
# Dropout decides for each pixel of a map; **spatial** dropout (Tompson et al., 2015) decides once
# for each image and channel, and drops or keeps the whole map. Otherwise it is what you wrote in
# notebook 3: `param` holds `'p'`, `'mode'` and perhaps `'seed'`, kept maps are divided by $1 - p$,
# and mode `'test'` is the identity. A mask of shape (N, C, 1, 1) suffices.


# %% solution="spatial"
def spatial_dropout_forward(x, param):
    """Return out, of the shape and dtype of x (N, C, H, W), and the cache."""
    p, mode = param["p"], param["mode"]
    ### BEGIN SOLUTION
    if mode == "test":
        return x, None
    kept = np.random.default_rng(param.get("seed")).random((*x.shape[:2], 1, 1)) >= p
    mask = (kept / (1 - p)).astype(x.dtype)
    return x * mask, mask
    ### END SOLUTION


def spatial_dropout_backward(dout, cache):
    """Return dx, of the shape of dout."""
    ### BEGIN SOLUTION
    return dout if cache is None else dout * cache
    ### END SOLUTION


# %% test="spatial" points=4
x = rng.normal(size=(40, 50, 3, 3))
param = {"p": 0.3, "mode": "train", "seed": 1}
out, cache = spatial_dropout_forward(x, param)
assert out is not None, "spatial_dropout_forward: got None."
kept = (out != 0).mean(axis=(2, 3))
assert np.isin(kept, [0, 1]).all(), "spatial_dropout_forward: a map is dropped in part."
assert not (kept == kept[:1]).all(), "spatial_dropout_forward: all images lose the same maps."
assert not (kept == kept[:, :1]).all(), "spatial_dropout_forward: an image loses all maps, or none."
assert abs(kept.mean() - 0.7) < 0.06, (
    f"spatial_dropout_forward: told to drop 0.3 of the maps, it dropped {1 - kept.mean():.3f}.")
expect("the maps that are kept", out[kept == 1], x[kept == 1] / 0.7, {
    "they are not divided by 1 - p": x[kept == 1],
    "they are divided by p": x[kept == 1] / 0.3,
})
report = check_layer(spatial_dropout_forward, spatial_dropout_backward, x[:3, :4], param)
assert report.passed, report
### BEGIN HIDDEN TESTS


def each_number_a_map(function):
    """Return the function of arrays of any shape to which every number is a map of its own."""
    def flattened(x, other):
        result = function(x.reshape(1, -1, 1, 1), other)
        if isinstance(result, tuple):
            return result[0].reshape(x.shape), result[1]
        return result.reshape(x.shape)

    return flattened


hold_to_laws(DropoutImplementation(each_number_a_map(spatial_dropout_forward),
                                   each_number_a_map(spatial_dropout_backward)),
             "rate", "rate_on_every_shape", "values", "x_untouched", "p_zero_is_identity",
             "backward_uses_forward_mask", "interleaved_forwards")
still, still_cache = spatial_dropout_forward(x, {"p": 0.3, "mode": "test"})
expect("out in mode 'test'", still, x)
expect("dx in mode 'test'", spatial_dropout_backward(x, still_cache), x)
expect("two calls with one seed", spatial_dropout_forward(x, param)[0], out)
fresh = [spatial_dropout_forward(x, {"p": 0.3, "mode": "train"})[0] for _ in range(2)]
assert not np.array_equal(*fresh), "spatial_dropout_forward: without a seed the mask repeats."
assert spatial_dropout_forward(np.float32(x), param)[0].dtype == np.float32, (
    "spatial_dropout_forward: float32 goes in, another dtype comes out.")
### END HIDDEN TESTS
print("Spatial dropout is right.")

# %%
figure, axes = plt.subplots(1, 3, figsize=(9, 3.1))
maps = layers.conv_forward(images[4].reshape(1, 1, 8, 8), rng.normal(size=(16, 1, 3, 3)),
                           np.zeros(16), {"stride": 1, "pad": 1})[0]
maps = np.abs(maps) / np.abs(maps).max() + 0.2  # a dropped pixel is darker than any other
seeded = {"p": 0.3, "mode": "train", "seed": 3}
shown = {"16 feature maps of a 4": maps,
         "dropout, p = 0.3": layers.dropout_forward(maps, seeded)[0],
         "spatial dropout, p = 0.3": spatial_dropout_forward(maps, seeded)[0]}
for axis, (title, value) in zip(axes, shown.items(), strict=True):
    framed = np.pad(value[0], ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    axis.imshow(framed.reshape(4, 4, 9, 9).swapaxes(1, 2).reshape(36, 36), vmin=0, vmax=1.3)
    axis.set_title(title, fontsize=10)
    axis.axis("off")
plt.show()

# %% [markdown]
# ## 7.5 Neighbours correlate
#
# Let $h$ be a map, and let the next layer average $n$ of its pixels. Write `neighbour_correlation`:
# Pearson's correlation between a pixel and the one `distance` columns to its right, over all such
# pairs of all images, for one channel.


# %% solution="correlation"
def neighbour_correlation(maps, distance=1):
    """Return the correlation of pixels `distance` columns apart; maps has shape (N, H, W)."""
    ### BEGIN SOLUTION
    here, there = maps[:, :, :-distance], maps[:, :, distance:]
    return np.corrcoef(here.ravel(), there.ravel())[0, 1]
    ### END SOLUTION


# %% test="correlation" points=2
smooth = rng.normal(size=(30, 6, 7)).cumsum(axis=2)
for distance in (1, 2):
    here, there = smooth[:, :, :-distance].ravel(), smooth[:, :, distance:].ravel()
    below = np.corrcoef(smooth[:, :-distance].ravel(), smooth[:, distance:].ravel())[0, 1]
    covariance = np.mean((here - here.mean()) * (there - there.mean()))
    expect(f"neighbour_correlation at distance {distance}", neighbour_correlation(smooth, distance),
           np.corrcoef(here, there)[0, 1], {
               "these are rows, not columns": below,
               "this is the covariance": covariance,
               "the means are not taken off":
                   np.mean(here * there) / np.sqrt(np.mean(here**2) * np.mean(there**2)),
           })
print("neighbour_correlation is right.")

# %% [markdown]
# Dropout at $p$ multiplies by a mask of mean 1 and variance $p/(1-p)$. The mean over a window of
# $n$ pixels then has noise of the variance
#
# $$\frac{p}{1-p} \cdot \frac1n\,\overline{h^2}\ \text{ for single pixels}, \qquad
#   \frac{p}{1-p} \cdot \bigl(\overline{h}\bigr)^2\ \text{ for the whole map}.$$
#
# Masks that are drawn pixel by pixel average out; a map that is gone is gone in all of them. The
# more the pixels of a window resemble each other, the nearer is $(\overline h)^2$ to
# $\overline{h^2}$, and the nearer is the ratio of the two variances to $n$. If they were unrelated
# and of mean 0, the signal would average out as well, and the two would be the same. Write the
# measurement.


# %% solution="noise"
def relative_noise(maps, k, drop, draws=20):
    """Return the noise that is left behind average pooling of k x k, relative to the signal.

    maps has shape (N, C, H, W), and `drop(maps, param)` returns the dropped maps and a cache. Draw
    `draws` times with param = {'p': 0.3, 'mode': 'train', 'seed': 0, 1, 2, ...}; return the root
    mean square of (pooled with dropout - pooled without) over that of (pooled without).
    """
    pool = {"pool_height": k, "pool_width": k, "stride": k}
    ### BEGIN SOLUTION
    clean, _ = layers.avg_pool_forward(maps, pool)
    squares = []
    for seed in range(draws):
        dropped, _ = drop(maps, {"p": 0.3, "mode": "train", "seed": seed})
        squares.append(np.mean((layers.avg_pool_forward(dropped, pool)[0] - clean)**2))
    return np.sqrt(np.mean(squares) / np.mean(clean**2))
    ### END SOLUTION


# %% test="noise" points=3
flat = np.ones((50, 20, 8, 8))
one_pixel = np.sqrt(0.3 / 0.7)
for k in (1, 4):
    expect(f"relative_noise of dropped maps, all pixels equal, k = {k}",
           relative_noise(flat, k, layers.spatial_dropout_forward), one_pixel,
           {"this is the square; take the root": one_pixel**2}, rtol=0.03)
    expect(f"relative_noise of dropped pixels, all pixels equal, k = {k}",
           relative_noise(flat, k, layers.dropout_forward), one_pixel / k,
           {"the noise was measured before pooling": one_pixel}, rtol=0.03)
### BEGIN HIDDEN TESTS
expect("relative_noise of maps ten times as large",
       relative_noise(10 * flat, 2, layers.dropout_forward), one_pixel / 2, rtol=0.03)
### END HIDDEN TESTS
print("relative_noise is right.")

# %%
maps, _ = layers.conv_relu_forward((images[:300] / 16).reshape(-1, 1, 8, 8),
                                   rng.normal(size=(16, 1, 3, 3)) / 3, np.zeros(16),
                                   {"stride": 1, "pad": 1})
figure, (left, right_axis) = plt.subplots(1, 2, figsize=(9, 3.8))
distances = [1, 2, 3, 4]
each = np.array([[neighbour_correlation(maps[:, c], d) for d in distances] for c in range(16)])
left.plot(distances, each.T, color=BLUE, alpha=0.25)
left.plot(distances, each.mean(axis=0), "o-", color=BLUE, label="mean of 16 maps")
left.axhline(0, color="black", linewidth=1)
left.set(xlabel="distance (pixels)", ylabel="correlation of two pixels of a map", xticks=distances,
         ylim=(-0.6, 1))
left.legend()
sizes = [1, 2, 4, 8]
for label, drop, colour, style in [
        ("whole maps", spatial_dropout_forward, VERMILLION, "o-"),
        ("single pixels", layers.dropout_forward, BLUE, "s--")]:
    left_over = [100 * relative_noise(maps, k, drop) for k in sizes]
    right_axis.plot(sizes, left_over, style, color=colour, label=label)
    for k, value in list(zip(sizes, left_over, strict=True))[1:]:
        right_axis.annotate(f"{value:.0f}", (k, value), xytext=(4, 5), textcoords="offset points")
right_axis.set(xlabel="pooled over k × k pixels", ylabel="noise (% of the signal)", xticks=sizes,
               xlim=(0.5, 9), ylim=(0, 80))
right_axis.legend()
figure.suptitle("Maps of 300 digits; right: what p = 0.3 does behind average pooling")
plt.show()

# %% [markdown]
# In front of pooling both are the same noise, $\sqrt{0.3/0.7}$ or about 65 % of the signal. Behind
# it the noise of single pixels shrinks with the window, to 37 % at 2 x 2 where equal pixels would
# give 33 %; that of whole maps is all there. A convolution that follows sums over windows as well,
# so that it, too, sees a dropped pixel through its neighbours. Two things make the pixels of a
# window alike: neighbours correlate (left; these filters are random, and 3 x 3 pixels reach no
# farther than two), and behind a relu all have the same sign.
#
# ## 7.6 A net
#
# $$\text{conv} - \text{relu} - \textbf{drop} - \text{conv} - \text{relu} - \text{pool} -
#   \text{affine}$$
#
# `self.drop` is a pair (forward, backward): your spatial dropout, or dropout of single
# pixels. Write `loss`, with `layers.conv_relu_forward(x, w, b, self.conv_param)`,
# `layers.conv_relu_pool_forward(x, w, b, self.conv_param, self.pool_param)`,
# `layers.affine_forward(x, w, b)`, their backwards (each returns `dx, dw, db`) and
# `layers.softmax_loss(scores, y)`, which returns `loss, dscores`. `self.param(mode)` is what `drop`
# takes. Without labels: the scores, mode `'test'`.


# %% solution="net"
class ConvNet:
    """A small classifier of images (N, 1, 8, 8), with dropout of the first feature maps."""

    def __init__(self, drop, p, filters=8, seed=0, fresh=True, dtype=np.float32):
        self.conv_param, self.pool_param = {"stride": 1, "pad": 1}, POOL
        rng, F = np.random.default_rng(seed), filters
        shapes = {"W1": (F, 1, 3, 3), "W2": (2 * F, F, 3, 3), "W3": (32 * F, 10)}
        rows = {"W1": 9, "W2": 9 * F, "W3": 32 * F}
        self.params = {name: rng.normal(size=shape) * np.sqrt(2 / rows[name])
                       for name, shape in shapes.items()}
        self.params |= {"b1": np.zeros(F), "b2": np.zeros(2 * F), "b3": np.zeros(10)}
        self.params = {name: value.astype(dtype) for name, value in self.params.items()}
        self.drop, self.p, self.rng, self.fresh, self.dtype = drop, p, rng, fresh, dtype

    def param(self, mode):
        seed = int(self.rng.integers(2**32)) if self.fresh and mode == "train" else 1
        return {"p": self.p, "mode": mode, "seed": seed}

    def loss(self, X, y=None):
        """Return the scores, or (loss, grads) where labels are given."""
        W, X = self.params, X.astype(self.dtype)
        forward, backward = self.drop
        ### BEGIN SOLUTION
        maps, cache1 = layers.conv_relu_forward(X, W["W1"], W["b1"], self.conv_param)
        maps, drop_cache = forward(maps, self.param("test" if y is None else "train"))
        pooled, cache2 = layers.conv_relu_pool_forward(maps, W["W2"], W["b2"], self.conv_param,
                                                       self.pool_param)
        scores, cache3 = layers.affine_forward(pooled, W["W3"], W["b3"])
        if y is None:
            return scores
        loss, dout = layers.softmax_loss(scores, y)
        grads = {}
        dout, grads["W3"], grads["b3"] = layers.affine_backward(dout, cache3)
        dout, grads["W2"], grads["b2"] = layers.conv_relu_pool_backward(dout, cache2)
        dout = backward(dout, drop_cache)
        _, grads["W1"], grads["b1"] = layers.conv_relu_backward(dout, cache1)
        return loss, grads
        ### END SOLUTION


# %% test="net" points=4
spatial = spatial_dropout_forward, spatial_dropout_backward
pixels = layers.dropout_forward, layers.dropout_backward
X, y = rng.normal(size=(4, 1, 8, 8)), rng.integers(10, size=4)
net = ConvNet(spatial, 0.5, filters=3, fresh=False, dtype=np.float64)
plain = ConvNet(spatial, 0.0, filters=3, fresh=False, dtype=np.float64)
assert net.loss(X) is not None, "net.loss(X): got None."
expect("the scores do not depend on p", net.loss(X), plain.loss(X))
assert not np.isclose(net.loss(X, y)[0], plain.loss(X, y)[0]), (
    "the loss at p = 0.5: nothing is dropped; with labels the mode is 'train'.")
expect("the loss at p = 0", plain.loss(X, y)[0], layers.softmax_loss(plain.loss(X), y)[0])
report = check_net(net, X, y)
assert report.passed, report
### BEGIN HIDDEN TESTS
other = check_net(ConvNet(pixels, 0.3, filters=2, seed=4, fresh=False, dtype=np.float64), X, y)
assert other.passed, other
### END HIDDEN TESTS
print(report)

# %% [markdown]
# ## 7.7 Digits with noisy labels
#
# 1000 digits, 30 % with a wrong label; $p = 0.5$ on the first maps, or no dropout.

# %%
EPOCHS, SEEDS = 25, 3
kinds = {"no dropout": (pixels, 0.0, BLUE), "single pixels, p = 0.5": (pixels, 0.5, GREEN),
         "whole maps, p = 0.5": (spatial, 0.5, VERMILLION)}


def learning_curve(drop, p, seed):
    """Return the errors (%) on noisy training labels and on test images, after each epoch."""
    data = {name: value.reshape(-1, 1, 8, 8) if name.startswith("X") else value
            for name, value in noisy_digits(Experiment(noise=0.3), seed).items()}
    solver = Solver(ConvNet(drop, p, seed=seed), data, update_rule="adam",
                    optim_config={"learning_rate": 4e-3}, batch_size=50, num_epochs=EPOCHS,
                    num_train_samples=None, verbose=False, rng=np.random.default_rng(seed))
    solver.train()
    return [100 * (1 - np.array(history))
            for history in (solver.train_acc_history, solver.val_acc_history)]


curves = {kind: np.array([learning_curve(drop, p, seed) for seed in range(SEEDS)])
          for kind, (drop, p, _) in kinds.items()}

# %%
figure, axis = plt.subplots(figsize=(7, 4.4))
for kind, (_, _, colour) in kinds.items():
    mean = curves[kind].mean(axis=0)
    spread = curves[kind].std(axis=0, ddof=1) / np.sqrt(SEEDS)
    axis.plot(mean[0], "--", color=colour)
    axis.plot(mean[1], color=colour,
              label=f"{kind}: {mean[1, -1]:.1f} ± {spread[1, -1]:.1f} % at last")
    axis.fill_between(range(len(mean[1])), mean[1] - spread[1], mean[1] + spread[1], color=colour,
                      alpha=0.2)
axis.set(xlabel="epoch (passes over the training images)", ylabel="error (%)", ylim=(0, 70),
         title="Solid: test images. Dashed: training images, noisy labels.\n"
         "Mean of 3 seeds, band: one standard error")
axis.legend()
plt.show()

# %% [markdown]
# Without dropout the training error falls below the 30 % that are noise, and the test error
# rises. Both kinds of dropout hold that back. **The stronger noise is not the better one here**:
# whole maps come out no better than single pixels, and possibly worse. With 8 maps, to lose half of
# them at each step is a lot; and on 8 x 8 pixels, neighbours tell little of each other. Spatial
# dropout was made for large maps: Tompson et al. (arXiv:1411.4280) found that dropping single
# pixels of theirs made training slower and did not prevent overfitting, and that dropping whole
# maps did. Where you put it, and how much, is a thing to measure. With a hidden layer, and dropout
# there as well:
#
#     python -m nets conv
