"""A diff applies to the file as it stands: with its own line ends, and a last line without one."""

import linecache
import os
import subprocess

import numpy as np
import pytest

from gradcheck.check import check_layer
from gradcheck.output.plain import plain
from gradcheck.output.pointer import diff_of, patch, shown
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


def applied(file, before, after):
    """Let git apply the patch of a record that was written and read again."""
    diff = plain({"diff": unified(str(file), before, after)})["diff"]
    item = Item("f", "f", "failed", details={"repairs": [{"diff": diff, "file": str(file)}]})
    told = patch([Record("check", "homework.py", (item,))])
    subprocess.run(["git", "apply", "-"], input=told.encode(), check=True)
    return told


@pytest.mark.skipif(os.name != "posix", reason="names that a drive elsewhere does not take")
@pytest.mark.parametrize("folder", ["x\n--- a", 'a "b"', "c\\d", "tab\there", "caf\u00e9"])
def test_no_name_of_a_folder_is_a_line_of_the_patch(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / folder / "homework.py"
    file.parent.mkdir()
    file.write_text("a = 1\n", encoding="utf-8")
    told = applied(file, ["a = 1\n"], ["a = 2\n"])
    assert file.read_text(encoding="utf-8") == "a = 2\n"
    assert told.count("\n") == 5


def test_what_a_terminal_is_not_shown_stands_in_the_patch_all_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "homework.py"
    before = ["\x0c\n", "a = '\x85\x1b[31m'\n", "b = 1 \x0c# \u202e\ufe0f\n"]
    after = [*before[:2], before[2].replace("1", "2")]
    file.write_bytes("".join(before).encode())
    told = applied(file, before, after)
    assert file.read_bytes().decode() == "".join(after)
    (_, _, lines), = shown([{
        "diff": told, "file": "homework.py", "line": 3, "column": 5, "before": "1", "after": "2",
        "text": before[2], "kind": "value", "words": "", "verified_at": 1, "side": "backward"}])
    assert not set("\x0c\x85\x1b\u202e") & set("".join(lines))


def test_an_edit_in_a_line_with_a_form_feed_leaves_it_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "homework.py"
    text = ("import numpy as np\ndef tanh_forward(x):\n    t = np.tanh(x)\n    return t, t\n"
            "def tanh_backward(dout, t):\n    return dout * (1 - t) \x0c# \x85 mine\n")
    file.write_text(text, encoding="utf-8")
    names = {}
    exec(compile(text, str(file), "exec"), names)
    report = check_layer(names["tanh_forward"], names["tanh_backward"], np.ones((2, 3)) / 3,
                         repair="diff")
    diff = report.repairs[0].diff
    subprocess.run(["git", "apply", "-"], input=diff.encode(), check=True)
    assert file.read_text(encoding="utf-8").count("\x0c# \x85 mine\n") == 1
    assert diff.count("\n") == 8
