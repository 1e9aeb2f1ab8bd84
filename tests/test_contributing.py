"""What CONTRIBUTING and SECURITY say of the house is so."""

from __future__ import annotations

import importlib.util
import re

import pytest

from tests import house, test_architecture

FOLDER = house.ROOT / ".github"
DOCUMENTS = sorted(FOLDER.glob("*.md"))
ROOMS = re.compile(r"^\|[^|]+\|([^|]+)\|$", re.MULTILINE)
PATH = re.compile(r"(?:\.ci|\.github|gradcheck|layers|nets|tests|notebooks)(?:/[\w.-]+)*/?")

each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


def code_in(path):
    """Return what stands between backticks."""
    return re.findall(r"`([^`]+)`", " ".join(path.read_text(encoding="utf-8").split()))


@each_document
def test_every_path_that_is_named_is_there(path):
    named = [code for code in code_in(path) if PATH.fullmatch(code)]
    assert len(named) >= 2
    assert not [name for name in named if not (house.ROOT / name).exists()]


@each_document
def test_every_module_that_is_run_is_there(path):
    run = re.findall(r"python -m ([\w.]+)", path.read_text(encoding="utf-8"))
    assert run
    known = {"pip", "build"}  # a newcomer installs the second
    assert not [name for name in set(run) - known if importlib.util.find_spec(name) is None]


def test_the_page_of_the_house_names_every_room_of_the_checker():
    cells = " ".join(ROOMS.findall((FOLDER / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    named = set(re.findall(r"`gradcheck/(\w+)`", cells))
    shared = {"classic", "command", "exceptions", "run"}  # what several rooms use, and façades
    rooms = {room.name for room in house.rooms("gradcheck") if room.parent.name == "gradcheck"
             and room.parent.parent == house.ROOT}
    assert named == rooms - shared


def test_the_limits_that_are_told_are_those_that_are_held():
    text = " ".join((FOLDER / "CONTRIBUTING.md").read_text(encoding="utf-8").split())
    assert (f"long a file ({test_architecture.LINES_PER_FILE} lines), a body "
            f"({test_architecture.LINES_PER_BODY}) and a branching "
            f"({test_architecture.COMPLEXITY}) may be") in text
