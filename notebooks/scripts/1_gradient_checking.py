# %% [markdown]
# # 1 Gradient checking
#
# A backward pass is code, and code has bugs. A numeric gradient needs only the forward pass, which
# is easier to get right; where the two disagree, one of them is wrong. In this notebook you write
# the numeric gradient, find out how exact it can be, and learn when to distrust it. At the end you
# read the reports of a checker, and mend what they point at.
#
# Replace each `raise NotImplementedError()`; the cell below each exercise tells you what is wrong.

# %% locked="setup"
import matplotlib.pyplot as plt
import numpy as np
from toolbox import BLUE, GREEN, ORANGE, PURPLE, VERMILLION, expect, set_style

from gradcheck import check_gradient, check_layer, rel_error

set_style()

# %% [markdown]
# ## 1.1 Finite differences
#
# The derivative is a limit; stop before the limit:
#
# $$f'(x) \approx \frac{f(x + h) - f(x)}{h}, \qquad
#   f'(x) \approx \frac{f(x + h) - f(x - h)}{2h}.$$
#
# The first is the forward difference, the second the central difference.


# %% solution="differences"
def forward_difference(f, x, h):
    """Return the forward difference of f at the number x."""
    ### BEGIN SOLUTION
    return (f(x + h) - f(x)) / h
    ### END SOLUTION


def central_difference(f, x, h):
    """Return the central difference of f at the number x."""
    ### BEGIN SOLUTION
    return (f(x + h) - f(x - h)) / (2 * h)
    ### END SOLUTION


# %% test="differences" points=2
def cube(x):
    return x**3


x, h = 2.0, 0.5
forward, backward = (cube(x + h) - cube(x)) / h, (cube(x) - cube(x - h)) / h
expect("forward_difference", forward_difference(cube, x, h), forward, {
    "this is the backward difference": backward,
    "this is the central difference": (forward + backward) / 2,
    "the division by h is missing": forward * h,
})
expect("central_difference", central_difference(cube, x, h), (forward + backward) / 2, {
    "it divides by h; the two points are 2 h apart": forward + backward,
    "this is the forward difference": forward,
    "2 * h lacks its parentheses": (forward + backward) * h * h / 2,
    "it has the wrong sign": -(forward + backward) / 2,
})
print("Both differences are right.")

# %% [markdown]
# ## 1.2 How long a step?
#
# Two errors pull in opposite directions. Cutting the Taylor series off costs the *truncation*
# error, $h^2 |f'''(x)| / 6$ for the central difference. Subtracting two nearly equal numbers that
# are each rounded costs about $\varepsilon |f(x)| / h$, the *roundoff* error, with the machine
# precision $\varepsilon$. Their sum has a minimum; differentiate it, and return the best step.


# %% solution="step"
def best_step(f, third_derivative, eps):
    """Return the h that minimizes h**2 * |f'''| / 6 + eps * |f| / h; the arguments are numbers."""
    ### BEGIN SOLUTION
    return (3 * eps * abs(f) / abs(third_derivative)) ** (1 / 3)
    ### END SOLUTION


# %% test="step" points=2
eps = np.finfo(np.float64).eps
expect("best_step", best_step(2.0, 0.5, eps), (12 * eps) ** (1 / 3), {
    "this is where the two errors are equal, not where their sum is least": (24 * eps) ** (1 / 3),
    "this is the best step of the forward difference: square root for cube root": 2 * np.sqrt(eps),
    "f and f''' are exchanged": (0.75 * eps) ** (1 / 3),
    "the cube root is missing": 12 * eps,
    "a factor is missing: d/dh of h**2 / 6 is h / 3": (4 * eps) ** (1 / 3),
}, rtol=1e-9, atol=0)
### BEGIN HIDDEN TESTS
expect("best_step where f and f''' are negative", best_step(-2.0, -0.5, eps),
       (12 * eps) ** (1 / 3), rtol=1e-9, atol=0)
### END HIDDEN TESTS
print(f"For f = f''' = 1 the best step is {best_step(1.0, 1.0, eps):.1e}.")

# %% [markdown]
# Now look at it. The test function is $\sin$ at $x = 1$ with its derivative $\cos(1)$; you see the
# relative error of your two differences against the step.

# %%
steps = np.logspace(-12, 0, 121)
right = np.cos(1.0)


