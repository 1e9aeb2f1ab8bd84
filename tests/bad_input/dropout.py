"""Wrong arguments of the dropout family.

A row is a correct call with one key of the dict, or one argument, replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

import layers as L
from tests.bad_input import BadCall

NAN = float("nan")
MISSING = object()
DROP_OR_KEEP = "for a keep probability k pass p = 1 - k"
SHAPES = {
    "dropout": (4, 3),
    "vanilla_dropout": (4, 3),
    "spatial_dropout": (2, 3, 4),
    "dropout1d": (2, 3, 4),
    "dropout2d": (2, 3, 4, 4),
    "dropout3d": (2, 3, 2, 4, 4),
    "locked_dropout": (2, 3, 4),
    "stochastic_depth": (4, 3),
    "dropblock": (2, 3, 7, 6),
    "gaussian_dropout": (4, 3),
    "alpha_dropout": (4, 3),
    "feature_alpha_dropout": (2, 3, 4),
    "dropconnect_affine": (4, 3),
}


def arguments(name: str, x: Any = MISSING, **changes: Any) -> tuple[Any, ...]:
    """The arguments of a right call of the layer `name`, save for the changed ones."""
    right = {"p": 0.5, "mode": "train"}
    if name == "dropblock":
        right["block_size"] = 3
    param = {key: value for key, value in {**right, **changes}.items() if value is not MISSING}
    x = np.ones(SHAPES[name]) if x is MISSING else x
    return (x, np.ones((3, 2)), np.ones(2), param) if "affine" in name else (x, param)


def key(
    name: str, key: str, value: Any, *words: str, error: type[Exception] = ValueError
) -> BadCall:
    """One row: the dict of layer `name` with one wrong key."""
    # an address in a name would make it another test every time
    text = "missing" if value is MISSING else re.sub(" at 0x.*", "", repr(value))
    text = text.replace("\n", " ")[:40]
    return BadCall(f"{name}: {key} {text}", getattr(L, f"{name}_forward"),
                   lambda: arguments(name, **{key: value}), error, words)


def given_x(
    name: str, text: str, x: Any, *words: str, error: type[Exception] = ValueError
) -> BadCall:
    """One row: the layer `name` with a wrong x."""
    return BadCall(f"{name}: {text}", getattr(L, f"{name}_forward"),
                   lambda: arguments(name, x=x), error, ("x", *words))


def wrong_dout(name: str, text: str, change: Callable[[np.ndarray], Any],
               error: type[Exception] = ValueError, **changes: Any) -> BadCall:
    """One row: the backward of layer `name` with a dout that does not belong to its cache."""
    def make() -> tuple[Any, ...]:
        out, cache = getattr(L, f"{name}_forward")(*arguments(name, **changes))
        return change(np.ones_like(out)), cache

    return BadCall(f"{name}: dout {text} {changes or ''}", getattr(L, f"{name}_backward"), make,
                   error, ("dout",))


BAD_P = [(1.0, ValueError), (1, ValueError), (1.5, ValueError), (-0.1, ValueError),
         (NAN, ValueError), (np.inf, ValueError), ("0.5", TypeError), (None, TypeError),
         (np.array([0.5, 0.5]), TypeError), (True, TypeError), (0.5j, TypeError),
         ([0.5], TypeError)]
BAD_SEED = [(-1, ValueError), (1.5, TypeError), (2.0, TypeError), ("0", TypeError),
            (True, TypeError), (np.array([1]), TypeError), ([1, 2], TypeError)]
BAD_RNG = [0, "rng", np.random.default_rng, np.random.PCG64(0), np.random.SeedSequence(1)]

CASES = [
    *(key("dropout", "p", p, "dropout_param['p']", "0 <= p < 1", DROP_OR_KEEP, error=error)
      for p, error in BAD_P),
    *(key(name, "p", p, "dropout_param['p']", "0 <= p < 1", DROP_OR_KEEP)
      for name in SHAPES if name != "dropout" for p in (NAN, 1.0)),
    *(key(name, "p", MISSING, "'p' is missing", "dropout_param", error=KeyError)
      for name in SHAPES),
    *(key(name, "mode", MISSING, "'mode' is missing", "dropout_param", error=KeyError)
      for name in SHAPES),
    *(key(name, "mode", "Train", "dropout_param['mode']", "'train' or 'test'") for name in SHAPES),
    *(key("dropout", "mode", mode, "dropout_param['mode']", "'train' or 'test'")
      for mode in ("eval", None, True, 1)),
    *(key("dropout", "seed", seed, "dropout_param['seed']", "non-negative", error=error)
      for seed, error in BAD_SEED),
    *(key(name, "seed", -1, "dropout_param['seed']", "non-negative")
      for name in SHAPES if name != "dropout"),
    *(key("dropout", "rng", rng, "dropout_param['rng']", "default_rng", error=TypeError)
      for rng in BAD_RNG),
    *(key(name, "rng", 0, "dropout_param['rng']", "default_rng", error=TypeError)
      for name in SHAPES if name != "dropout"),
    *(key(name, "store", "bytes", "dropout_param['store']", "'mask'") for name in SHAPES),
    *(key("dropout", "store", store, "dropout_param['store']", "'mask' or 'bits' or 'seed'",
          error=TypeError) for store in (None, 1, True)),
    key("gaussian_dropout", "store", "bits", "dropout_param['store']", "'mask' or 'seed'"),
    *(key(name, "shared_axes", axes, "dropout_param['shared_axes']", "(4, 3)", error=error)
      for name in ("dropout", "gaussian_dropout", "alpha_dropout")
      for axes, error in ((2, ValueError), (-3, ValueError), ((0, 5), ValueError),
                          (1.0, TypeError), ("0", TypeError), (True, TypeError),
                          ((0, None), TypeError))),
    *(key("dropout", "shared_axes", axes, "dropout_param['shared_axes']", "once")
      for axes in ((0, 0), (1, -1), [0, 1, 0])),
    *(key(name, "shared_axes", 0, "dropout_param['shared_axes']", "axes of its own")
      for name in ("spatial_dropout", "dropout1d", "dropout2d", "dropout3d", "locked_dropout",
                   "stochastic_depth", "feature_alpha_dropout", "dropblock")),
    *(key("locked_dropout", "time_axis", axis, "dropout_param['time_axis']", "(2, 3, 4)",
          error=error)
      for axis, error in ((3, ValueError), (-4, ValueError), (1.0, TypeError), ("1", TypeError),
                          (True, TypeError), ((1,), TypeError), (None, TypeError))),
    *(key("stochastic_depth", "granularity", word, "dropout_param['granularity']",
          "'sample' or 'batch'", error=error)
      for word, error in (("row", ValueError), ("Sample", ValueError), (None, TypeError),
                          (1, TypeError))),
    *(key("dropblock", "block_size", size, "dropout_param['block_size']", "from 1 to 6",
          error=error)
      for size, error in ((0, ValueError), (-3, ValueError), (2, ValueError), (4, ValueError),
                          (7, ValueError), (3.0, TypeError), ("3", TypeError), (True, TypeError),
                          ((3, 3), TypeError), (None, TypeError))),
    key("dropblock", "block_size", MISSING, "'block_size' is missing", error=KeyError),
    *(given_x(name, "integers", np.ones(SHAPES[name], int), "int64", "astype(np.float64)",
              error=TypeError) for name in SHAPES),
    *(given_x("dropout", text, x, "float", error=TypeError)
      for text, x in (("a list", [1.0, 2.0]), ("a string", "x"), ("None", None), ("a float", 1.0),
                      ("complex", np.ones(3, complex)), ("bool", np.ones(3, bool)))),
    *(given_x(name, text, kind(np.ones(SHAPES[name])), *words, error=TypeError)
      for name in SHAPES for text, kind, words in (
          ("long double", np.longdouble, ("float64",)),
          ("a masked array", np.ma.masked_array, ("plain array",)))),
    given_x("dropout", "a matrix", np.ones((4, 3)).view(np.matrix), "plain array", error=TypeError),
    *(given_x(name, "too few axes", np.ones(SHAPES[name][1:]), "np.newaxis")
      for name in ("spatial_dropout", "dropout1d", "dropout2d", "dropout3d",
                   "feature_alpha_dropout")),
    *(given_x(name, "too many axes", np.ones((1, *SHAPES[name])), "batch of shape (N, C")
      for name in ("dropout1d", "dropout2d", "dropout3d")),
    given_x("locked_dropout", "no time axis", np.ones(3), "(N, T, D)"),
    given_x("dropblock", "no images", np.ones((3, 4)), "4 dimensions"),
    given_x("stochastic_depth", "no samples", np.ones(()), "dimension"),
    *(BadCall(f"{name}: dropout_param {param!r}", getattr(L, f"{name}_forward"),
              lambda name=name, param=param: (*arguments(name)[:-1], param), TypeError,
              ("dropout_param", "a dict"))
      for name in SHAPES for param in (None, 0.5)),
    BadCall("dropout: seed and rng", L.dropout_forward,
            lambda: arguments("dropout", seed=1, rng=np.random.default_rng(1)), ValueError,
            ("dropout_param['rng']", "together with a seed")),
    BadCall("dropout: store seed with a RandomState", L.dropout_forward,
            lambda: arguments("dropout", store="seed", rng=np.random.RandomState(1)), ValueError,
            ("dropout_param['store']", "RandomState")),
    *(wrong_dout(name, text, change)
      for name in SHAPES for text, change in (
          ("too short", lambda dout: dout[:-1]), ("with an axis more", lambda dout: dout[None]))),
    *(wrong_dout(name, text, change, mode="test")
      for name in SHAPES for text, change in (
          ("flat", lambda dout: np.ones(7)), ("with an axis more", lambda dout: dout[None]))),
    *(wrong_dout(name, "too short", lambda dout: dout[:-1], store=store)
      for name in SHAPES for store in ("bits", "seed")
      if (name, store) != ("gaussian_dropout", "bits")),
    *(wrong_dout(name, "of integers", lambda dout: dout.astype(int), TypeError) for name in SHAPES),
    *(BadCall(f"{name}: backward before forward", getattr(L, f"{name}_backward"),
              lambda name=name: (np.ones(SHAPES[name]), None), TypeError,
              ("cache", f"{name}_forward")) for name in SHAPES),
    *(BadCall(f"{name}: the mask alone for a cache", getattr(L, f"{name}_backward"),
              lambda name=name: (np.ones(SHAPES[name]), np.ones(SHAPES[name], bool)), TypeError,
              ("cache", f"{name}_forward")) for name in SHAPES),
    *(BadCall(f"{name}: the cache of another layer", getattr(L, f"{name}_backward"),
              lambda name=name: (np.ones(SHAPES[name]), (np.ones(3), np.ones(3, bool))), TypeError,
              ("cache", f"{name}_forward"))
      for name in SHAPES if name != "dropconnect_affine"),
    *(BadCall(f"{name}: cache {text}", getattr(L, f"{name}_backward"),
              lambda name=name, cache=cache: (np.ones(SHAPES[name]), cache), ValueError,
              ("cache", f"{name}_forward", "its own forward"))
      for name in SHAPES if name != "dropconnect_affine" for text, cache in (
          ("of an empty dict", ({}, None)),
          ("without mode", ({"p": 0.5}, None)),
          ("without p", ({"mode": "test"}, None)),
          ("of training without a mask", ({"p": 0.5, "mode": "train"}, None)),
          ("with a mask of integers", ({"p": 0.5, "mode": "train"}, np.ones(3, int))),
          ("of an unknown store", ({"p": 0.5, "mode": "train", "store": "disk"}, None)),
          ("of bits without shape",
           ({"p": 0.5, "mode": "train", "store": "bits"}, np.ones(3, np.uint8))),
          ("of a seed without shape",
           ({"p": 0.5, "mode": "train", "store": "seed", "seed": 1}, None)))),
    *(BadCall(f"dropconnect_affine_inference: samples {samples!r}", L.dropconnect_affine_inference,
              lambda samples=samples: (*arguments("dropconnect_affine"), samples), error,
              ("samples", "positive integer"))
      for samples, error in ((0, ValueError), (-1, ValueError), (2.0, TypeError),
                             (True, TypeError))),
    BadCall("dropconnect_affine: NaN in w", L.dropconnect_affine_forward,
            lambda: (np.ones((4, 3)), np.full((3, 2), NAN), np.ones(2), arguments("dropout")[1]),
            ValueError, ("w", "NaN")),
    BadCall("dropconnect_affine: w of another shape", L.dropconnect_affine_forward,
            lambda: (np.ones((4, 3)), np.ones((5, 2)), np.ones(2), arguments("dropout")[1]),
            ValueError, ("w", "(5, 2)")),
]
