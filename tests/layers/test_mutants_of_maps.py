"""Slips put into our own convolution, pooling and normalization: the checker's code, and the line.

Each mutant is the layer's file with one piece of text replaced, at its last occurrence.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import layers
from gradcheck import check_layer

FOLDER = Path(layers.__file__).parent


def normal(*shapes):
    return lambda rng: tuple(rng.normal(size=shape) for shape in shapes)


# The file, the layer, its arrays and what follows them.
LAYERS = {
    "conv": ("convolution", normal((3, 2, 5, 6), (4, 2, 3, 3), (4,)), {"stride": 1, "pad": 1}),
    "max_pool": ("pooling", normal((3, 2, 7, 6)),
                 {"pool_height": 3, "pool_width": 2, "stride": 1}),
    "avg_pool": ("pooling", normal((3, 2, 7, 6)),
                 {"pool_height": 3, "pool_width": 2, "stride": 1}),
    "spatial_batchnorm": ("spatial_normalization", normal((3, 6, 2, 5), 6, 6), {"mode": "train"}),
    "spatial_groupnorm": ("spatial_normalization", normal((3, 6, 2, 5), 6, 6), 2, {}),
}
# The layer, what is replaced, by what, and the code that says so.
MUTANTS = [
    ("conv", "dout.sum(axis=(0, 2, 3))", "dout.sum(axis=(0, 2, 3)) / len(x)", "scaled"),
    ("conv", "column @ row.T", "column @ -row.T", "sign-flipped"),
    ("conv", "place += parts[:, :, k]", "place[...] = parts[:, :, k]", "overlap-overwritten"),
    ("conv", "dx = windows.inside(daround)", "dx = daround[:, :, :x.shape[2], :x.shape[3]]",
     "padding-crop"),
    ("conv", "parts[:, :, k]", "parts[:, :, ::-1][:, :, k]", "kernel-flipped"),
    ("max_pool", "place += chosen", "place[...] = chosen", "overlap-overwritten"),
    ("max_pool", "first[block] == k", "first[block] == 5 - k", "pool-misrouted"),
    ("max_pool", "first[block] == k", "first[block] <= k", "pool-spread"),
    ("avg_pool", "share = dout / (windows.kernel[0] * windows.kernel[1])",
     "share = dout / windows.kernel[0]", "scaled"),
    ("spatial_groupnorm", "dx -= rows * (g * rows).mean(axis=1, keepdims=True)", "pass",
     "variance-constant"),
    ("spatial_groupnorm", "dx = g - g.mean(axis=1, keepdims=True)", "dx = g.copy()",
     "mean-constant"),
    ("spatial_groupnorm", "g = (dout * _beside(widen(gamma)))", "g = dout.copy()",
     "gamma-missing"),
    ("spatial_groupnorm", "dx *= inv_std", "pass", "unexplained"),
    ("spatial_batchnorm", "return _maps(dx, shape), dgamma, dbeta",
     "return _maps(dx, shape), dbeta, dgamma", "outputs-swapped"),
    ("spatial_batchnorm", "_maps(dx, shape), dgamma, dbeta",
     "_maps(dx, shape), dgamma / shape[0], dbeta", "scaled"),
]
LOCATED = [mutant for mutant in MUTANTS
           if mutant[3] in ("kernel-flipped", "scaled") and mutant[0] in ("conv",
                                                                          "spatial_batchnorm")
           and "sum(axis" not in mutant[1]]


def named(mutants):
    return pytest.mark.parametrize("mutant", mutants, ids=lambda mutant: "-".join(mutant[::3]))


def judged(mutant, folder, **options):
    """Return the report on a mutant, and the line that was changed."""
    name, old, new, _ = mutant
    file, arrays, *rest = LAYERS[name]
    head, found, tail = (FOLDER / f"{file}.py").read_text(encoding="utf-8").rpartition(old)
    assert found, f"{old} does not stand in {file}.py any more"
    path = folder / f"mutant_of_{file}.py"
    path.write_text(head + new + tail, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pair = (getattr(module, f"{name}_{direction}") for direction in ("forward", "backward"))
    args = (*arrays(np.random.default_rng(0)), *rest)
    return check_layer(*pair, *args, **options), head.count("\n") + 1


@named(MUTANTS)
def test_a_slip_in_our_own_layer_is_called_by_its_code(mutant, tmp_path):
    report, _ = judged(mutant, tmp_path)
    assert report.findings[0].code == mutant[3], str(report)


@pytest.mark.slow
@named(LOCATED)
def test_a_slip_in_our_own_layer_is_found_at_its_line(mutant, tmp_path):
    report, line = judged(mutant, tmp_path, repair="line")
    assert report.repairs[0].line == line, str(report)


def test_the_unchanged_file_passes(tmp_path):
    report, _ = judged(("conv", "place += parts", "place += parts", ""), tmp_path)
    assert report.passed
