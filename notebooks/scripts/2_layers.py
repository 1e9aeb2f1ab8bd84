# %% [markdown]
# # 2 Layers, forward and backward
#
# A layer is a pair of functions. `x_forward(...)` returns `(out, cache)`; `x_backward(dout, cache)`
# receives $\partial L/\partial \mathrm{out}$ and returns $\partial L/\partial$ of each input. You
# will write four of them and let `check_layer` tell you what is wrong, where, and why.
#
# **Rules.** Change none of your arguments. Keep in the cache whatever backward needs; what it
# contains is your own affair. Replace each `raise NotImplementedError()`.

# %% locked="setup"
import numpy as np
from toolbox import expect

from gradcheck import check_gradient, check_layer

rng = np.random.default_rng(0)

# %% [markdown]
# ## How to read a report
#
# Here is an affine layer whose backward returns `db` as a mean over the batch, where a sum belongs.
# `check_layer` compares each gradient with a numeric one whose error bound it knows, and then looks
# for the *one* mistake that explains the numbers.


# %%
def slipped_forward(x, w, b):
    return x @ w + b, (x, w)


def slipped_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.mean(axis=0)


check_layer(slipped_forward, slipped_backward, rng.normal(size=(4, 3)), rng.normal(size=(3, 2)),
            rng.normal(size=2), name="slipped affine")

# %% [markdown]
# First comes the verdict, then the finding: its code (`scaled`), the gradient, the evidence, the
# likely cause, the remedy. The table has a line for each gradient; `dx` and `dw` agree within the
# bounds, `db` does not. `gradcheck explain scaled` in a terminal shows a wrong program and its
# repair.
#
# ## 2.1 Affine
#
# $$\mathrm{out} = x_{\mathrm{flat}}\, w + b$$
#
# `x` has shape $(N, d_1, \dots, d_k)$ and is flattened to $(N, D)$ with $D = d_1 \cdots d_k$; `w`
# has shape $(D, M)$ and `b` $(M,)$. Return `dx` in the shape of `x`.


# %% solution="affine"
def affine_forward(x, w, b):
    """Return out of shape (N, M), and the cache."""
    ### BEGIN SOLUTION
    return x.reshape(len(x), -1) @ w + b, (x, w)
    ### END SOLUTION


def affine_backward(dout, cache):
    """Return dx, dw, db, in the shapes of x, w, b."""
    ### BEGIN SOLUTION
    x, w = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, dout.sum(axis=0)
    ### END SOLUTION


# %% test="affine-forward" points=2
x, w, b = np.arange(12.0).reshape(2, 2, 3), np.linspace(-1, 1, 24).reshape(6, 4), np.arange(4.0)
flat = x.reshape(2, 6)
expect("affine_forward", affine_forward(x, w, b)[0], flat @ w + b, {
    "the bias is not added": flat @ w,
    "the bias is subtracted": flat @ w - b,
})
### BEGIN HIDDEN TESTS
x = rng.normal(size=(3, 5))
w, b = rng.normal(size=(5, 2)), rng.normal(size=2)
expect("affine_forward of a 2-d x", affine_forward(x, w, b)[0], x @ w + b)
### END HIDDEN TESTS
print("affine_forward is right.")

# %% test="affine-backward" points=3
x, w, b = rng.normal(size=(4, 2, 3)), rng.normal(size=(6, 5)), rng.normal(size=5)
report = check_layer(affine_forward, affine_backward, x, w, b)
assert report.passed, report
### BEGIN HIDDEN TESTS
x, w, b = rng.normal(size=(1, 7)), rng.normal(size=(7, 3)), rng.normal(size=3)
report = check_layer(affine_forward, affine_backward, x, w, b)
assert report.passed, report
### END HIDDEN TESTS
print(report)

# %% [markdown]
# ## 2.2 ReLU
#
# $\mathrm{out} = \max(x, 0)$. At $x = 0$ the slope may be anything between 0 and 1; the checker
# accepts all of it. It does not accept a mask taken from `dout`.


# %% solution="relu"
def relu_forward(x):
    """Return max(x, 0), and the cache."""
    ### BEGIN SOLUTION
    return np.maximum(x, 0), x
    ### END SOLUTION


def relu_backward(dout, cache):
    """Return dx."""
    ### BEGIN SOLUTION
    return np.where(cache > 0, dout, 0)
    ### END SOLUTION


