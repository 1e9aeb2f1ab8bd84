"""Data: real digits, disjoint splits, scaling without leaks, exact label noise, CIFAR-10 files."""

import functools
import pickle
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nets.data import (
    CIFAR10_TEST,
    CIFAR10_TRAIN,
    fit_scaling,
    flip_labels,
    get_CIFAR10_data,
    load_CIFAR10,
    load_digits,
    split,
)


def write_cifar10(folder, records=4):
    """Write the six files; pixel j of record i of file k is a known function of i, j, k."""
    for k, name in enumerate((*CIFAR10_TRAIN, CIFAR10_TEST)):
        pixels = (np.arange(3072) + 7 * np.arange(records)[:, None] + 31 * k) % 256
        labels = (np.arange(records) + k)[:, None] % 10
        np.hstack([labels, pixels]).astype(np.uint8).tofile(folder / name)
    return folder


def test_digits_are_1797_scans_of_64_pixels():
    X, y = load_digits()
    assert X.shape == (1797, 64)
    assert (X.min(), X.max()) == (0, 16)
    assert X.dtype == np.float64
    assert set(y.tolist()) == set(range(10))
    assert y.dtype == np.int64


def test_without_scikit_learn_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r"scikit-learn.*maskgrad\[notebooks\]"):
        load_digits()


@settings(deadline=None)
@given(N=st.integers(1, 30), cut=st.floats(0, 1), seed=st.integers(0, 9))
def test_parts_are_disjoint_aligned_and_repeatable(N, cut, seed):
    X, y = np.arange(N)[:, None] * 2.0, np.arange(N)
    sizes = [int(cut * N), N - int(cut * N)]
    parts = split(X, y, sizes, seed)
    assert [len(labels) for _, labels in parts] == sizes
    assert sorted(np.concatenate([labels for _, labels in parts])) == list(range(N))
    for (samples, labels), (again, _) in zip(parts, split(X, y, sizes, seed), strict=True):
        np.testing.assert_array_equal(samples[:, 0], 2.0 * labels)
        np.testing.assert_array_equal(samples, again)


def test_parts_are_copies():
    X, y = np.zeros((4, 1)), np.zeros(4, int)
    [(part, labels)] = split(X, y, [4], seed=0)
    part += 1
    labels += 1
    assert not X.any()
    assert not y.any()


def test_standard_scaling_gives_every_training_feature_mean_0_and_variance_1():
    X = np.random.default_rng(0).normal(3, [1, 10, 0], size=(50, 3))
    scaled = fit_scaling(X)(X)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), [1, 1, 0], atol=1e-12)


def test_global_scaling_keeps_the_relative_contrast_of_pixels():
    X = np.random.default_rng(0).normal(3, [1, 10], size=(50, 2))
    scaled = fit_scaling(X, "global")(X)
    assert abs(scaled.mean()) < 1e-12
    assert scaled.std() == pytest.approx(1)
    np.testing.assert_allclose(scaled.std(axis=0) / X.std(axis=0), 1 / X.std())


def test_scaling_uses_nothing_of_the_samples_it_is_applied_to():
    X_train, X_test = np.array([[0.0], [2.0]]), np.array([[100.0], [200.0]])
    np.testing.assert_array_equal(fit_scaling(X_train)(X_test), [[99.0], [199.0]])


@pytest.mark.parametrize(("dtype", "expected"), [(np.float32, np.float32), (np.uint8, np.float64)])
def test_scaling_keeps_floats_of_their_dtype_and_mutates_nothing(dtype, expected):
    X = np.arange(6, dtype=dtype).reshape(3, 2)
    before = X.copy()
    assert fit_scaling(X)(X).dtype == expected
    np.testing.assert_array_equal(X, before)


@settings(deadline=None)
@given(
    N=st.integers(0, 60), fraction=st.floats(0, 1), classes=st.integers(2, 12), seed=st.integers(0)
)
def test_exactly_the_asked_fraction_of_labels_becomes_another_class(N, fraction, classes, seed):
    y = np.arange(N) % classes
    y.flags.writeable = False
    noisy, flipped = flip_labels(y, fraction, classes, seed)
    assert flipped.sum() == round(fraction * N)
    np.testing.assert_array_equal(noisy != y, flipped)
    assert N == 0 or (noisy.min() >= 0 and noisy.max() < classes)
    np.testing.assert_array_equal(noisy, flip_labels(y, fraction, classes, seed)[0])
    assert noisy.dtype == y.dtype


def test_noise_is_uniform_over_the_other_classes():
    noisy, _ = flip_labels(np.full(90_000, 3), 1.0, 10, seed=1)
    counts = np.bincount(noisy, minlength=10)
    assert counts[3] == 0
    assert np.abs(np.delete(counts, 3) - 10_000).max() < 5 * np.sqrt(10_000)


def test_noise_of_small_unsigned_labels_does_not_wrap_around():
    noisy, _ = flip_labels(np.full(1000, 199, np.uint8), 1.0, 200, seed=0)
    assert noisy.dtype == np.uint8
    assert noisy.max() < 200
    assert (noisy != 199).all()


def test_other_seeds_flip_other_labels():
    y = np.zeros(100, int)
    assert (flip_labels(y, 0.3, 10, 0)[1] != flip_labels(y, 0.3, 10, 1)[1]).any()


