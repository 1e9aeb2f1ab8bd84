"""How a target is judged: what flags, pyproject.toml and the arguments of check_all say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from gradcheck.target.conventions import Conventions
from gradcheck.target.errors import TargetError

FILE = "pyproject.toml"
SECTION = "gradcheck"


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
        The conventions of dropout layers, see `Conventions`.
    strict : bool
        Whether dropout is held to the laws beyond common practice.
    seed : int
        Draws the arguments, and the checker's directions.
    forward, backward : str
        The names of one pair of functions that are called otherwise; empty to look for pairs.
    """

    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    imported: bool = False
    installed: bool = False
    p_is: str = "drop"
    scaling: str = "inverted"
    seeding: str | None = "seed"
    strict: bool = False
    seed: int = 0
    forward: str = ""
    backward: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "only", tuple(self.only))
        object.__setattr__(self, "ignore", tuple(self.ignore))
        Conventions(self.p_is, self.scaling, self.seeding)

    @property
    def conventions(self) -> Conventions:
        """How dropout layers take p, scale, and draw."""
        return Conventions(self.p_is, self.scaling, self.seeding)

    def to_dict(self) -> dict[str, Any]:
        """Return what is needed to repeat the run, in JSON's own types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any]) -> Settings:
        """Return the settings that a dict holds.

        >>> Settings.from_dict(Settings(seed=3, only=("relu",)).to_dict()).only
        ('relu',)
        """
        return cls(**entries)


def with_project(settings: Settings, target: Path) -> Settings:
    """Return settings with what ``[tool.gradcheck]`` says where they say nothing.

    The file is looked for in the target's folder and those above it; the nearest counts.

    Raises
    ------
    TargetError
        The file cannot be read, or says what is no setting.
    """
    folder = target if target.is_dir() else target.parent
    for place in [folder.resolve(), *folder.resolve().parents]:
        if (place / FILE).is_file():
            section = _section(place / FILE)
            return _filled(settings, section, place / FILE) if section else settings
    return settings


def _section(path: Path) -> Mapping[str, Any]:
    try:
        import tomllib
    except ImportError:  # Python 3.10
        try:
            import tomli as tomllib
        except ImportError:
            return {}
    try:
        with path.open("rb") as file:
            table = tomllib.load(file).get("tool", {}).get(SECTION, {})
    except (OSError, ValueError) as error:
        raise TargetError(f"{path}: {error}. Remedy: correct the file.") from None
    return table if isinstance(table, Mapping) else {}


def _filled(settings: Settings, section: Mapping[str, Any], path: Path) -> Settings:
    """Return settings whose defaults are the section's; lists add up."""
    known = {field.name for field in fields(Settings)}
    named = {key.replace("-", "_"): value for key, value in section.items()}
    unknown = sorted(set(named) - known)
    if unknown:
        raise TargetError(f"{path}: [tool.{SECTION}] got {', '.join(unknown)}; expected any of "
                          f"{', '.join(sorted(known))}. Remedy: correct the names.")
    default, changed = Settings(), {}
    for key, value in named.items():
        if key in ("only", "ignore"):
            listed = [value] if isinstance(value, str) else value
            changed[key] = (*getattr(settings, key), *listed)
        elif getattr(settings, key) == getattr(default, key):
            changed[key] = None if (key, value) == ("seeding", "none") else value
    try:
        return replace(settings, **changed)
    except (TypeError, ValueError) as error:
        raise TargetError(f"{path}: [tool.{SECTION}] {error}") from None
