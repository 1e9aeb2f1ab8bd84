"""The command line: `gradcheck check`, `grade`, `explain` and `conformance`."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradcheck.options import parser

if TYPE_CHECKING:
    from gradcheck.output.record import Record

PASSED, FAILED, USAGE, NOT_IMPORTABLE, OUR_FAULT = range(5)


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
    layers: 1 passed in ... s (72 coordinates, ... forward calls)
    0
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal without UTF-8 shows a question mark where it lacks a character.
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    commands = parser()
    try:
        options = commands.parse_args(argv)
        if options.command is None:
            commands.print_help()
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


def _check(options: argparse.Namespace) -> int:
    from gradcheck.limits import LimitError, limited
    from gradcheck.output.record import Record
    from gradcheck.target.check import NothingToCheckError, check_target
    from gradcheck.target.exceptions import TimedOut

    try:
        with limited(options.timeout, options.memory):
            record = check_target(
                options.target, only=options.only, conventions=_conventions(options),
                strict=options.strict, seed=options.seed or 0)
    except (NothingToCheckError, LimitError) as error:
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
        **_conventions(options).to_dict(),
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
    from gradcheck.findings.registry import rules
    from gradcheck.mask_laws import explain as laws

    if options.code is None:
        print(f"{findings.listing()}\n\n{laws.listing()}")
    elif options.code in rules():
        print(findings.explain(options.code))
    elif options.code in laws.EXPLANATIONS:
        print(laws.explain(options.code))
    else:
        close = difflib.get_close_matches(options.code, [*rules(), *laws.EXPLANATIONS], n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "gradcheck explain lists them."
        raise _UsageError(f"CODE: got {options.code!r}; expected a code of a finding or the name "
                          f"of a law. Remedy: {hint}")
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
    from gradcheck.mask_laws.conventions import Conventions

    return Conventions.of_flags(options.p_is, options.scaling, options.seeding)


def _write(record: Record, options: argparse.Namespace, brief: bool = False) -> None:
    """Write a record; with `brief`, or without an item, a text on stdout is the error alone."""
    from gradcheck.output.render import render

    brief = brief or not record.items
    if record.error and brief and options.format == "text" and not options.output:
        print(f"gradcheck: error: {record.error}", file=sys.stderr)
        return
    width = shutil.get_terminal_size((100, 24)).columns
    _emit(render(record, options.format, color=_colored(options), width=width), options)


def _write_folder(records: Sequence[Record], options: argparse.Namespace) -> int:
    """Write one line a submission, and a CSV with -o."""
    import json

    from gradcheck.output.folder import as_csv, as_line
    from gradcheck.output.write import write_result

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
    from gradcheck.output.write import write_result

    try:
        write_result(options.output, text)
    except OSError as error:
        raise _UsageError(f"-o: {options.output} cannot be written: {error.strerror}") from error


def _colored(options: argparse.Namespace) -> bool:
    return (options.output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM") != "dumb")
