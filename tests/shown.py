"""What README.md and notebooks/pages show as the output of a command.

    python -m tests.shown                     list the commands, and where their output is shown
    python -m tests.shown --write COMMAND     run one of them and show what it prints now

An output stands behind the comment `<!-- output of: COMMAND -->`: a block of text, or Markdown that
ends with `<!-- end of output -->`.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = sorted((ROOT / "notebooks" / "pages").glob("*.md"))
OUTPUT = re.compile(
    r"<!-- output of: (?P<command>[^\n]+) -->\n"
    r"(?:```text\n(?P<text>.*?)^```$|(?P<markdown>.*?)^<!-- end of output -->$)",
    re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """An output: in which document, of which command, and from where to where it stands."""

    path: Path
    command: str
    text: str
    start: int
    stop: int


def outputs(*paths: Path) -> list[Shown]:
    """Return every output that the documents show (default: README and all pages)."""
    found = []
    for path in paths or (README, *PAGES):
        for match in OUTPUT.finditer(path.read_text(encoding="utf-8")):
            kind = "text" if match["text"] is not None else "markdown"
            found.append(Shown(path, match["command"], match[kind], *match.span(kind)))
    return found


def blocks(path: Path, language: str) -> list[str]:
    """Return the fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", path.read_text(encoding="utf-8"),
                      re.MULTILINE | re.DOTALL)


def files() -> dict[str, str]:
    """Return the README's first example, as homework.py, and every block that begins with a name.

    A block's name is a comment such as ``# custom.py``, alone in its first line.
    """
    found = {"homework.py": next(block for block in blocks(README, "python")
                                 if ">>>" not in block)}
    for page in PAGES:
        for block in blocks(page, "python"):
            named = re.match(r"# (\w+\.py)\n", block)
            if named:
                found[named[1]] = block
    return found


def run(command: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a reader would, the documents' files beside him."""
    program, *arguments = shlex.split(command)
    module = ["-m", "gradcheck"] if program == "gradcheck" else []
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files().items():
            Path(folder, name).write_text(text, encoding="utf-8")
        return subprocess.run(
            [sys.executable, *module, *arguments], text=True, capture_output=True, check=False,
            cwd=folder if module else ROOT, env={**os.environ, "COLUMNS": "100"})


def write(shown: Shown) -> None:
    """Replace an output by what its command prints now."""
    done = run(shown.command)
    if done.stderr:
        raise SystemExit(f"{shown.command}: {done.stderr}")
    text = shown.path.read_text(encoding="utf-8")
    shown.path.write_text(text[:shown.start] + done.stdout + text[shown.stop:], encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """List the outputs, or write one anew; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.shown", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", metavar="COMMAND", help="run it and show what it prints now")
    wanted = parser.parse_args(argv).write
    for shown in outputs():
        if wanted is None:
            print(f"{shown.path.relative_to(ROOT)}: {shown.command}")
        elif shown.command == wanted:
            write(shown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