def relative_errors(difference, dtype=np.float64):
    """Return |difference - f'| / |f'| of sin at 1, for every step."""
    one = dtype(1)
    found = np.array([difference(np.sin, one, dtype(h)) for h in steps], float)
    return np.abs(found - right) / right


figure, axis = plt.subplots()
for label, difference, colour in [("forward difference", forward_difference, VERMILLION),
                                  ("central difference", central_difference, BLUE)]:
    axis.loglog(steps, relative_errors(difference), ".", color=colour, label=label)
axis.loglog(steps, steps**2 / 6, color="black", linewidth=1, label="truncation h²/6: slope 2")
axis.loglog(steps, eps * np.sin(1.0) / steps / right, color="black", linestyle="--", linewidth=1,
            label="roundoff ε|f|/h: slope −1")
step = best_step(np.sin(1.0), right, eps)
axis.axvline(step, color=ORANGE, linewidth=2, label=f"your best step, {step:.0e}")
axis.set(xlabel="step h (units of x)", ylabel="relative error of the derivative",
         ylim=(1e-13, 10), title="sin at x = 1, double precision")
axis.legend(loc="upper center", fontsize="small", ncols=2)
plt.show()

# %% [markdown]
# Read three things off the plot. The central difference falls with slope 2, the forward one only
# with slope 1. To the left of the best step both rise with slope −1: **a smaller step is not a
# better step.** And no step gives more than about eleven digits, so a check that demands a relative
# error of $10^{-12}$ of a finite difference fails right gradients.
#
# In single precision, $\varepsilon \approx 1.2 \cdot 10^{-7}$: the best step is near $10^{-2}$ and
# no more than about five digits remain. Check your gradients in float64, even if you train in
# float32.

# %%
figure, axis = plt.subplots(figsize=(7, 3.4))
single = steps >= 1e-6
for label, dtype, colour in [("float64", np.float64, BLUE), ("float32", np.float32, PURPLE)]:
    errors = np.maximum(relative_errors(central_difference, dtype), 1e-13)[single]
    axis.loglog(steps[single], errors, ".", color=colour, label=f"central difference, {label}")
axis.set(xlabel="step h (units of x)", ylabel="relative error of the derivative",
         title="sin at x = 1, two precisions")
axis.legend()
plt.show()

# %% [markdown]
# ## 1.3 The complex step
#
# Roundoff comes from the subtraction. For an analytic $f$ there is none to make: step along the
# *imaginary* axis, and $f(x + ih) = f(x) + i h f'(x) - h^2 f''(x) / 2 - \dots$, so that
#
# $$f'(x) \approx \frac{\operatorname{Im} f(x + ih)}{h}$$
#
# with an error of order $h^2$ and no difference at all. Take $h = 10^{-30}$.


# %% solution="complex"
def complex_step(f, x, h=1e-30):
    """Return the derivative of f at the number x by a complex step."""
    ### BEGIN SOLUTION
    return f(x + 1j * h).imag / h
    ### END SOLUTION


# %% test="complex" points=2
got = complex_step(np.exp, 1.0)
assert np.isrealobj(np.asarray(got)), "complex_step: it is complex; take the imaginary part."
expect("complex_step of exp at 1", got, np.e, {
    "the division by h is missing": np.e * 1e-30,
    "this is the real part": np.e * 1e30,
    "it is 0; is the step imaginary, 1j * h?": 0.0,
}, rtol=1e-14, atol=0)
### BEGIN HIDDEN TESTS
expect("complex_step of sin at 1", complex_step(np.sin, 1.0), np.cos(1.0), rtol=1e-14, atol=0)
expect("complex_step with h = 0.1", complex_step(lambda x: x**3, 1.0, 0.1), 2.99,
       {"the argument h is not used": 3.0})
### END HIDDEN TESTS
print(f"Relative error for exp at 1: {abs(got / np.e - 1):.1e}")

# %% [markdown]
# Sixteen digits. The price: every operation of `f` must be analytic and accept complex numbers.
# `abs`, `max`, a comparison or a cast to float cuts the imaginary part off *silently*:

# %%
print("derivative of |x| at -1 by a complex step:", complex_step(np.abs, -1.0))
print("derivative of |x| at -1 by a central difference:", central_difference(np.abs, -1.0, 1e-5))

