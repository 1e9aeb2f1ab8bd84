"""How a target is judged: what flags, pyproject.toml and the arguments of check_all say."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from gradcheck.mask_laws.conventions import Conventions
from gradcheck.target.kept import documented_p

FILE = "pyproject.toml"
SECTION = "gradcheck"
LISTS = ("only", "ignore")
LIMITS = ("timeout", "memory")
AUTO = "auto"
KEPT = "it keeps with p, {}; --p-is drop judges otherwise"


class WrongSettingError(ValueError):
    """A flag, a keyword or the project's file asks for something that cannot be."""

# How long a function's line is looked for at most, if nothing else is said.
REPAIR_SECONDS = 3.0


@dataclass(frozen=True)
class Settings:
    """How a target is judged.

    Attributes
    ----------
    only : tuple of str
        Names or patterns of the layers to judge; empty for all.
    ignore : tuple of str
        Codes of findings, or laws, that do not count.
    imported, installed : bool
        Whether imported layers are judged, too; whether a name means the installed module.
    p_is, scaling, seeding : str
        The conventions of dropout layers, see `Conventions`; with the p_is ``'auto'``, a dropout's
        docstring or its behaviour says what p is.
    strict : bool
        Whether dropout is held to the laws beyond common practice.
    seed : int
        Draws the arguments, and the checker's directions.
    no_values : bool
        Whether forward's value is not held to the definition of the layer's standard name.
    line : bool
        Whether the line is looked for that a failure comes from.
    repair : bool
        Whether the edit that repairs it is told, too.
    repair_seconds : float
        How long it is looked for at most, for each function; three times that for all of a file.
    forward, backward : str
        The names of one pair of functions that are called otherwise; empty to look for pairs.
    fail_uncovered : bool
        Whether a layer fails where lines of it ran at no example.
    detailed : bool
        Whether the record holds what a page draws: sources, gradients, examples, lines that ran.
    timeout, memory : float, optional
        Seconds and megabytes for each file, where neither flag nor keyword says otherwise.
    """

    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    imported: bool = False
    installed: bool = False
    p_is: str = "auto"
    scaling: str = "inverted"
    seeding: str | None = "seed"
    strict: bool = False
    seed: int = 0
    no_values: bool = False
    forward: str = ""
    backward: str = ""
    fail_uncovered: bool = False
    detailed: bool = False
    timeout: float | None = None
    memory: float | None = None
    line: bool = True
    repair: bool = False
    repair_seconds: float = REPAIR_SECONDS

    @property
    def conventions(self) -> Conventions:
        """How dropout layers take p, scale, and draw, where they do not say it themselves."""
        return Conventions("drop" if self.p_is == AUTO else self.p_is, self.scaling, self.seeding)

    def conventions_of(self, forward: Callable[..., Any]) -> Conventions:
        """Return the conventions for a function: its docstring says what p is, if nobody else."""
        if self.p_is == AUTO and documented_p(forward):
            return replace(self.conventions, p_is=documented_p(forward))
        return self.conventions

    def leaves_p_open(self, forward: Callable[..., Any]) -> bool:
        """Whether neither a setting nor the docstring says what p is."""
        return self.p_is == AUTO and not documented_p(forward)

    def told_of_p(self, forward: Callable[..., Any]) -> str:
        """Return what is said where the docstring makes p the probability of keeping."""
        documented = self.p_is == AUTO and documented_p(forward) == "keep"
        return KEPT.format("as its docstring says") if documented else ""

    def to_dict(self) -> dict[str, Any]:
        """Return what is needed to repeat the run, in JSON's own types."""
        return asdict(self)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Settings:
        """Return settings of which some are given, the others their defaults.

        Parameters
        ----------
        given : mapping
            Values by name. A name or a pattern may stand alone where several are taken; the
            seeding ``'none'`` is None.

        Raises
        ------
        WrongSettingError
            A name or a value is none that is known.

        Examples
        --------
        >>> Settings.of({"only": "relu", "seeding": "none"}).only
        ('relu',)
        """
        known = {field.name: getattr(cls, field.name) for field in fields(cls)}
        _refuse_unknown(given, list(known))
        settings = cls(**{name: _value(name, value, known[name]) for name, value in given.items()
                          if (name, value) != ("repair_seconds", None)})
        if bool(settings.forward) != bool(settings.backward):
            raise WrongSettingError("forward, backward: got one of them alone; expected both. "
                                    "Remedy: name the two functions of the pair.")
        try:
            settings.conventions  # noqa: B018  (refuses what is none)
        except (TypeError, ValueError) as error:
            raise WrongSettingError(str(error)) from None
        return settings