def write_pickled(folder, records=4, protocol=2):
    """Write the Python version with the pixels and labels of `write_cifar10`."""
    write_cifar10(folder, records)
    for path in list(folder.glob("*.bin")):
        raw = np.fromfile(path, np.uint8).reshape(records, -1)
        batch = {"data": raw[:, 1:].copy(), "labels": raw[:, 0].tolist(), "batch_label": "one"}
        path.with_suffix("").write_bytes(pickle.dumps(batch, protocol=protocol))
        path.unlink()
    return folder


@pytest.mark.parametrize("write", [write_cifar10, write_pickled,
                                   functools.partial(write_pickled, protocol=4)])
def test_cifar10_records_are_a_label_and_three_colour_planes(tmp_path, write):
    X_train, y_train, X_test, y_test = load_CIFAR10(write(tmp_path))
    assert X_train.shape == (20, 32, 32, 3)
    assert X_test.shape == (4, 32, 32, 3)
    assert X_train.dtype == np.float64
    np.testing.assert_array_equal(y_train[:8], [0, 1, 2, 3, 1, 2, 3, 4])
    np.testing.assert_array_equal(y_test, [5, 6, 7, 8])
    # file 1, record 2: the green plane starts at byte 1024
    assert X_train[2, 0, 0, 1] == (1024 + 14) % 256
    assert X_train[2, 1, 0, 1] == (1024 + 32 + 14) % 256
    assert X_test[1, 31, 31, 2] == (3071 + 7 + 31 * 5) % 256
    data = get_CIFAR10_data(12, 5, 3, subtract_mean=False, folder=tmp_path)
    np.testing.assert_array_equal(data["X_val"], X_train[12:17].transpose(0, 3, 1, 2))


class Evil:
    def __reduce__(self):
        return eval, ("1 / 0",)


@pytest.mark.parametrize(("content", "words"), [
    (pickle.dumps(Evil()), "builtins.eval"),
    (pickle.dumps({"data": np.array([Evil()]), "labels": [1]}), "not of bytes"),
    (pickle.dumps({"data": np.ma.ones(3072), "labels": [1]}), "which is no array"),
    (pickle.dumps({"data": np.zeros((1, 3072)), "labels": [1]}, protocol=2), "not of bytes"),
    (pickle.dumps({"data": np.zeros((2, 3072), "u1"), "labels": [1]}, protocol=2), "3072"),
    (pickle.dumps({"data": np.zeros((1, 3072), "u1"), "labels": [11]}, protocol=2), "from 0 to 9"),
    (pickle.dumps({"labels": [1]}), "KeyError"), (b"", "EOFError"), (b"\x80", "cannot be read"),
])
def test_a_pickle_of_anything_but_arrays_and_strings_is_refused(tmp_path, content, words):
    write_pickled(tmp_path)
    (tmp_path / "data_batch_2").write_bytes(content)
    with pytest.raises(ValueError, match=rf"data_batch_2.*{words}"):
        load_CIFAR10(tmp_path)


def test_a_missing_file_of_the_python_version_is_named(tmp_path):
    write_pickled(tmp_path)
    (tmp_path / "data_batch_1").unlink()
    with pytest.raises(FileNotFoundError, match="data_batch_1'"):
        load_CIFAR10(tmp_path)


@pytest.mark.parametrize("name", [*CIFAR10_TRAIN, CIFAR10_TEST])
def test_a_missing_cifar10_file_is_named(tmp_path, name):
    write_cifar10(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        load_CIFAR10(tmp_path)


@pytest.mark.parametrize("size", [0, 1, 3072, 3 * 3073 - 1])
def test_a_truncated_cifar10_file_is_refused(tmp_path, size):
    write_cifar10(tmp_path)
    (tmp_path / "data_batch_3.bin").write_bytes(bytes(size))
    with pytest.raises(ValueError, match=rf"data_batch_3.bin.*{size} bytes"):
        load_CIFAR10(tmp_path)


def test_a_cifar10_label_above_9_is_refused(tmp_path):
    write_cifar10(tmp_path)
    (tmp_path / "test_batch.bin").write_bytes(bytes([10]) + bytes(3072))
    with pytest.raises(ValueError, match=r"test_batch.bin.*label byte of 10"):
        load_CIFAR10(tmp_path)


def test_cifar10_parts_have_the_notebooks_keys_and_the_training_mean_subtracted(tmp_path):
    write_cifar10(tmp_path)
    raw = get_CIFAR10_data(12, 5, 3, subtract_mean=False, folder=tmp_path)
    data = get_CIFAR10_data(12, 5, 3, folder=tmp_path)
    lengths = {"X_train": 12, "y_train": 12, "X_val": 5, "y_val": 5, "X_test": 3, "y_test": 3}
    assert {key: len(value) for key, value in data.items()} == lengths
    mean = raw["X_train"].mean(axis=0, dtype=np.float64)
    for part in ("train", "val", "test"):
        assert data[f"X_{part}"].dtype == np.float32
        np.testing.assert_allclose(data[f"X_{part}"], raw[f"X_{part}"] - mean, atol=1e-3)
        np.testing.assert_array_equal(data[f"y_{part}"], raw[f"y_{part}"])


def test_more_images_than_the_files_hold_are_refused(tmp_path):
    write_cifar10(tmp_path)
    with pytest.raises(ValueError, match=r"num_training \+ num_validation.*at most 20"):
        get_CIFAR10_data(16, 5, 3, folder=tmp_path)


def test_the_digits_are_the_callers_own_each_time():
    X, y = load_digits()
    X[0], y[0] = -1, -1
    again = load_digits()
    assert (again[0] >= 0).all()
    assert (again[1] >= 0).all()
    assert again[0].shape == (1797, 64)
