"""A name that is asked for has to be in one of all targets; what none of them has is an error."""

from __future__ import annotations

import pytest

from gradcheck.target.errors import NoneWantedError, NothingToCheckError
from gradcheck.target.wanted import Wanted


def met(only, *targets, **how):
    """Return what is known once targets with these layers have been met."""
    wanted = Wanted(**how)
    for place, names in enumerate(targets):
        try:
            wanted.meet(only, names, f"{place}.py")
        except NoneWantedError:
            continue
    return wanted


@pytest.mark.parametrize("only", [[], ["relu"], ["rel*", "affine_forward"], ["relu", "affine"]])
def test_each_name_is_found_where_one_target_has_it(only):
    assert met(only, ["affine"], ["relu", "tanh"]).unfound == ""


def test_a_name_that_none_has_is_told_with_all_that_there_are_and_the_one_that_is_near():
    told = "--only: got 'duoble'; expected one of double, relu, tanh. Did you mean double?"
    wanted = met(["relu", "duoble"], ["tanh", "double"], ["relu"])
    assert wanted.unfound == told
    with pytest.raises(NothingToCheckError, match="got 'duoble'"):
        wanted.refuse_unfound()


def test_a_target_without_any_of_them_is_left_out_with_what_it_has():
    with pytest.raises(NoneWantedError, match=r"a\.py has no layer called relu or tanh: it has a,"):
        Wanted().meet(["relu", "tanh"], list("abcdefgh"), "a.py")


def test_what_the_only_target_lacks_is_nowhere_and_what_could_not_be_read_may_have_it():
    with pytest.raises(NothingToCheckError, match="got 'tanh'; expected one of relu"):
        Wanted(alone=True).meet(["relu", "tanh"], ["relu"], "a.py")
    assert met(["tanh"], ["relu"], unread=True).unfound == ""