# %% [markdown]
# `check_layer` uses the complex step only for functions that it has found to be analytic.
#
# ## 1.4 Gradients
#
# One coordinate at a time. Return an array of the shape of `x`, and leave `x` as you found it: the
# function may hold a reference to it, and the caller certainly does.


# %% solution="gradient"
def gradient(f, x, h=1e-5):
    """Return the gradient of the scalar function f at the float array x, by central differences."""
    ### BEGIN SOLUTION
    result = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = h
        result[index] = (f(x + step) - f(x - step)) / (2 * h)
    return result
    ### END SOLUTION


# %% test="gradient" points=3
x = np.array([[1.0, -2.0, 0.5], [3.0, 0.0, -1.0]])
weights = np.array([[1.0, 2.0, 3.0], [-1.0, -2.0, -3.0]])
before = x.copy()
got = gradient(lambda x: np.sum(weights * x**2), x)
assert np.array_equal(x, before), "gradient: it changes x; put each element back, or use a copy."
right = 2 * weights * x
expect("gradient", got, right, {
    "every coordinate has the same value; do you step along all of them at once?":
        np.full(x.shape, right.sum()),
    "it divides by h; the two points are 2 h apart": 2 * right,
    "this is the forward difference": right + 1e-5 * weights,
    "only the last coordinate is set": np.where(np.arange(6).reshape(2, 3) == 5, right, 0),
}, rtol=1e-7, atol=1e-9)
### BEGIN HIDDEN TESTS
expect("gradient at a 1-d x", gradient(lambda x: np.prod(x), np.array([2.0, 3.0, 4.0])),
       [12.0, 8.0, 6.0], rtol=1e-7)
### END HIDDEN TESTS
print("gradient is right.")

# %% [markdown]
# ## 1.5 Kinks
#
# $\max(x, 0)$ has no derivative at 0. A central difference that straddles the kink returns
# something between the two slopes, which is the derivative of nothing. Here is your central
# difference of relu around 0, for three steps:

# %%
around = np.linspace(-0.2, 0.2, 401)
figure, axis = plt.subplots(figsize=(7, 3.4))
for h, colour in [(0.1, BLUE), (0.03, VERMILLION), (0.003, GREEN)]:
    slopes = [central_difference(lambda x: max(x, 0.0), x, h) for x in around]
    axis.plot(around, slopes, color=colour, label=f"h = {h}")
axis.set(xlabel="x", ylabel="central difference of relu", title="The kink, as wide as the step")
axis.legend()
plt.show()

# %% [markdown]
# In a layer of thousands of units some will always lie that close to a kink, and the check will
# accuse a right gradient. Say which: return `True` for the elements of `x` where the central
# difference of relu with step `h` is neither 0 nor 1.


# %% solution="kink"
def straddles_kink(x, h):
    """Return a bool array of the shape of x."""
    ### BEGIN SOLUTION
    return np.abs(x) < h
    ### END SOLUTION


# %% test="kink" points=1
x = np.array([-0.3, -0.19, -0.05, 0.0, 0.05, 0.19, 0.3])
expect("straddles_kink", straddles_kink(x, 0.2), [False, True, True, True, True, True, False], {
    "the negative side is missing": x * (x < 0.2) > 0,
    "x = 0 is missing": (np.abs(x) < 0.2) & (x != 0),
    "it is the complement": np.abs(x) > 0.2,
    "h is not divided by 2: the difference reaches h to either side": np.abs(x) < 0.1,
    "everything below h is marked; the distance counts, so use |x|": x < 0.2,
})
print("straddles_kink is right.")

# %% [markdown]
# `check_gradient` measures both one-sided slopes. Where they stay apart as the step shrinks there
# is a kink, and it accepts any value between them, and nothing else:

# %%
at_kink = np.array([-1.0, 0.0, 2.0])
for slope in (0.0, 0.5, 1.0, 1.5):
    claimed = np.array([0.0, slope, 1.0])
    report = check_gradient(lambda x: np.sum(np.maximum(x, 0)), claimed, at_kink)
    print(f"slope {slope} claimed at the kink: {report.status}")

# %% [markdown]
# ## 1.6 The traps of rel_error
#
# Many courses compare gradients by one number,
#
# $$\max_i \frac{|a_i - n_i|}{\max(10^{-8}, |a_i| + |n_i|)},$$
#
# and call a gradient right if it is below $10^{-6}$ or so. Four cases where it misleads:

