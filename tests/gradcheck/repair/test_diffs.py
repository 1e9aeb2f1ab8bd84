"""A diff applies to the file as it stands: with its own line ends, and a last line without one."""

import linecache
import subprocess

import pytest

from gradcheck.output.plain import plain
from gradcheck.output.pointer import diff_of, patch
from gradcheck.output.record import Item, Record
from gradcheck.repair.diffs import unified

LINES = ["a = 1\n", "b = 2\n", "# caf\u00e9\n", "d = 4\n"]
FILES = {
    "line feeds": "a = 1\nb = 2\n# caf\u00e9\nd = 4\n",
    "no end": "a = 1\nb = 2\n# caf\u00e9\nd = 4",
    "carriage returns": "a = 1\r\nb = 2\r\n# caf\u00e9\r\nd = 4\r\n",
    "carriage returns, no end": "a = 1\r\nb = 2\r\n# caf\u00e9\r\nd = 4",
    "both": "a = 1\nb = 2\r\n# caf\u00e9\nd = 4\n",
    "a mark of the byte order": "\ufeffa = 1\nb = 2\n# caf\u00e9\nd = 4\n",
}
EDITS = {"last": [*LINES[:3], "d = 5\n"], "first": ["a = 0\n", *LINES[1:]],
         "one more": [*LINES, "e = 5\n"], "one less": LINES[:3],
         "in the middle": [LINES[0], "b = 3\n", "c = 3\n", *LINES[2:]]}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("kind", FILES)
def test_git_applies_it_and_leaves_the_other_lines_alone(kind, edit, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "homework.py"
    file.write_bytes(FILES[kind].encode())
    assert linecache.getlines(str(file)) == LINES
    diff = plain({"diff": unified(str(file), LINES, EDITS[edit])})["diff"]
    item = Item("f", "f", "failed", details={"repairs": [{"diff": diff, "file": str(file)}]})
    told = patch([Record("check", "homework.py", (item,))])
    (tmp_path / "p.diff").write_bytes(told.encode())
    subprocess.run(["git", "apply", "p.diff"], check=True)
    found = file.read_bytes().decode()
    assert found.removeprefix("\ufeff").splitlines() == "".join(EDITS[edit]).splitlines()
    assert found.startswith("\ufeff") == FILES[kind].startswith("\ufeff")
    assert found.endswith("\n") == FILES[kind].endswith("\n")
    if kind.startswith("carriage"):
        assert found.count("\n") == found.count("\r\n")


def test_without_a_file_lines_end_in_line_feeds():
    assert "\r" not in unified("<cell 1>", LINES, EDITS["last"])
    assert diff_of({"diff": unified("<cell 1>", LINES, EDITS["last"]), "file": "a"})[-1] == "+d = 5"
