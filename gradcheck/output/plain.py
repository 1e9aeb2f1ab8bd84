"""Values as JSON's own types, and text that no file and no terminal stumbles over.

Text that a submission had a hand in (messages, captured output, file names) is cleaned of control
characters before it is shown or stored, so that JSON and XML stay valid and terminals unharmed.
"""

from __future__ import annotations

import json
import math
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

MESSAGE_LIMIT = 4_000
OUTPUT_LIMIT = 16_000

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
# What XML 1.0 forbids, the direction overrides that make a terminal show another text, and what
# cannot be seen: joiners of graphemes, fillers, invisible operators, variation selectors, tags.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff"
    "\u034f\u115f\u1160\u17b4\u17b5\u2060-\u2064\u3164\uffa0\ufe00-\ufe0f"
    "\U000e0000-\U000e01ef]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")  # which UTF-8 has no bytes for
_IN_C = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_COMMAND = re.compile(r"^([\s|\u200b-\u200f\ufeff]*)::", re.MULTILINE)  # behind our bar, too
_MOST_MARKS = 4  # above a letter; more of them reach into the lines beside it
_MAY_BE_MARKED = re.compile(f"[\u0300-\U0010ffff]{{{_MOST_MARKS + 1},}}")


def clean(text: object, limit: int = MESSAGE_LIMIT) -> str:
    r"""Return `text` without escape sequences and control characters, cut to `limit` characters.

    >>> clean("\x1b[31mred\x1b[0m \x00 bell\x07")
    'red � bell�'
    """
    whole = text if type(text) is str else str(text)
    shown = _UNPRINTABLE.sub("\ufffd", _ANSI.sub("", whole.replace("\r\n", "\n")))
    shown = _MAY_BE_MARKED.sub(_with_few_marks, shown)
    if len(shown) > limit:
        shown = f"{shown[:limit]}\n... ({len(shown) - limit} more characters cut)"
    return shown


def _with_few_marks(found: re.Match[str]) -> str:
    """Return a text in which no letter bears more marks than writing needs."""
    count, kept = 0, list[str]()
    for char in found[0]:
        kind = unicodedata.category(char)
        if kind in ("Mn", "Me"):
            count += 1
        elif kind != "Cf":  # which has no width: marks behind it stand on the same letter
            count = 0
        kept.append(char if count <= _MOST_MARKS or kind == "Cf" else "\ufffd")
    return "".join(kept)


def one_line(text: str) -> str:
    r"""Return a cleaned text without its line breaks, for names and cells.

    >>> one_line("first\tcell\nsecond")
    'first cell second'
    """
    return clean(text, 500).replace("\n", " ").replace("\t", " ")


def named(path: object) -> str:
    r"""Return a path with what cannot be seen in it spelt out: no two files have one name.

    >>> named("a/b\x1b.py"), named("a/b\u200b\n.py"), named("a/été.py")
    ('a/b\\x1b.py', 'a/b\\u200b\\n.py', 'a/été.py')
    """
    hidden = "\\" if os.name == "posix" else ""
    return "".join(char if char.isprintable() and char not in hidden
                   else char.encode("unicode_escape").decode() for char in str(path))


def quoted(name: str) -> str:
    r"""Return a file's name as it stands in a patch: quoted as in C where a line would not hold it.

    >>> quoted("a/homework.py"), quoted("a/x\n--- b"), quoted("a/\x1b.py")
    ('a/homework.py', '"a/x\\n--- b"', '"a/\\033.py"')
    """
    shown = "".join(_IN_C.get(char) or (char if char.isprintable() else "".join(
        f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogatepass"))) for char in name)
    return name if shown == name else f'"{shown}"'


def inert(text: str) -> str:
    """Return a text for people in which a GitHub workflow, where one runs, finds no command.

    Its runner takes commands from all that is printed: at the beginning of a line, or anywhere.

    >>> inert("relu: it is twice too large")
    'relu: it is twice too large'
    """
    if not os.environ.get("GITHUB_ACTIONS"):
        return text
    return _COMMAND.sub(r"\1: :", text).replace("##[", "# #[")


def below(text: str) -> str:
    r"""Return a text whose further lines stand to the right: none looks like a line of ours.

    >>> below("it raised\na.py: 9 passed")
    'it raised\n  a.py: 9 passed'
    """
    return "\n  ".join(text.splitlines())


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "forward call"), counted(2_000, "forward call")
    ('1 forward call', '2,000 forward calls')
    """
    return f"{number:,} {noun}{'s' * (number != 1)}"


def plain(value: Any) -> Any:
    """Return `value` in JSON's own types: NumPy's unpacked, infinities and NaN as words.

    >>> plain({"worst": (1.5, float("nan"))})
    {'worst': [1.5, 'nan']}
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {clean(key): _diff(entry) if key == "diff" and isinstance(entry, str)
                else plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(entry) for entry in value]
    return clean(value, OUTPUT_LIMIT)


def _diff(text: str) -> str:
    """Return a diff whose every character stays: it applies with no others."""
    return _SURROGATE.sub("\ufffd", text)


def cleaned_diff(lines: Iterable[str]) -> list[str]:
    r"""Return the lines of a diff for people, with the line ends that they have.

    >>> cleaned_diff(["+x\x0c\r"])
    ['+x\ufffd\r']
    """
    return [clean(line.removesuffix("\r"), OUTPUT_LIMIT) + "\r" * line.endswith("\r")
            for line in lines]


def dump(value: Any) -> str:
    r"""Return plain values as JSON, a file's worth.

    >>> dump({"score": 1.0})
    '{\n  "score": 1.0\n}\n'
    """
    return json.dumps(value, indent=2, allow_nan=False) + "\n"