# %%
rows = [
    ("right gradient, one element 0, roundoff 3e-11", [1.0, 0.0], [1.0, 3e-11]),
    ("right gradient of a large loss: 1e-5 beside 1e6", [1e6, 1e-5], [1e6, 1.2e-5]),
    ("wrong by a factor of two, but tiny (1e-15)", [1e-15, 2e-15], [2e-15, 4e-15]),
    ("wrong sign, but tiny (1e-15)", [1e-15, -1e-15], [-1e-15, 1e-15]),
]
print(f"{'case':<52}{'rel_error':>10}")
for case, analytic, numeric in rows:
    print(f"{case:<52}{rel_error(analytic, numeric):>10.1e}")

# %% [markdown]
# The first two are right and look wrong: near 0 there is nothing to be relative *to*. The last two
# are wrong and look right: the floor of $10^{-8}$ swallows them. A fifth trap is silent in NumPy:
# `(N,)` against `(N, 1)` broadcasts to `(N, N)`.
#
# Write a better single number: the error relative to the **whole** gradient,
#
# $$\frac{\lVert a - n \rVert}{\lVert a \rVert + \lVert n \rVert},$$
#
# 0 where both are zero throughout, and `ValueError` where the shapes differ.


# %% solution="relative"
def relative_to_whole(analytic, numeric):
    """Return |a - n| / (|a| + |n|) with Euclidean norms over all elements."""
    ### BEGIN SOLUTION
    if analytic.shape != numeric.shape:
        raise ValueError(f"shapes {analytic.shape} and {numeric.shape} differ")
    whole = np.linalg.norm(analytic.ravel()) + np.linalg.norm(numeric.ravel())
    return float(np.linalg.norm((analytic - numeric).ravel()) / whole) if whole else 0.0
    ### END SOLUTION


# %% test="relative" points=3
a, n = np.array([[3.0, 0.0], [0.0, 4.0]]), np.array([[3.0, 0.0], [0.0, 5.0]])
expect("relative_to_whole", relative_to_whole(a, n), 1 / (5 + np.sqrt(34)), {
    "it divides by one of the norms only": 1 / 5,
    "it divides by the other norm only": 1 / np.sqrt(34),
    "it takes the largest singular value; flatten the arrays first": 1 / 9,
    "it is the largest element, not the norm": 1 / 9,
    "it squares the norms": 1 / 59,
})
with np.errstate(all="ignore"):
    zero = relative_to_whole(np.zeros(3), np.zeros(3))
assert zero == 0, f"relative_to_whole: {zero} for two zero gradients, expected 0."
tiny = relative_to_whole(np.array([1e-14]), np.array([-1e-14]))
assert tiny > 0.99, f"relative_to_whole: {tiny:.1e} for a flipped sign; a floor swallows it."
### BEGIN HIDDEN TESTS
try:
    relative_to_whole(np.ones(3), np.ones((3, 1)))
except ValueError:
    pass
else:
    raise AssertionError(
        "relative_to_whole: (3,) against (3, 1) broadcasts to (3, 3); raise ValueError instead.")
### END HIDDEN TESTS
print("relative_to_whole is right.")

# %% [markdown]
# No single number is enough, though: yours cannot see one small element with a wrong sign beside a
# large right one. What settles it is a numeric derivative **with a bound on its own error**, and a
# comparison of each coordinate against that bound. That is what `check_gradient` and `check_layer`
# do:

# %%
x = np.array([100.0, 1e-3, 2.0])
right = 3 * x**2
wrong = right * [1, -1, 1]
print("relative to the whole:", relative_to_whole(wrong, right))
check_gradient(lambda x: np.sum(x**3), wrong, x)

# %% [markdown]
# ## 1.7 Reading a report
#
# From the next notebook on, a report is what stands between you and a right backward. Here are five
# small layers; the forward of each is right, and the backward of each has one slip. Read them, and
# do not run anything yet.


# %% locked="wrong"
def square_forward(x, w):
    return w * x**2, (x, w)


def square_backward(dout, cache):
    x, w = cache
    dx = dout * w * x
    dw = np.sum(dout * x**2, axis=0)
    return dx, dw


def distance_forward(a, b):
    difference = a - b
    return np.sum(difference**2, axis=1), difference


def distance_backward(dout, difference):
    da = 2 * difference * dout[:, None]
    db = 2 * difference * dout[:, None]
    return da, db


