"""The references against the package's own layers, and what all of them have in common."""

import itertools

import numpy as np
import pytest

import layers
from gradcheck.examples.candidates import candidates
from gradcheck.examples.standard import LAYERS, LOSSES
from gradcheck.reference.table import REFERENCES
from gradcheck.target.pairs import Pair
from gradcheck.target.roles import roles_of
from gradcheck.target.values import wanted

OWN = sorted({name for name in REFERENCES if hasattr(layers, f"{name}_forward")}
             | {name for name in REFERENCES if callable(getattr(layers, name, None))})


def roles(name, forward):
    """Return the first example of a name by the parameters' standard names."""
    found = next(candidates(name, forward, np.random.default_rng(0)))
    return found, roles_of(name, forward, found)


@pytest.mark.parametrize("name", OWN)
def test_a_reference_is_what_the_layer_of_the_package_computes(name):
    forward = getattr(layers, f"{name}_forward", None) or getattr(layers, name)
    found, named = roles(name, forward)
    got = forward(*found.args)[0]
    reference = REFERENCES[name]
    values = [wanted(value, named) for value in (reference.value, *reference.conventions.values())]
    if reference.fitted is not None:
        fitted = reference.fitted
        values.append((fitted.value(named["x"], *fitted.fit(named["x"], got)),))
    assert any(value is not None and value[0].shape == np.shape(got)
               and np.allclose(value[0], np.where(np.isnan(value[0]), np.nan, got), rtol=1e-3,
                               equal_nan=True) for value in values)


@pytest.mark.parametrize("name", sorted(REFERENCES))
def test_a_reference_is_defined_at_the_example_of_its_name(name):
    entry = LOSSES.get(name, LAYERS.get(name))
    scope: dict = {}
    exec(f"def forward({', '.join(entry)}): ...", scope)
    _, named = roles(name, scope["forward"])
    reference = REFERENCES[name]
    value = wanted(reference.value, named)
    assert value is not None
    assert all(np.isfinite(part).any() for part in value)
    every = (*reference.conventions.values(), *(slip.value for slip in reference.slips))
    for other in every:  # defined, or another protocol's: nothing else is raised
        wanted(other, named)


def test_no_reference_has_dropout_in_it_and_every_one_has_a_standard_name():
    assert not [name for name in REFERENCES if "drop" in name]
    assert set(REFERENCES) <= {*LAYERS, *LOSSES}


# Where the example cannot tell two sides, or two strides, apart.
MODES = {
    "conv_relu_pool": {"stride": 2, "pad": 2},
    **{name: {"pad": 2} for name in ("conv", "conv2d", "conv_relu", "conv_bn_relu")},
}


def slips():
    """Return every slip once, under the first name that has it."""
    first = {id(reference): name for name, reference in reversed(REFERENCES.items())}
    return [(name, slip) for name in first.values() for slip in REFERENCES[name].slips]


@pytest.mark.parametrize(("name", "slip"), slips(), ids=lambda entry: getattr(
    entry, "because", entry))
def test_a_slip_is_told_from_the_definition_and_from_every_convention(name, slip):
    """At the example, or in test mode, where it is defined at all."""
    entry = LOSSES.get(name, LAYERS.get(name))
    scope: dict = {}
    exec(f"def forward({', '.join(entry)}): ...", scope)
    _, named = roles(name, scope["forward"])
    reference = REFERENCES[name]
    size = np.size(named.get("gamma", 1))
    modes = [MODES.get(name, {}), *([{"W": named["W"] / 2}] if "reg" in named else ())]
    if "mode" in named:
        modes.append({"mode": "test", "running_mean": np.arange(1.0, size + 1),
                      "running_var": np.arange(2.0, size + 2)})
    defined = [(wanted(slip.value, {**named, **mode}), {**named, **mode}) for mode in modes]
    defined = [(value, at) for value, at in defined if value is not None]
    assert defined
    for right in (reference.value, *reference.conventions.values()):
        assert any(not same(value, wanted(right, at)) for value, at in defined)


def same(one, two):
    """Whether two values are equal to three digits where both are compared."""
    if two is None or one[0].shape != two[0].shape or not np.isfinite(two[0]).any():
        return False
    return all(np.allclose(a, b, rtol=1e-3) for a, b in itertools.zip_longest(
        map(np.nan_to_num, one), map(np.nan_to_num, two)))


def test_a_pair_of_another_name_has_no_reference():
    assert REFERENCES.get(Pair("blur", "blur", abs, abs).base) is None
