"""What a submission can read, write, start and reach, behind each wall alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from gradcheck.grading.file import judge_file
from gradcheck.sandbox import process, seccomp, surroundings
from gradcheck.sandbox.sandbox import Sandbox, SandboxError, UnconfinedError
from tests.hostile import GOOD
from tests.hostile.walls import (
    ROOT,
    behind,
    closed_grader,
    course,
    open_sandboxes,
    run_python,
    skip_where_closed,
    started,
)

__all__ = ["behind", "closed_grader", "course", "open_sandboxes"]  # fixtures

HIDDEN = [ROOT / "layers" / "affine.py", ROOT / "gradcheck" / "grading" / "file.py",
          ROOT / "nets" / "solver.py", ROOT / "setup.cfg", Path("/etc/passwd"),
          Path("/etc/hostname"), Path("/proc/1/environ"), Path("/proc/1/cmdline")]


def refused(answer: object) -> bool:
    return str(answer).startswith(("FileNotFoundError", "PermissionError", "OSError"))


@pytest.mark.parametrize("path", HIDDEN, ids=str)
def test_nothing_but_what_is_allowed_can_be_read(behind: Sandbox, path: Path) -> None:
    attempt = behind.functions["attempt"]
    if str(path).startswith("/proc/1/") and attempt("os.getpid()") == "done: 1":
        pytest.skip("in a process table of its own it is number 1 itself")
    assert refused(attempt(f"read({str(path)!r})"))


def test_its_own_folder_can_be_read_and_its_neighbours_cannot(behind: Sandbox) -> None:
    skip_where_closed(behind)
    course = behind.own.parent
    read, attempt = behind.functions["read"], behind.functions["attempt"]
    assert read("weights.txt") == read(str(course / "alice" / "weights.txt")) == 3
    for other in ("bob.py", "dan/homework.py"):
        assert refused(attempt(f"read({str(course / other)!r})"))
        assert refused(attempt(f"read('../{other}')"))


@pytest.mark.parametrize("wall", ["namespaces", "landlock"])
def test_a_file_that_stands_flat_can_be_read_alone(
    course: Path, wall: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with started(course / "bob.py", wall, monkeypatch) as sandbox:
        skip_where_closed(sandbox)
        assert sandbox.functions["read"](str(course / "bob.py")) > 0
        for other in ("carol.py", "alice/homework.py"):
            assert refused(sandbox.functions["attempt"](f"read({str(course / other)!r})"))


@pytest.mark.parametrize("code", [
    "os.fork()", "os.execv('/bin/true', ['true'])", "1 / 0 if os.system('true') else 0",
    "__import__('subprocess').run(['true'])", "os.posix_spawn('/bin/true', ['true'], {})",
    "__import__('socket').socket()", "__import__('socket').socket(__import__('socket').AF_UNIX)",
    "__import__('socket').socketpair(type=__import__('socket').SOCK_DGRAM)",
    "__import__('socket').socketpair(type=__import__('socket').SOCK_SEQPACKET)",
    "__import__('socket').socketpair(__import__('socket').AF_INET)",
    "os.memfd_create('memory')", "os.kill(os.getppid(), 0)", "os.kill(-1, 0)", "os.kill(0, 0)",
    "os.pidfd_open(os.getpid())", "os.kill(1, 0) if os.getpid() != 1 else os.kill(2, 0)",
    "__import__('resource').prlimit(os.getppid() or 99, 0)",
    "(lambda c: 1 / 0 if c.CDLL(None).unshare(0x10000000) else 0)(__import__('ctypes'))",
    "(lambda c: 1 / 0 if c.CDLL(None).ptrace(0) else 0)(__import__('ctypes'))",
    "(lambda c: 1 / 0 if c.CDLL(None).syscall(425, 1, None) else 0)(__import__('ctypes'))",
])
def test_no_process_no_socket_and_no_memory_elsewhere(behind: Sandbox, code: str) -> None:
    if any("without seccomp" in note for note in behind.notes):
        pytest.skip("this system has no filter of system calls")
    assert not str(behind.functions["attempt"](code)).startswith("done")


@pytest.mark.parametrize("code", [
    "__import__('threading').Thread(target=print).start()", "os.kill(os.getpid(), 0)",
    "__import__('concurrent.futures').futures.ThreadPoolExecutor(2).submit(int).result()",
    "__import__('zoneinfo').ZoneInfo('Europe/Berlin') if os.path.exists('/usr/share/zoneinfo') "
    "else 0", "os.urandom(3)", "os.cpu_count()", "open('/dev/null', 'w').write('x')",
    "__import__('scipy.signal').signal.convolve(np.ones(3), np.ones(2))",
    "__import__('resource').getrlimit(0)", "open('/proc/self/statm').read()",
    "__import__('tempfile').TemporaryFile().write(b'x')", "__import__('socket').socketpair()",
    "__import__('asyncio').run(__import__('asyncio').sleep(0))",
 "open('new.txt', 'w').write('x')",
])
def test_what_honest_code_needs_works(behind: Sandbox, code: str) -> None:
    assert str(behind.functions["attempt"](code)).startswith("done")


@pytest.mark.parametrize("code", [
    "os.chmod(FILE, 0o777)", "os.chmod(FILE, 0o777, dir_fd=os.open('/', os.O_RDONLY | os.O_PATH))",
    "os.utime(FILE)", "os.utime(FILE, (1, 1))", "os.setxattr(FILE, 'user.x', b'1')",
    "os.chown(FILE, os.getuid(), -1)", "os.lchown(FILE, os.getuid(), -1)",
    "1 / 0 if __import__('ctypes').CDLL(None).inotify_init() < 0 else 0"])
def test_a_file_that_is_not_its_own_cannot_be_touched_unopened(
    behind: Sandbox, code: str
) -> None:
    if any("without seccomp" in note for note in behind.notes):
        pytest.skip("this system has no filter of system calls")
    if "inotify" in code and process.WALLS == ("namespaces",):
        pytest.skip("in a file system of its own there is nothing to watch")
    target = behind.own.parent / "bob.py"
    before = target.stat()
    attempt = behind.functions["attempt"]
    assert not str(attempt(code.replace("FILE", repr(str(target))))).startswith("done")
    after = target.stat()
    assert (before.st_mode, before.st_mtime_ns, before.st_uid) == (
        after.st_mode, after.st_mtime_ns, after.st_uid)


def test_the_scratch_directory_holds_so_many_files(course: Path, monkeypatch) -> None:
    with started(course / "bob.py", "namespaces", monkeypatch) as sandbox:
        answer = sandbox.functions["attempt"]("[os.mkdir(str(i)) for i in range(10_000)]")
        assert str(answer).startswith("OSError")


@pytest.mark.parametrize("place", ["flat", "own folder", "folder"])
def test_a_link_out_of_the_submission_is_not_followed(course: Path, place: str) -> None:
    answer = course.with_name("answer.py")
    answer.write_text(GOOD)
    folder = course / "eve"
    if place == "folder":
        folder.symlink_to(course / "dan")
        path, own = folder / "homework.py", folder
    else:
        folder.mkdir()
        path = (course if place == "flat" else folder) / "eve.py"
        path.symlink_to(answer)
        own = None if place == "flat" else folder
    record = judge_file(path, only="relu", folder=None if own is None else str(own))
    assert (record.score, record.exit_code) == (0.0, 3)
    assert "it is a link to another place" in record.error


def test_a_link_in_its_folder_shows_nothing_more(behind: Sandbox) -> None:
    link = behind.own / "peek"
    link.symlink_to(behind.own.parent / "bob.py")
    try:
        assert refused(behind.functions["attempt"](f"read({str(link)!r})"))
    finally:
        link.unlink()


def test_without_a_wall_nothing_is_graded_unless_it_is_asked_for(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "WALLS", ())
    (course / "bob.py").write_text(GOOD)
    with pytest.raises(ValueError, match="--unconfined"):
        judge_file(course / "bob.py", only="relu")
    record = judge_file(course / "bob.py", only="relu", unconfined=True)
    assert record.score == 10.0
    assert any("nothing hides the reference" in note for note in record.notes)


USER = """
import sys
from gradcheck.sandbox import process
from gradcheck.sandbox.sandbox import Sandbox
process.WALLS = ("user",)
with Sandbox(sys.argv[1], 60.0, folder=sys.argv[2] or None) as sandbox:
    for code in sys.argv[3:]:
        print(sandbox.functions["attempt"](code))