# %% test="relu" points=2
x = rng.normal(size=(4, 5))
expect("relu_forward", relu_forward(x)[0], np.where(x > 0, x, 0), {
    "it returns |x|": np.abs(x),
    "it returns x": x,
    "it keeps the negative values and drops the positive": np.minimum(x, 0),
    "it returns the mask, not the masked values": (x > 0).astype(float),
})
report = check_layer(relu_forward, relu_backward, x)
assert report.passed, report
### BEGIN HIDDEN TESTS
report = check_layer(relu_forward, relu_backward, rng.normal(size=(2, 3, 4)))
assert report.passed, report
### END HIDDEN TESTS
print(report)

# %% [markdown]
# ## 2.3 Batch normalization
#
# In mode `'train'`, with the mean $\mu$ and the variance $\sigma^2$ (divided by $N$, not $N-1$) of
# each feature over the batch:
#
# $$\hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad
#   \mathrm{out} = \gamma \hat x + \beta$$
#
# and the running statistics, kept in `bn_param`, move: `running = momentum * running +
# (1 - momentum) * batch`. They start as zeros. In mode `'test'` they take the place of
# $\mu$ and $\sigma^2$, and stay as they are.
#
# Backward is asked for in mode `'train'` only. $\mu$ and $\sigma^2$ depend on **every** $x$ of the
# batch; whoever treats them as constants reads `mean-constant` or `variance-constant`. With
# $\mathrm{d}\hat x = \gamma\, \mathrm{dout}$:
#
# $$\mathrm{d}x = \frac{1}{\sqrt{\sigma^2 + \epsilon}} \Bigl(\mathrm{d}\hat x
#   - \operatorname{mean}(\mathrm{d}\hat x)
#   - \hat x \operatorname{mean}(\mathrm{d}\hat x \odot \hat x)\Bigr)$$
#
# Derive it on paper before you type it.


# %% solution="batchnorm"
def batchnorm_forward(x, gamma, beta, bn_param):
    """Return out of the shape of x (N, D), and the cache.

    bn_param holds 'mode', and may hold 'eps' (1e-5), 'momentum' (0.9), 'running_mean' and
    'running_var', both of shape (D,); in mode 'train' the last two are written back.
    """
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], x.dtype))
    ### BEGIN SOLUTION
    if mode == "test":
        xhat = (x - running_mean) / np.sqrt(running_var + eps)
        return gamma * xhat + beta, None
    mean, var = x.mean(axis=0), x.var(axis=0)
    std = np.sqrt(var + eps)
    xhat = (x - mean) / std
    bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
    bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    return gamma * xhat + beta, (xhat, std, gamma)
    ### END SOLUTION


def batchnorm_backward(dout, cache):
    """Return dx, dgamma, dbeta, in mode 'train'."""
    ### BEGIN SOLUTION
    xhat, std, gamma = cache
    dxhat = dout * gamma
    dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / std
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)
    ### END SOLUTION


# %% test="batchnorm-forward" points=3
x, gamma, beta = 3 * rng.normal(size=(8, 4)) + 5, rng.normal(size=4), rng.normal(size=4)
centred, var = x - x.mean(axis=0), x.var(axis=0)
param = {"mode": "train"}
expect("batchnorm_forward in mode 'train'", batchnorm_forward(x, gamma, beta, param)[0],
       gamma * centred / np.sqrt(var + 1e-5) + beta, {
    "the variance divides by N - 1": gamma * centred / np.sqrt(x.var(axis=0, ddof=1) + 1e-5) + beta,
    "eps is missing": gamma * centred / np.sqrt(var) + beta,
    "it divides by the variance, not by its root": gamma * centred / (var + 1e-5) + beta,
    "gamma and beta are missing": centred / np.sqrt(var + 1e-5),
    "eps is outside the root": gamma * centred / (np.sqrt(var) + 1e-5) + beta,
}, rtol=1e-9)
assert "running_mean" in param, "running_mean: it is not written back into bn_param."
expect("running_mean after one batch", param["running_mean"], 0.1 * x.mean(axis=0), {
    "momentum and 1 - momentum are exchanged": 0.9 * x.mean(axis=0),
    "the batch replaces it": x.mean(axis=0),
})
expect("running_var after one batch", param["running_var"], 0.1 * var, {
    "momentum and 1 - momentum are exchanged": 0.9 * var,
    "it is the standard deviation": 0.1 * np.sqrt(var),
})
### BEGIN HIDDEN TESTS
param = {"mode": "test", "running_mean": np.arange(4.0), "running_var": np.arange(4.0) + 1}
expect("batchnorm_forward in mode 'test'", batchnorm_forward(x, gamma, beta, param)[0],
       gamma * (x - np.arange(4.0)) / np.sqrt(np.arange(4.0) + 1 + 1e-5) + beta, {
    "it uses the statistics of the batch": gamma * centred / np.sqrt(var + 1e-5) + beta,
})
expect("running_mean after mode 'test'", param["running_mean"], np.arange(4.0),
       {"a test batch moved it": 0.9 * np.arange(4.0) + 0.1 * x.mean(axis=0)})
