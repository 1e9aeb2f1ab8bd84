"""The command line: `gradcheck check`, `grade`, `explain` and `conformance`."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import itertools
import os
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcheck.output.record import Record

PASSED, FAILED, USAGE, NOT_IMPORTABLE, OUR_FAULT = range(5)
# So many times is a target asked to stop, every half second, before the process ends.
GRACE = 4
FORMATS = ("text", "json", "junit", "gradescope", "prairielearn")
EPILOG = """\
exit codes: 0 all passed, 1 something failed, 2 usage, 3 the target cannot be imported or timed
out, 4 our own fault"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments without the program's name; by default those of the process.

    Returns
    -------
    int
        0 all passed, 1 something failed, 2 usage, 3 the target cannot be imported or timed out,
        4 our own fault.

    Examples
    --------
    >>> main(["check", "layers", "--only", "relu"])  # doctest: +ELLIPSIS
    name  arguments  worst error  calls  verdict
    relu  x          ...          ...    passed
    <BLANKLINE>
    layers: 1 passed in ... s (48 coordinates, ... forward calls)
    0
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal without UTF-8 shows a question mark where it lacks a character.
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    parser = _parser()
    try:
        options = parser.parse_args(argv)
        if options.command is None:
            parser.print_help()
            return USAGE
        code = COMMANDS[options.command](options)
        sys.stdout.flush()
        return code
    except SystemExit as stop:  # argparse: --help gives 0, an error 2
        return stop.code if isinstance(stop.code, int) else USAGE
    except _UsageError as error:
        print(f"gradcheck: error: {error}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        # The reader has gone (`| head`); what is still buffered must not raise at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("gradcheck: interrupted", file=sys.stderr)
        return 128 + signal.SIGINT
    except Exception:
        traceback.print_exc()
        print("gradcheck: internal error; this is our fault, not your code's. Please report it "
              "with the lines above.", file=sys.stderr)
        return OUR_FAULT


class _UsageError(Exception):
    """The command line asks for something that cannot be."""


class _Version(argparse.Action):
    """Print the installed version; it is looked up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(f"gradcheck {version('maskgrad')}")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gradcheck", description="Check NumPy layers' gradients and dropout masks, and say "
        "what is wrong with them.", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    check = commands.add_parser(
        "check", help="check every layer of a module or file", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Check every <name>_forward/<name>_backward pair and every <name>_loss of a "
        "module or file, and the mask laws for dropout.")
    check.add_argument("target", metavar="TARGET",
                       help="a file (homework.py) or the name of an installed module (layers)")
    _add_shared(check, "no limit", "no limit")

    grade = commands.add_parser(
        "grade", help="the same for a submission, in a sandbox, with points", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Grade a submission, or every submission in a folder. The sandbox guards "
        "against accidents and cheap tricks; hostile code needs a container.")
    grade.add_argument("target", metavar="FILE", help="a Python file, or a folder of them")
    _add_shared(grade, "120", "2048")
    grade.add_argument("--points", metavar="TOML", help="points per function and per law")
    grade.add_argument("--workers", type=_whole_number, metavar="N", default=1,
                       help="processes for a folder (-1: one a core)")

    explain = commands.add_parser(
        "explain", help="what a finding or a law of the mask means, a wrong example, the right one",
        description="Explain a finding or a law of the mask. Without CODE, list all of them.")
    explain.add_argument("code", metavar="CODE", nargs="?")

    conformance = commands.add_parser(
        "conformance", help="which laws of dropout hold in which framework",
        description="Hold the dropouts of frameworks, or of modules, to every law and print a "
        "table.")
    conformance.add_argument("names", metavar="NAME", nargs="*",
                             help="a framework or a module; default: every framework")
    return parser


def _add_shared(parser: argparse.ArgumentParser, seconds: str, megabytes: str) -> None:
    """Add the options that check and grade have in common."""
    parser.add_argument("--only", metavar="NAME", action="append", default=[],
                        help="only this layer; may be given again, and may be a pattern (affine*)")
    parser.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    parser.add_argument("-o", "--output", metavar="PATH", help="write there instead of to stdout")
    parser.add_argument("--timeout", metavar="S", type=_positive,
                        help=f"seconds in all (default: {seconds})")
    parser.add_argument("--memory", metavar="MB", type=_positive,
                        help=f"megabytes at most, beyond NumPy's own (default: {megabytes})")
    parser.add_argument("--p-is", choices=("drop", "keep"), default="drop",
                        help="whether p is the probability of dropping or of keeping")
    parser.add_argument("--scaling", choices=("inverted", "vanilla"), default="inverted",
                        help="whether dropout scales in training or at test time")
    parser.add_argument("--seeding", choices=("seed", "rng", "global", "none"), default="seed",
                        help="what governs the mask: param['seed'], param['rng'], np.random.seed "
                        "or nothing")
    parser.add_argument("--strict", action="store_true",
                        help="hold dropout also to the laws beyond common practice")
    parser.add_argument("--seed", type=_natural, metavar="N", help="draws the example inputs")


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"got {text!r}; expected a positive number")
    return value


def _whole_number(text: str) -> int:
    with contextlib.suppress(ValueError):
        if int(text) == -1 or int(text) > 0:
            return int(text)
    raise argparse.ArgumentTypeError(f"got {text!r}; expected a positive integer, or -1")


def _natural(text: str) -> int:
    with contextlib.suppress(ValueError):
        if int(text) >= 0:
            return int(text)
    raise argparse.ArgumentTypeError(f"got {text!r}; expected an integer of at least 0")


def _check(options: argparse.Namespace) -> int:
    from gradcheck.output.record import Record
    from gradcheck.target.check import NothingToCheckError, check_target
    from gradcheck.target.load import TimedOut

    try:
        with _limited(options.timeout, options.memory):
            record = check_target(
                options.target, only=options.only, conventions=_conventions(options),
                strict=options.strict, seed=options.seed or 0)
    except NothingToCheckError as error:
        raise _UsageError(str(error)) from error
    except TimedOut as reason:  # before the check began
        record = Record("check", options.target, error=str(reason), fault="target")
    _write(record, options)
    return record.exit_code


def _grade(options: argparse.Namespace) -> int:
    from gradcheck.grading.grade import MEMORY, TIMEOUT, grade_file, grade_folder

    settings: dict[str, Any] = {
        "points": options.points, "only": options.only or None, "seed": options.seed,
        "timeout": options.timeout or TIMEOUT, "memory": int(options.memory or MEMORY),
        **vars(_conventions(options)),
    }
    try:
        if not Path(options.target).is_dir():
            record = grade_file(options.target, **settings)
            _write(record, options, brief=not Path(options.target).exists())
            return record.exit_code
        records = grade_folder(options.target, workers=options.workers,
                               progress=sys.stdout.isatty(), **settings)
    except (ValueError, OSError) as error:
        raise _UsageError(str(error)) from error
    if not records:
        raise _UsageError(f"{options.target}: no .py file was found in this folder, nor one level "
                          "below. Remedy: name the folder of the submissions.")
    return _write_folder(records, options)


def _explain(options: argparse.Namespace) -> int:
    from gradcheck.findings import explain as findings
    from gradcheck.mask_laws import explain as laws

    if options.code is None:
        print(f"{findings.listing()}\n\n{laws.listing()}")
        return PASSED
    half = next((half for half in (findings, laws) if options.code in half.EXPLANATIONS), None)
    if half is None:
        known = [*findings.EXPLANATIONS, *laws.EXPLANATIONS]
        close = difflib.get_close_matches(options.code, known, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "gradcheck explain lists them."
        raise _UsageError(f"CODE: got {options.code!r}; expected a code of a finding or the name "
                          f"of a law. Remedy: {hint}")
    print(half.explain(options.code))
    return PASSED


def _conformance(options: argparse.Namespace) -> int:
    from gradcheck.adapters.frameworks import PEERS
    from gradcheck.mask_laws.conformance import conformance, table

    results, missing = conformance(options.names or list(PEERS))
    if results:
        print(table(results))
    for name, reason in missing.items():
        print(f"gradcheck: {name} was skipped: {reason}", file=sys.stderr)
    return PASSED if results else USAGE


COMMANDS = {"check": _check, "grade": _grade, "explain": _explain, "conformance": _conformance}


def _conventions(options: argparse.Namespace) -> Any:
    from gradcheck.grading.judge import Conventions

    seeding = None if options.seeding == "none" else options.seeding
    return Conventions(options.p_is, options.scaling, seeding)


@contextlib.contextmanager
def _limited(seconds: float | None, megabytes: float | None) -> Iterator[None]:
    """Raise TimedOut once the time is up, MemoryError where more memory is asked for."""
    with _limited_time(seconds), _limited_memory(megabytes):
        yield


@contextlib.contextmanager
def _limited_time(seconds: float | None) -> Iterator[None]:
    from gradcheck.target.load import TimedOut

    if seconds is None:
        yield
        return
    if not hasattr(signal, "setitimer") or threading.current_thread() is not (
            threading.main_thread()):
        raise _UsageError("--timeout: this system has no timer signals; use gradcheck grade")

    message = f"timed out after {seconds:g} s; --timeout sets the limit"
    ticks = itertools.count()

    def stop(*_: object) -> None:
        if next(ticks) < GRACE:
            raise TimedOut(message)
        # A bare `except` in a loop swallows every exception.
        os.write(2, f"gradcheck: error: {message}\n".encode())
        os._exit(NOT_IMPORTABLE)

    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _limited_memory(megabytes: float | None) -> Iterator[None]:
    if megabytes is None:
        yield
        return
    try:
        import resource
    except ImportError:
        raise _UsageError("--memory: this system has no resource limits") from None
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    # The libraries' own address space is not the target's.
    wanted = _address_space() + int(megabytes * 2**20)
    resource.setrlimit(resource.RLIMIT_AS, (
        wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space() -> int:
    """Return this process's virtual memory in bytes, where the system tells it; else 4 GB."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError):
        return 4 * 2**30
    return pages * os.sysconf("SC_PAGE_SIZE")


def _write(record: Record, options: argparse.Namespace, brief: bool = False) -> None:
    """Write a record; with `brief`, or without an item, a text on stdout is the error alone."""
    from gradcheck.output.formats import render

    brief = brief or not record.items
    if record.error and brief and options.format == "text" and not options.output:
        print(f"gradcheck: error: {record.error}", file=sys.stderr)
        return
    width = shutil.get_terminal_size((100, 24)).columns
    _emit(render(record, options.format, color=_colored(options), width=width), options)


def _write_folder(records: Sequence[Record], options: argparse.Namespace) -> int:
    """Write one line a submission, and a CSV with -o."""
    import json

    from gradcheck.output.formats import as_csv, as_line, write_result

    if options.format not in ("text", "json"):
        raise _UsageError(f"--format: got {options.format!r}; a folder is written as text or json")
    if options.format == "json":
        _emit(json.dumps([record.to_dict() for record in records], indent=2) + "\n", options)
    else:
        for record in records:
            print(as_line(record))
        if options.output is not None:
            write_result(options.output, as_csv(records))
    return max((record.exit_code for record in records), default=PASSED)


def _emit(text: str, options: argparse.Namespace) -> None:
    if options.output is None:
        sys.stdout.write(text)
        return
    from gradcheck.output.formats import write_result

    try:
        write_result(options.output, text)
    except OSError as error:
        raise _UsageError(f"-o: {options.output} cannot be written: {error.strerror}") from error


def _colored(options: argparse.Namespace) -> bool:
    return (options.output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM") != "dumb")
