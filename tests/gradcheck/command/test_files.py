"""No result takes the place of a source."""

import pytest

from gradcheck.cli import USAGE, main
from gradcheck.command.files import UsageError, refuse_overwriting
from gradcheck.command.options import parser


@pytest.fixture(autouse=True)
def course(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.py", "b.py", "book.ipynb", "points.toml", "homework"):
        (tmp_path / name).write_text(name)
    (tmp_path / "link").symlink_to("a.py")
    (tmp_path / "old.html").write_text("old")
    return tmp_path


@pytest.mark.parametrize("line", [
    "check a.py --html a.py", "check a.py b.py --patch ./b.py", "check a.py -o link",
    "check b.py -o a.py", "check . --html a.py", "check a --html a.py", "watch a.py -o a.py",
    "check homework -o homework", "check book.ipynb -o book.ipynb", "grade a.py --html a.py",
    "grade a.py --reference b.py -o b.py", "grade a.py --points points.toml -o points.toml"])
def test_what_is_read_is_not_written_to(course, capsys, line):
    before = {path: path.read_text() for path in course.iterdir()}
    assert main(line.split()) == USAGE
    assert "as it would be lost" in capsys.readouterr().err
    assert {path: path.read_text() for path in course.iterdir()} == before


@pytest.mark.parametrize("line", [
    "check a.py --html old.html", "check a.py -o new.py", "check . --html old.html -o out.txt",
    "check numpy -o old.html", "grade a.py -o points.toml", "explain scaled", "conformance"])
def test_anything_else_may_be(line):
    try:
        refuse_overwriting(parser().parse_args(line.split()))
    except UsageError as error:
        pytest.fail(str(error))