"""


def test_another_user_and_closed_folders_hide_the_grader(
    closed_grader: Path, course: Path
) -> None:
    reference = closed_grader / "layers" / "affine.py"
    course.chmod(0o700)
    answers = run_python(
        USER, closed_grader, str(course / "bob.py"), "", f"read({str(reference)!r})",
        f"read({str(course / 'carol.py')!r})", "os.getuid() > 0", "os.fork()",
        "np.ones(3).sum()").splitlines()
    assert all(answer.startswith("PermissionError") for answer in (*answers[:2], answers[3]))
    assert (answers[2], answers[4]) == ("done: True", "done: 3.0")


def test_an_open_grader_is_no_wall(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "WALLS", ("user",))
    with pytest.raises(UnconfinedError, match="mode 700"), Sandbox(course / "bob.py", 30.0):
        pass


def test_the_filter_is_a_program_for_each_kind_of_processor() -> None:
    for machine in seccomp.MACHINES:
        lines = seccomp.program(machine, 1234)
        assert len(seccomp.program(machine, 1234, enclosed=True)) < len(lines)
        ends = [place + 1 + max(step[1], step[2]) for place, step in enumerate(lines)]
        assert max(ends) <= len(lines)
        assert lines[-1] == (seccomp.RETURN, 0, 0, seccomp.ALLOW)


def test_a_project_on_the_search_path_is_not_readable(tmp_path: Path, monkeypatch) -> None:
    project, plain = tmp_path / "project", tmp_path / "plain"
    for folder in (project, plain):
        folder.mkdir()
        monkeypatch.syspath_prepend(str(folder))
    (project / "pyproject.toml").touch()
    own = tmp_path / "class" / "bob.py"
    assert str(plain) in surroundings.readable(own)
    assert str(project) not in surroundings.readable(own)
    assert str(ROOT) not in surroundings.readable(own)
    assert str(plain) not in surroundings.readable(plain / "bob.py")
    assert os.path.realpath(sys.prefix) in map(os.path.realpath, surroundings.readable(own))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="no such file"), Sandbox(tmp_path / "no.py", 5.0):
        pass


def test_arrays_cross_behind_each_wall(behind: Sandbox) -> None:
    assert behind.functions["attempt"]("np.arange(3).sum()") == f"done: {np.arange(3).sum()}"
