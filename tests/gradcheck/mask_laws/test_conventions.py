"""Conventions make the implementation of a pair, by one rule for the vanilla dropout."""

from __future__ import annotations

import pytest

from gradcheck.mask_laws.conventions import LAWFUL, Conventions
from gradcheck.target.pairs import Pair


def pair(name, base):
    return Pair(name, base, forward=lambda x, param: (x, None), backward=lambda dout, cache: dout)


@pytest.mark.parametrize(("base", "given", "scaling"), [
    ("dropout", "inverted", "inverted"), ("dropout", "vanilla", "vanilla"),
    ("vanilla_dropout", "inverted", "vanilla"), ("vanilla_dropout", "vanilla", "vanilla"),
])
def test_a_vanilla_dropout_scales_at_test_time_whatever_the_conventions_say(base, given, scaling):
    layer = pair(f"{base}_fast", base)
    impl = Conventions("keep", given, "rng").implementation(layer)
    assert base in LAWFUL
    assert (impl.forward, impl.backward, impl.name) == (layer.forward, layer.backward, layer.name)
    assert (impl.p_is, impl.scaling, impl.seeding) == ("keep", scaling, "rng")


def test_a_flag_spells_no_seeding_as_a_word():
    assert Conventions.of_flags("keep", "vanilla", "none").to_dict() == {
        "p_is": "keep", "scaling": "vanilla", "seeding": None}
    assert Conventions.of_flags("drop", "inverted", "seed") == Conventions()


@pytest.mark.parametrize("wrong", [{"p_is": "p"}, {"scaling": None}, {"seeding": "time"}])
def test_an_unknown_convention_is_refused_with_those_that_there_are(wrong):
    (label, value), = wrong.items()
    with pytest.raises(ValueError, match=f"{label}: got {value!r}.*Remedy: pass one of"):
        Conventions(**wrong)