def rotate_forward(x, w):
    return x @ w, (x, w)


def rotate_backward(dout, cache):
    x, w = cache
    dx = dout @ w
    dw = x.T @ dout
    return dx, dw


def tanh_forward(x):
    out = np.tanh(x)
    return out, out


def tanh_backward(dout, out):
    slope = 1 - out
    return dout * slope


def direction_forward(x):
    length = np.sqrt(np.sum(x**2, axis=1, keepdims=True))
    out = x / length
    return out, (out, length)


def direction_backward(dout, cache):
    _, length = cache
    return dout / length


rng = np.random.default_rng(17)
x, w = rng.standard_normal((3, 4)), rng.standard_normal(4)
ARGUMENTS = {
    "square": (x, w),
    "distance": (x, rng.standard_normal((3, 4))),
    "rotate": (x, rng.standard_normal((4, 4))),
    "tanh": (x,),
    "direction": (x,),
}
WRONG = {
    "square": (square_forward, square_backward),
    "distance": (distance_forward, distance_backward),
    "rotate": (rotate_forward, rotate_backward),
    "tanh": (tanh_forward, tanh_backward),
    "direction": (direction_forward, direction_backward),
}

# %% [markdown]
# A report names what it found by a code. Five of them:
#
# | code | the gradient is |
# |---|---|
# | `scaled` | right up to one constant factor |
# | `sign-flipped` | of the right size, with the wrong sign |
# | `missing-transpose` | the one with a matrix transposed |
# | `variance-constant` | the one without the term through what the layer divides by |
# | `unexplained` | wrong in a way that no rule of the checker knows |
#
# Predict: which code will each layer get, and in the gradient of which argument? A wrong guess
# costs nothing but the surprise that makes you remember it; correct it when you have seen the
# reports.


# %% solution="predict"
def predictions():
    """Return {layer: (code, argument)} for all five layers, such as ("scaled", "x")."""
    ### BEGIN SOLUTION
    return {
        "square": ("scaled", "x"),
        "distance": ("sign-flipped", "b"),
        "rotate": ("missing-transpose", "x"),
        "tanh": ("unexplained", "x"),
        "direction": ("variance-constant", "x"),
    }
    ### END SOLUTION


# %% test="predict" points=2
predicted = predictions()
missing = sorted(set(WRONG) - set(predicted))
assert not missing, f"predictions: nothing is said of {', '.join(missing)}."
for name, (forward, backward) in WRONG.items():
    finding = check_layer(forward, backward, *ARGUMENTS[name]).findings[0]
    code, argument = predicted[name]
    assert argument == finding.argument, (
        f"{name}: you expect a wrong d{argument}; which gradient does the slip spoil?")
    assert code == finding.code, (
        f"{name}: d{argument} is wrong, but not {code}; print the report in the cell below.")
print("All five are predicted as the checker sees them.")

# %% [markdown]
# Now look. `repair="line"` also asks for the line that the slip is in:

# %%
report = check_layer(*WRONG["square"], *ARGUMENTS["square"], name="square", repair="line")
print(report)

# %% [markdown]
# Read it from the top.
#
# - **The verdict**, and how much was compared: every coordinate of both gradients.
# - **The numbers**, a line for each gradient, at its *worst* coordinate. `analytic` is what your
#   backward says, `numeric` what differences of forward say, and `±` the bound on the error of
#   that. The gradient of `w` differs by about $10^{-11}$ of it: right. So look at `dx`, and nowhere
#   else.
# - **The finding**: its code, what was seen, and a remedy. Below stand the places, the worst first,
#   and the command that explains the code with an example.
# - **The line**, with a caret under the expression, and what kind of edit is wanted there. Lines
#   are counted from the top of the cell that defines the function (Shift-L numbers them). This is
#   no guess from the text: the checker has tried small edits of your source one by one, and this
#   one makes *every* gradient right, at other numbers and sizes, too. `repair="diff"` shows the
#   edit itself. In your own work, try to find it from the line before you ask.
#
# The numbers alone often tell the slip. Write a function that reads the missing factor off a
# report: what does backward's gradient have to be multiplied by, at the worst coordinate of the
# argument that the first finding names? A report holds `findings`, each with an `argument` (a
# name), and `arguments`, each with a `name`, `analytic` and `numeric`.


