"""ONNX's node cases of convolution, pooling and spatial normalization.

`figures/onnx_1_23_2.npz` holds inputs, attributes and outputs of `onnx.backend.test` (Apache-2.0),
of pooling the first channel. Left out are windows in three dimensions and with dilations. What our
layers leave to the caller is done here: padding that is not the same on both sides, or wider than
half a window, and the rows that no window sees.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import layers as L

FIGURES = Path(__file__).with_name("figures") / "onnx_1_23_2.npz"


def read():
    cases = {}
    with np.load(FIGURES, allow_pickle=False) as file:
        for key in file.files:
            name, part = key.split("/")
            cases.setdefault(name, {})[part] = file[key]
    return cases


CASES = read()


def sides(attributes, size):
    """Return (before, after) of each axis: ONNX's pads, or what its auto_pad comes to."""
    kernel = attributes["kernel_shape"]
    strides = attributes.get("strides", [1] * len(size))
    if "auto_pad" in attributes:
        needed = [(-(-length // step) - 1) * step + k - length
                  for length, k, step in zip(size, kernel, strides, strict=True)]
        lower = attributes["auto_pad"] == "SAME_LOWER"
        return [(n - n // 2, n // 2) if lower else (n // 2, n - n // 2) for n in needed]
    pads = attributes.get("pads", [0] * 2 * len(size))
    return list(zip(pads[:len(size)], pads[len(size):], strict=True))


def fitted(x, attributes, value):
    """Pad x (N, C, H, W) by hand and crop what no window sees; ceil_mode adds a last window."""
    size, kernel = x.shape[2:], attributes["kernel_shape"]
    x = np.pad(x, ((0, 0), (0, 0), *sides(attributes, size)), constant_values=value)
    for axis, (k, step) in enumerate(zip(kernel, attributes.get("strides", [1, 1]), strict=True)):
        length = x.shape[2 + axis]
        rest = (length - k) % step
        more = attributes.get("ceil_mode", 0) and rest > 0 and (
            # the last window must begin in the image or in the padding before it
            (length - k) // step * step + step < size[axis] + sides(attributes, size)[axis][0])
        if more:
            widths = [(0, 0)] * 4
            widths[2 + axis] = (0, step - rest)
            x = np.pad(x, widths, constant_values=value)
        else:
            x = np.take(x, range(length - rest), axis=2 + axis)
    return x


def pool(attributes, x):
    ours = L.max_pool_forward if attributes["op"] == "MaxPool" else L.avg_pool_forward
    flat = x.ndim == 3
    if flat:
        x = x[:, :, np.newaxis]
        attributes = {**attributes, "kernel_shape": [1, *attributes["kernel_shape"]]}
    height, width = attributes["kernel_shape"]
    param = {"pool_height": height, "pool_width": width,
             "stride": tuple(attributes.get("strides", [1, 1]))}
    lowest = -np.inf if attributes["op"] == "MaxPool" else 0.0
    out, _ = ours(fitted(x.astype(np.float64), attributes, lowest), param)
    if attributes["op"] == "AveragePool" and not attributes.get("count_include_pad", 0):
        out /= ours(fitted(np.ones(x.shape), attributes, 0.0), param)[0]
    return out[:, :, 0] if flat else out


def conv(attributes, x, w, b=None):
    pads = sides(attributes, x.shape[2:])
    assert all(before == after for before, after in pads)
    param = {"stride": tuple(attributes.get("strides", [1, 1])),
             "pad": tuple(before for before, _ in pads)}
    return L.conv_forward(x, w, np.zeros(len(w), x.dtype) if b is None else b, param)[0]


def batchnorm(attributes, x, gamma, beta, mean, var):
    param = {"mode": "train" if attributes.get("training_mode", 0) else "test",
             "eps": attributes.get("epsilon", 1e-5), "running_mean": mean, "running_var": var}
    out, _ = L.spatial_batchnorm_forward(x, gamma, beta, param)
    return out, param["running_mean"], param["running_var"]


def groupnorm(attributes, x, gamma, beta):
    return L.spatial_groupnorm_forward(x, gamma, beta, attributes["num_groups"],
                                       {"eps": attributes.get("epsilon", 1e-5)})[0]


OURS = {"Conv": conv, "MaxPool": pool, "AveragePool": pool, "BatchNormalization": batchnorm,
        "GroupNormalization": groupnorm}


@pytest.mark.parametrize("name", CASES)
def test_our_layer_gives_onnxs_figures(name):
    case = CASES[name]
    attributes = json.loads(str(case["attributes"]))
    inputs = [case[f"input{i}"] for i in range(len(case)) if f"input{i}" in case]
    found = OURS[attributes["op"]](attributes, *inputs)
    found = found if isinstance(found, tuple) else (found,)
    expected = [case[f"output{i}"] for i in range(len(case)) if f"output{i}" in case]
    for ours, theirs in zip(found, expected, strict=False):
        assert ours.shape == theirs.shape
        # One of the figures is written with four digits.
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=5e-5)


def test_the_figures_are_of_all_five_layers():
    operators = {json.loads(str(case["attributes"]))["op"] for case in CASES.values()}
    assert operators == set(OURS)
    assert len(CASES) == 39
