"""Wrong arguments of gradcheck's public functions."""

from types import SimpleNamespace

import numpy as np

import gradcheck
from tests.bad_input import BadCall


def total(x):
    return float(np.sum(x))


def read_only():
    x = np.ones(3)
    x.flags.writeable = False
    return x


def blob(vals, diffs=None):
    return SimpleNamespace(vals=vals, diffs=np.ones(2) if diffs is None else diffs)


def case(name, call, make, error, *words):
    return BadCall(f"{call.__name__}_{name}", call, make, error, words)


scalar, array = gradcheck.eval_numerical_gradient, gradcheck.eval_numerical_gradient_array
blobs, net = gradcheck.eval_numerical_gradient_blobs, gradcheck.eval_numerical_gradient_net
sparse, rel_error = gradcheck.grad_check_sparse, gradcheck.rel_error


def quiet(f, x, **options):
    return scalar(f, x, verbose=False, **options)


def with_step(f, x, h):
    return quiet(f, x, h=h)


CASES = [
    case("integers", quiet, lambda: (total, np.arange(3)), TypeError, "x:", "int64", "truncate"),
    case("bools", quiet, lambda: (total, np.ones(3, bool)), TypeError, "x:", "bool"),
    case("complex", quiet, lambda: (total, np.ones(3, complex)), TypeError, "x:", "complex128"),
    case("list", quiet, lambda: (total, [1.0, 2.0]), TypeError, "x:", "NumPy array"),
    case("float", quiet, lambda: (total, 1.5), TypeError, "x:", "1.5 (float)"),
    case("read_only", quiet, lambda: (total, read_only()), ValueError, "read-only", "x.copy()"),
    case("no_function", quiet, lambda: (3, np.ones(2)), TypeError, "f:", "function"),
    case("array_result", quiet, lambda: (np.exp, np.ones(2)), ValueError, "a scalar",
         "eval_numerical_gradient_array"),
    case("tuple_result", quiet, lambda: (lambda x: (1.0, x), np.ones(2)), ValueError, "[0]"),
    case("infinite", quiet, lambda: (total, np.array([np.inf])), ValueError, "h:", "inf"),
    case("zero", with_step, lambda: (total, np.ones(2), 0.0), ValueError, "h:", "positive"),
    case("negative", with_step, lambda: (total, np.ones(2), -1e-5), ValueError, "h:", "-1e-05"),
    case("nan", with_step, lambda: (total, np.ones(2), np.nan), ValueError, "h:", "nan"),
    case("infinity", with_step, lambda: (total, np.ones(2), np.inf), ValueError, "h:", "finite"),
    case("string", with_step, lambda: (total, np.ones(2), "1e-5"), TypeError, "h:", "'1e-5'"),
    case("lost", with_step, lambda: (total, np.full(2, 1e9), 1e-9), ValueError, "h:", "larger h"),
    case("integers", array, lambda: (np.exp, np.arange(3), np.ones(3)), TypeError, "x:", "int64"),
    case("df_shape", array, lambda: (np.exp, np.ones(3), np.ones(4)), ValueError, "df:", "(3,)"),
    case("df_broadcasts", array, lambda: (np.exp, np.ones((3, 2)), np.ones(2)), ValueError, "df:",
         "(3, 2)"),
    case("with_cache", array, lambda: (lambda x: (x, x), np.ones(3), np.ones(3)), TypeError,
         "drop the cache"),
    case("returns_nothing", array, lambda: (lambda x: None, np.ones(3), np.ones(3)), TypeError,
         "output array"),
    case("integer_vals", blobs, lambda: (len, (blob(np.arange(2)),), blob(np.ones(2))), TypeError,
         "inputs[0].vals", "int64"),
    case("no_blob", blobs, lambda: (len, (np.ones(2),), blob(np.ones(2))), TypeError, "inputs[0]",
         "vals and diffs"),
    case("diffs_shape", blobs, lambda: (len, (blob(np.ones(3)),), blob(np.ones(2))), ValueError,
         "inputs[0].diffs", "(3,)"),
    case("output_is_no_blob", blobs, lambda: (len, (blob(np.ones(2)),), None), TypeError,
         "output"),
    case("without_forward", net, lambda: (None, (blob(np.ones(2)),), blob(np.ones(2))), TypeError,
         "net.forward"),
    case("integers", sparse, lambda: (total, np.arange(3), np.ones(3)), TypeError, "x:", "int64"),
    case("gradient_shape", sparse, lambda: (total, np.ones(3), np.ones(1)), ValueError,
         "analytic_grad:", "(3,)"),
    case("empty", sparse, lambda: (total, np.ones((0, 3)), np.ones((0, 3))), ValueError,
         "at least one element"),
    case("negative_checks", sparse, lambda: (total, np.ones(3), np.ones(3), -1), ValueError,
         "num_checks", "-1"),
    case("fractional_checks", sparse, lambda: (total, np.ones(3), np.ones(3), 2.5), TypeError,
         "num_checks", "2.5"),
    case("rng", sparse, lambda: (total, np.ones(3), np.ones(3), 1, 1e-5, 7), TypeError, "rng:",
         "default_rng"),
    case("shapes", rel_error, lambda: (np.ones(3), np.ones((3, 1))), ValueError, "(3, 1)", "(3,)"),
    case("scalar_against_array", rel_error, lambda: (np.ones(3), 1.0), ValueError, "broadcasting"),
    case("no_forward", gradcheck.check_layer, lambda: (None, abs, np.ones(3)), TypeError,
         "forward", "function"),
    case("no_backward", gradcheck.check_layer, lambda: (abs, None, np.ones(3)), TypeError,
         "backward", "function"),
    case("no_floats", gradcheck.check_layer, lambda: (abs, abs, np.arange(3)), TypeError,
         "floating array"),
    case("nan_in_x", gradcheck.check_layer, lambda: (abs, abs, np.array([np.nan])), ValueError,
         "finite"),
    case("no_function", gradcheck.check_gradient, lambda: (None, abs, np.ones(3)), TypeError, "f:"),
    case("integers", gradcheck.check_gradient, lambda: (total, np.ones_like, np.arange(3)),
         TypeError, "x"),
]