# %% solution="read"
def missing_factor(report):
    """Return the number by which the gradient that is wrong has to be multiplied."""
    ### BEGIN SOLUTION
    wrong = report.findings[0].argument
    entry = next(entry for entry in report.arguments if entry.name == wrong)
    return entry.numeric / entry.analytic
    ### END SOLUTION


# %% test="read" points=2
def thrice(dout, cache):
    dx, dw = square_backward(dout, cache)
    return 2 * dx, 3 * dw


reports = [check_layer(*WRONG[name], *ARGUMENTS[name]) for name in ("square", "distance")]
reports.append(check_layer(square_forward, thrice, *ARGUMENTS["square"]))
for one, factor in zip(reports, (2.0, -1.0, 1 / 3), strict=True):
    first = one.arguments[0]
    expect("missing_factor", missing_factor(one), factor, {
        "it is the inverse: numeric = factor * analytic": 1 / factor,
        "it reads the first argument; take the one that the finding names":
            first.numeric / first.analytic,
        "it is the difference, not the ratio": first.numeric - first.analytic,
    }, rtol=1e-6, atol=0)
print("missing_factor is right.")

# %% [markdown]
# The other four:

# %%
for name in ("distance", "rotate", "tanh", "direction"):
    print(check_layer(*WRONG[name], *ARGUMENTS[name], name=name, repair="line"), end="\n\n")

# %% [markdown]
# Compare code and line in each.
#
# - In `distance` the code says what is wrong with the *number*, and the line where. That the caret
#   stands under the 2 does not mean that nothing else would do: a minus sign anywhere in that
#   product is the same repair.
# - `tanh` is `unexplained`: no rule knows what this gradient is instead. The line is found all the
#   same, since an edit can be proved without being understood. Why is an exponent missing there?
# - `direction` has a code and *no* line: no small edit makes it right, because a whole term is
#   missing. The code says which one: `length` depends on `x`, too. Its remedy speaks of a
#   normalization, as that is where most people meet this slip; `gradcheck explain
#   variance-constant` shows one. Here, derive the term yourself.
#
# Two things no report can say. A check that passes tells you that backward is the derivative of
# *this* forward; if forward is wrong, so are both. And an edit that is proved makes the numbers
# right, not the reader wise: know why before you go on.
#
# Mend all five. Copy each backward from above and change what is wrong.


# %% solution="mend"
def mended_square(dout, cache):
    """Return dx, dw."""
    ### BEGIN SOLUTION
    x, w = cache
    return 2 * dout * w * x, np.sum(dout * x**2, axis=0)
    ### END SOLUTION


def mended_distance(dout, difference):
    """Return da, db."""
    ### BEGIN SOLUTION
    da = 2 * difference * dout[:, None]
    return da, -da
    ### END SOLUTION


def mended_rotate(dout, cache):
    """Return dx, dw."""
    ### BEGIN SOLUTION
    x, w = cache
    return dout @ w.T, x.T @ dout
    ### END SOLUTION


def mended_tanh(dout, out):
    """Return dx."""
    ### BEGIN SOLUTION
    return dout * (1 - out**2)
    ### END SOLUTION


def mended_direction(dout, cache):
    """Return dx."""
    ### BEGIN SOLUTION
    out, length = cache
    return (dout - out * np.sum(dout * out, axis=1, keepdims=True)) / length
    ### END SOLUTION


# %% test="mend" points=5
MENDED = {"square": mended_square, "distance": mended_distance, "rotate": mended_rotate,
          "tanh": mended_tanh, "direction": mended_direction}
for name, backward in MENDED.items():
    found = check_layer(WRONG[name][0], backward, *ARGUMENTS[name]).findings
    assert not found, f"{name} is not right yet: {found[0]}"
### BEGIN HIDDEN TESTS
sizes = np.random.default_rng(3)
x, w = sizes.standard_normal((5, 2)), sizes.standard_normal((2, 3))
OTHERS = {"square": (x, w[:, 0]), "distance": (x, x[::-1].copy()), "rotate": (x, w), "tanh": (x,),
          "direction": (x,)}
for name, backward in MENDED.items():
    found = check_layer(WRONG[name][0], backward, *OTHERS[name]).findings
    assert not found, f"{name} is not right for arrays of other sizes: {found[0]}"
### END HIDDEN TESTS
print("All five are right.")
