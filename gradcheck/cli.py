"""The command line: `gradcheck check`, `watch`, `grade`, `explain` and `conformance`."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradcheck.command.files import UsageError as _UsageError
from gradcheck.command.files import refuse_overwriting, write_class, write_page, write_patch
from gradcheck.command.options import given_settings, parser
from gradcheck.command.terminal import colored, columns

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
    >>> main(["check", "layers", "--only", "relu", "--installed"])  # doctest: +ELLIPSIS
    layers (...)
    name  arguments  worst error  examples  calls  verdict
    relu  x          ...          10        ...    passed
    <BLANKLINE>
    layers: 1 passed in ... s (... coordinates, ... forward calls)
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
        refuse_overwriting(options)
        code = COMMANDS[options.command](options)
        sys.stdout.flush()
        return code
    except SystemExit as stop:  # argparse: --help gives 0, an error 2
        return stop.code if isinstance(stop.code, int) else USAGE
    except _UsageError as error:
        from gradcheck.output.plain import inert

        print(inert(f"gradcheck: error: {error}"), file=sys.stderr)
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


def _check(options: argparse.Namespace) -> int:
    return _checked(options)[0]


def _watch(options: argparse.Namespace) -> int:
    from gradcheck.command.saved import Saved
    from gradcheck.command.watching import watch

    if options.format != "text" and options.output is None:
        raise _UsageError(f"--format: got {options.format!r}; expected text. Remedy: name a file, "
                          "which every save writes anew, with -o.")

    def judge() -> tuple[int, list[Record]]:
        try:
            return _checked(options)
        except _UsageError as error:  # the next save may mend it, as of a file without a layer
            _tell(str(error))
        return USAGE, []

    return watch(Saved(options.targets, options.installed), " ".join(options.targets), judge)


def _checked(options: argparse.Namespace) -> tuple[int, list[Record]]:
    """Check the targets and write what is said of them; return the exit code, too."""
    from gradcheck.command.checking import check_targets

    records, nothing, single = check_targets(options)
    if nothing and not records:
        raise _UsageError(nothing[0])
    _write(records, options, single)
    if options.patch:
        write_patch(records, options.patch)
    if options.html:
        write_page(records, options.html)
    _tell(*nothing)
    return max([*(record.exit_code for record in records), USAGE if nothing else PASSED]), records


def _grade(options: argparse.Namespace) -> int:
    from gradcheck.grading.grade import MEMORY, TIMEOUT, grade_file
    from gradcheck.grading.untried import is_untried
    from gradcheck.mask_laws.conventions import Conventions

    given = given_settings(options)
    if options.no_values:
        given["ignore"] = [*given.get("ignore", ()), "value-differs"]
    conventions = Conventions.of_flags(**{
        name: given[name] for name in ("p_is", "scaling", "seeding") if name in given})
    settings: dict[str, Any] = {
        "points": options.points, "seed": options.seed, "unconfined": options.unconfined,
        "hints": options.hints, "reference": options.reference,
        "timeout": options.timeout or TIMEOUT, "memory": int(options.memory or MEMORY),
        **({"detailed": True} if options.html else {}),
        **{name: given[name] for name in ("ignore", "only") if name in given},
        **conventions.to_dict(),
    }
    try:
        if Path(options.target).is_dir():
            if options.folder is not None:
                raise ValueError("--folder: got a folder of submissions to grade, too; expected "
                                 "one file. Remedy: a folder below is a submission's own anyway.")
            return _grade_folder(options, settings)
        record = grade_file(options.target, folder=options.folder, **settings)
    except (ValueError, OSError) as error:
        raise _UsageError(str(error)) from error
    _write([record], options, single=True, brief=is_untried(record))
    if options.html:
        write_page([record], options.html)
    return record.exit_code


def _grade_folder(options: argparse.Namespace, settings: dict[str, Any]) -> int:
    """Grade a folder: in a text a line a submission as it is known, else all at the end."""
    from gradcheck.grading.grade import grade_folder, left_out, submissions
    from gradcheck.grading.results import is_unwritten
    from gradcheck.output.folder import as_csv, as_line
    from gradcheck.output.json import as_json_list

    if options.format not in ("text", "json"):
        raise _UsageError(f"--format: got {options.format!r}; a folder is written as text or json")
    results = options.results or f"{Path(options.target).resolve()}.results"
    records = grade_folder(
        options.target, workers=options.workers, resume=options.resume, results=results,
        # a bar on the same terminal would get into the document
        progress=sys.stderr.isatty() and (options.output is not None or not sys.stdout.isatty()),
        callback=(lambda record: print(as_line(record), flush=True)) if options.format == "text"
        else None, **settings)
    if skipped := left_out(options.target):
        _tell(notes=[f"not graded, as only .py files with a plain name are: {', '.join(skipped)}"])
    _tell(notes=[note for record in records for note in record.notes if is_unwritten(note)])
    if not records:
        raise _UsageError(f"{options.target}: no .py file in this folder, nor one level below. "
                          "Remedy: name the folder of the submissions.")
    if options.html:
        files = submissions(options.target, options.reference)
        write_class(records, files, options.target, results, options.html)
    if options.format == "json":
        _emit(as_json_list(records), options)
    elif options.output is not None:
        _emit(as_csv(records), options)
    return max(record.exit_code for record in records)


def _explain(options: argparse.Namespace) -> int:
    from gradcheck.command.explaining import UnknownCodeError, explanation

    try:
        print(explanation(options.code, options.edits, options.p_is))
    except UnknownCodeError as error:
        raise _UsageError(str(error)) from error
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


COMMANDS = {"check": _check, "watch": _watch, "grade": _grade, "explain": _explain,
            "conformance": _conformance}


def _write(records: Sequence[Record], options: argparse.Namespace, single: bool,
           brief: bool = False) -> None:
    """Write the records: one, or several as a text each, or as one document in other formats.

    Errors and notes are told on stderr, and are not repeated in a text on stdout. With `brief`, or
    without an item, such a text has nothing else.
    """
    from gradcheck.output.render import OneRecordError, render, render_all
    from gradcheck.target.codes import meanings

    shown = list(records)
    if options.format == "text" and not options.output:
        shown = [replace(record, error="", notes=tuple(filter(_is_advice, record.notes)))
                 for record in records if not record.error or (record.items and not brief)]
    how = partial(render, shown[0]) if single and shown else partial(render_all, shown)
    if shown:
        try:
            text = how(options.format, color=options.output is None and colored(sys.stdout),
                       width=columns(), verbose=getattr(options, "verbose", False),
                       advice=options.advice,
                       rules=meanings() if options.format == "sarif" else None)
        except OneRecordError as error:
            raise _UsageError(str(error)) from error
        _emit(text, options)
    for record in records:
        _tell(*([record.error] if record.error else []),
              notes=[note for note in record.notes if not _is_advice(note)])


def _is_advice(note: str) -> bool:
    """Whether a note is about the layers, as a message is, and not about the run."""
    return note.startswith("advice")


def _tell(*errors: str, notes: Sequence[str] = ()) -> None:
    """Tell errors and notes on stderr, below what is already on stdout."""
    from gradcheck.output.plain import below, clean, inert
    from gradcheck.output.text import folded

    sys.stdout.flush()
    for told in (*(f"note: {below(clean(note))}" for note in notes),
                 *(f"gradcheck: error: {below(clean(error))}" for error in errors)):
        if sys.stderr.isatty():  # elsewhere, who reads it may look for a whole sentence
            told = "\n".join(folded(told, "", columns()))
        print(inert(told), file=sys.stderr)


def _emit(text: str, options: argparse.Namespace) -> None:
    if options.output is None:
        sys.stdout.write(text)
        return
    from gradcheck.output.write import write_result

    try:
        write_result(options.output, text)
    except OSError as error:
        raise _UsageError(f"-o: {options.output} cannot be written: {error.strerror}") from error
