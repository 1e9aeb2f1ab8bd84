"""The names that are asked for: each has to be in one of all targets, and not in each of them."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, field

from gradcheck.target.errors import NoneWantedError, NothingToCheckError
from gradcheck.target.names import bare

MOST_NAMED = 6


def is_wanted(name: str, only: Sequence[str]) -> bool:
    """Whether names or patterns choose a layer; without any of them, every layer is.

    >>> is_wanted("relu", ["affine", "rel*"]), is_wanted("relu", ["affine_forward"])
    (True, False)
    """
    return not only or any(fnmatch.fnmatchcase(name, bare(pattern)) for pattern in only)


@dataclass
class Wanted:
    """What is asked for in the targets of one command, and what there is to choose from.

    Attributes
    ----------
    alone : bool
        Whether there is one target: what is not in it is nowhere.
    unread : bool
        Whether a target could not be read: a name may have been in it.

    Examples
    --------
    >>> wanted = Wanted()
    >>> wanted.meet(["relu", "afine"], ["relu"], "a.py")
    >>> wanted.meet(["relu", "afine"], ["affine", "relu"], "b.py")
    >>> wanted.unfound
    "--only: got 'afine'; expected one of affine, relu. Did you mean affine?"
    """

    alone: bool = False
    unread: bool = False
    _only: dict[str, None] = field(default_factory=dict)
    _there: dict[str, None] = field(default_factory=dict)

    def meet(self, only: Sequence[str], names: Sequence[str], where: str) -> None:
        """Note what is asked for, and the layers of one more target.

        Raises
        ------
        NoneWantedError
            It has none of the names.
        NothingToCheckError
            It is the only one, and lacks a name.
        """
        self._only.update(dict.fromkeys(only))
        self._there.update(dict.fromkeys(names))
        if self.alone and self.unfound:
            raise NothingToCheckError(self.unfound)
        if not any(is_wanted(name, only) for name in names):
            raise NoneWantedError(f"{where} has no layer called {' or '.join(only)}: it has "
                                  f"{shown(names)}")

    @property
    def unfound(self) -> str:
        """Why this cannot be meant: a name that no target has; '' where each is in one of them."""
        names = sorted(self._there)
        for pattern in () if self.unread else self._only:
            if not any(is_wanted(name, [pattern]) for name in names):
                close = difflib.get_close_matches(bare(pattern), names, n=3)
                hint = f" Did you mean {' or '.join(close)}?" if close else ""
                return f"--only: got {pattern!r}; expected one of {', '.join(names)}.{hint}"
        return ""

    def refuse_unfound(self) -> None:
        """Raise NothingToCheckError for a name that none of the targets has."""
        if self.unfound:
            raise NothingToCheckError(self.unfound)


def shown(names: Sequence[str]) -> str:
    """Return the first of many names, and how many others there are.

    >>> shown(["affine", "relu"]), shown(list("abcdefgh"))
    ('affine, relu', 'a, b, c, d, e, f and 2 more')
    """
    more = f" and {len(names) - MOST_NAMED} more" * (len(names) > MOST_NAMED)
    return ", ".join(names[:MOST_NAMED]) + more
