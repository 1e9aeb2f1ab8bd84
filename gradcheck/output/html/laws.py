"""The laws of a mask: those that are broken at length, those that hold in a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcheck.output.html.markup import Ids, details, prose, text
from gradcheck.output.plain import counted

FOLLOWS = "follows"


def laws(entries: Sequence[Mapping[str, Any]], prefix: str, ids: Ids, told: str = "") -> str:
    """Return what the laws said.

    Parameters
    ----------
    entries : sequence of mapping
        Name, status and message of each.
    prefix : str
        Before a law's name in its id.
    ids : Ids
        The ids of the page.
    told : str
        What stands above: a law that it tells in full is only named.

    Examples
    --------
    >>> entries = [{"name": "rate", "status": "failed", "message": "rate: 0.7"},
    ...            {"name": "runs", "status": "passed", "message": ""}]
    >>> 'id="dropout-rate"' in laws(entries, "dropout", Ids())
    True
    """
    broken = [entry for entry in entries if entry["status"] == "failed"]
    advice = [entry for entry in entries if entry["status"] == "advice"]
    held = [entry["name"] for entry in entries if entry["status"] == "passed"]
    shown = "".join(_law(entry, ids.new(f"{prefix}-{entry['name']}"), FOLLOWS in entry,
                         told)
                    for entry in broken)
    listed = ", ".join(f"<code>{text(name)}</code>" for name in held)
    return "".join([
        f'<ul class="laws">{shown}</ul>' if shown else "",
        details(f"{counted(len(held), 'law')} hold{'s' * (len(held) == 1)}",
                f"<p>{listed}</p>") if held else "",
        details(f"advice: {counted(len(advice), 'remark')}", '<ul class="laws">' + "".join(
            _law(entry, ids.new(f"{prefix}-{entry['name']}")) for entry in advice)
            + "</ul>") if advice else "",
    ])


def _law(entry: Mapping[str, Any], identity: str, follows: bool = False, told: str = "") -> str:
    """Return one law, with an id that others can link to."""
    name = entry["name"]
    message = str(entry["message"]).removeprefix(f"{name}: ")
    if message and message in told:
        return f'<li id="{identity}"><strong>{text(name)}</strong>: told above</li>'
    rest = " (broken by the slip in the gradient, too)" if follows else ""
    return f'<li id="{identity}"><strong>{text(name)}</strong>{rest}: {prose(message)}</li>'
