"""The editions of the course, by what their notebooks mean by `dropout` and `p`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Edition:
    """Years whose notebooks agree.

    Attributes
    ----------
    name : str
        The years.
    p_is : {'drop', 'keep'}
        What the `p` of a dropout_param is the probability of.
    net : mapping
        What `FullyConnectedNet` is built with besides what the notebook says.
    argument : str
        How a notebook's net is told of its dropout.
    """

    name: str
    p_is: str
    net: Mapping[str, str]
    argument: str


EDITIONS = {
    "2016-2017": Edition("2016-2017", "drop", {}, "dropout=0.25, off at 0"),
    "2018-2020": Edition("2018-2020", "keep", {"dropout_convention": "keep"},
                         "dropout=0.75, off at 1"),
    "2021-": Edition("2021-", "keep", {}, "dropout_keep_ratio=0.75, off at 1"),
}

# What tells a Dropout notebook's edition, the newest first: the list that its net is tried with.
SIGNS = (
    ("2021-", re.compile(r"dropout_keep_ratio")),
    ("2018-2020", re.compile(r"for dropout in \[1,")),
    ("2016-2017", re.compile(r"for dropout in \[0,")),
)


def edition_of(source: str) -> Edition | None:
    """Return the edition of a Dropout notebook, or None if it is none.

    Examples
    --------
    >>> edition_of("for dropout in [1, 0.75, 0.5]:").name
    '2018-2020'
    """
    for name, sign in SIGNS:
        if sign.search(source):
            return EDITIONS[name]
    return None
