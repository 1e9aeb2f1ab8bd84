"""Other arguments have other sizes, and what is equal by accident does not stay so."""

import itertools

import numpy as np

from gradcheck.repair.places import others


def test_a_batch_as_large_as_another_axis_comes_apart_from_it():
    args = (np.ones((3, 2, 7)), np.ones((5, 2, 3)))
    shapes = [tuple(array.shape for array in found)
              for found in itertools.islice(others(args, np.random.default_rng(0)), 8)]
    assert any(x[0] != w[2] for x, w in shapes)


def test_labels_stay_within_their_range_and_settings_change():
    args = (np.ones((4, 6)), np.arange(4), {"stride": 2, "seed": 3, "mode": "train"})
    found = list(itertools.islice(others(args, np.random.default_rng(0)), 12))
    assert all(set(labels) <= {0, 1, 2, 3} for _, labels, _ in found)
    assert {param["stride"] for _, _, param in found} > {2}
    assert {param["mode"] for _, _, param in found} == {"train"}