def _refuse_unknown(given: Collection[str], known: Sequence[str]) -> None:
    """Raise WrongSettingError for a name that is none, with the one that may be meant."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        close = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f"did you mean {close[0]}?" if close else "correct the names."
        raise WrongSettingError(f"got {', '.join(unknown)}; expected any of "
                                f"{', '.join(sorted(known))}. Remedy: {hint}")


def _limit(name: str, value: Any) -> float | None:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)
                         and 0 < value < float("inf")):
        return value
    raise WrongSettingError(f"{name}: got {value!r}; expected a positive number. Remedy: correct "
                            "the value.")


def _value(name: str, value: Any, default: Any) -> Any:
    """Return a setting in the form that Settings holds it in."""
    if name in LIMITS:
        return _limit(name, value)
    if name in LISTS:
        listed = (value,) if isinstance(value, str) else value or ()
        if isinstance(listed, list | tuple) and all(isinstance(entry, str) for entry in listed):
            return tuple(listed)
        raise WrongSettingError(f"{name}: got {value!r}; expected names. Remedy: write a list of "
                                "strings.")
    if name == "seeding" and value in ("none", None):
        return None
    if isinstance(default, float) and type(value) is int:
        value = float(value)
    if type(value) is not type(default) or (type(value) in (int, float) and value < 0):
        kind = {bool: "true or false", int: "an integer of at least 0", str: "a word",
                float: "a number of at least 0"}[type(default)]
        raise WrongSettingError(f"{name}: got {value!r}; expected {kind}. Remedy: correct the "
                                "value.")
    return value


def settled(given: Mapping[str, Any], target: Path | None = None) -> Settings:
    """Return the settings for a target: what is given, and the project's where nothing is.

    Parameters
    ----------
    given : mapping
        What flags or keywords say; those that are not there are left to the project.
    target : Path, optional
        A file or a folder. ``[tool.gradcheck]`` counts of the nearest pyproject.toml in its folder
        and those above it; what is ignored adds up.

    Raises
    ------
    WrongSettingError
        A setting is none, or the file cannot be read.

    Examples
    --------
    >>> settled({"p_is": "keep"}).p_is
    'keep'
    """
    own = Settings.of(given)
    place = _project(target) if target is not None else None
    section = _section(place) if place is not None else {}
    if not section:
        return own
    named = {key.replace("-", "_"): value for key, value in section.items()}
    try:
        _refuse_unknown([key.replace("_", "-") for key in section],
                        [field.name.replace("_", "-") for field in fields(Settings)])
        ignored = (*Settings.of(named).ignore, *own.ignore)
        return Settings.of({**named, **given, "ignore": ignored})
    except WrongSettingError as error:
        raise WrongSettingError(f"{place}: [tool.{SECTION}] {error}") from None


def _project(target: Path) -> Path | None:
    """Return the nearest project file."""
    folder = (target if target.is_dir() else target.parent).resolve()
    return next((place / FILE for place in [folder, *folder.parents] if (place / FILE).is_file()),
                None)


def _section(path: Path) -> Mapping[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        with path.open("rb") as file:
            table = tomllib.load(file).get("tool", {}).get(SECTION, {})
    except (OSError, ValueError) as error:
        raise WrongSettingError(f"{path}: {error}. Remedy: correct the file.") from None
    if not isinstance(table, Mapping):
        raise WrongSettingError(f"{path}: tool.{SECTION} is no table. Remedy: write "
                                f"[tool.{SECTION}].")
    return table