### END HIDDEN TESTS
print("batchnorm_forward is right.")

# %% test="batchnorm-backward" points=4
report = check_layer(batchnorm_forward, batchnorm_backward, x, gamma, beta, {"mode": "train"})
assert report.passed, report
### BEGIN HIDDEN TESTS
x, gamma, beta = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=3)
report = check_layer(batchnorm_forward, batchnorm_backward, x, gamma, beta,
                     {"mode": "train", "eps": 0.1})
assert report.passed, report
### END HIDDEN TESTS
print(report)

# %% [markdown]
# ## 2.4 Softmax loss
#
# For scores `x` of shape $(N, C)$ and labels `y`, the mean negative log-likelihood
#
# $$L = -\frac1N \sum_n \log p_{n y_n}, \qquad
#   p_{nc} = \frac{e^{x_{nc}}}{\sum_k e^{x_{nk}}}, \qquad
#   \frac{\partial L}{\partial x_{nc}} = \frac{p_{nc} - [c = y_n]}{N}.$$
#
# $e^{1000}$ is infinite. Subtract each row's maximum before you exponentiate: the probabilities do
# not change.


# %% solution="softmax_loss"
def softmax_loss(x, y):
    """Return the loss, a scalar, and its gradient dx."""
    ### BEGIN SOLUTION
    rows = np.arange(len(x))
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dx = np.exp(log_p)
    dx[rows, y] -= 1
    return -log_p[rows, y].mean(), dx / len(x)
    ### END SOLUTION


# %% test="softmax-value" points=2
x, y = rng.normal(size=(6, 5)), rng.integers(5, size=6)
p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
picked = -np.log(p[np.arange(6), y])
expect("softmax_loss", softmax_loss(x, y)[0], picked.mean(), {
    "it is the sum over the samples, not the mean": picked.sum(),
    "the sign is wrong": -picked.mean(),
    "the logarithm has base 2": picked.mean() / np.log(2),
    "it is the mean over the classes, too": picked.mean() / 5,
})
with np.errstate(all="ignore"):
    huge = softmax_loss(np.array([[1000.0, 0.0], [0.0, -1000.0]]), np.array([0, 0]))[0]
assert np.isfinite(huge), f"softmax_loss: {huge} for scores of 1000; subtract the row's maximum."
### BEGIN HIDDEN TESTS
with np.errstate(all="ignore"):
    loss, dx = softmax_loss(np.array([[1000.0, 0.0], [0.0, -1000.0]]), np.array([1, 0]))
assert np.isclose(loss, 500.0), (
    f"softmax_loss: {loss} where a score of 1000 is wrong, expected 500; take the logarithm of "
    "the sum, not of a probability that has underflowed to 0.")
### END HIDDEN TESTS
print("softmax_loss's value is right.")

# %% test="softmax-gradient" points=3
report = check_gradient(lambda x: softmax_loss(x, y)[0], lambda x: softmax_loss(x, y)[1], x,
                        constants={"N": len(x)}, name="softmax_loss")
assert report.passed, report
### BEGIN HIDDEN TESTS
x, y = 3 * rng.normal(size=(3, 10)), np.array([9, 0, 9])
report = check_gradient(lambda x: softmax_loss(x, y)[0], lambda x: softmax_loss(x, y)[1], x,
                        constants={"N": len(x)}, name="softmax_loss")
assert report.passed, report
### END HIDDEN TESTS
print(report)

# %% [markdown]
# ## Now break it
#
# Go back, and put one of these slips into a backward of yours. Guess what the checker will say,
# then run the test:
#
# 1. `db = dout.sum(axis=1)`;
# 2. relu's mask as `dout > 0`;
# 3. batchnorm's dx without its last term;
# 4. softmax's dx without the division by $N$.
#
# All four pass a glance. None of them passes the check.
