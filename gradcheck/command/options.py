"""The commands of `gradcheck` and their options."""

from __future__ import annotations

import argparse
import contextlib
from typing import Any, TypeAlias

from gradcheck import __version__

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

FORMATS = ("text", "json", "junit", "github", "sarif", "gradescope", "prairielearn")
EPILOG = """\
exit codes: 0 all passed, 1 something failed, 2 usage, 3 the target cannot be imported or timed
out, 4 our own fault"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="gradcheck", description="Check NumPy layers' gradients and dropout masks, and say "
        "what is wrong with them.", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"gradcheck {__version__}",
                        help="show the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    _add_check(commands)
    _add_watch(commands)
    _add_grade(commands)

    explain = commands.add_parser(
        "explain", help="what a finding or a law of the mask means, a wrong example, the right one",
        description="Explain a finding, a law of the mask or a status. Without CODE, list all of "
        "them.")
    explain.add_argument("code", metavar="CODE", nargs="?")
    explain.add_argument("--edits", action="store_true",
                         help="list the edits that are tried to repair a layer")
    explain.add_argument("--p-is", choices=("drop", "keep"), default="drop",
                         help="whether your p is the probability of dropping a unit, or of keeping "
                         "it: a law and its programs then say so")

    conformance = commands.add_parser(
        "conformance", help="which laws of dropout hold in which framework",
        description="Hold the dropouts of frameworks, or of modules, to every law and print a "
        "table.")
    conformance.add_argument("names", metavar="NAME", nargs="*",
                             help="a framework or a module; default: every framework")
    return parser


def given_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that flags name; those that are not given are left to the project.

    A patch, and a format that carries the edit, need it told.
    """
    names = ("only", "ignore", "imported", "installed", "p_is", "scaling", "seeding", "strict",
             "seed", "no_values", "fail_uncovered", "forward", "backward", "repair",
             "repair_seconds")
    values = {name: getattr(options, name, None) for name in names}
    given = {name: value for name, value in values.items()
             if value is not None and value is not False and value != []}
    if getattr(options, "patch", None) or (options.command in ("check", "watch")
                                           and options.format == "sarif"):
        given["repair"] = True
    if options.command in ("check", "watch") and options.html:
        given["detailed"] = True
    return given if getattr(options, "line", None) is None else {**given, "line": False}


def _add_check(commands: Commands) -> None:
    """Add `gradcheck check`."""
    check = commands.add_parser(
        "check", help="check every layer of files, notebooks and modules", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Check every <name>_forward/<name>_backward pair, <name>_loss and layer class "
        "of the\ntargets, and the mask laws for dropout, each in a process that can take nothing "
        "else down\nwith it. [tool.gradcheck] in pyproject.toml may say the same as the options.")
    _add_checking(check)


def _add_watch(commands: Commands) -> None:
    """Add `gradcheck watch`."""
    watch = commands.add_parser(
        "watch", help="check again after every save, and say what has changed", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Check the targets, then again whenever one of their files is saved, and say "
        "what has\nchanged. Ctrl-C ends it, with the exit code of the last check.")
    _add_checking(watch)


def _add_checking(check: argparse.ArgumentParser) -> None:
    """Add what `check` and `watch` take."""
    check.add_argument("targets", metavar="TARGET", nargs="+",
                       help="a file (homework.py, book.ipynb), a folder, a package, or the name of "
                       "a module (layers); what lies in the current folder comes first")
    _add_shared(check, "no limit, and a minute for each function; "
                "of a limit, one function has half", "no limit")
    check.add_argument("--imported", action="store_true",
                       help="judge layers that the target imports from elsewhere, too")
    check.add_argument("--installed", action="store_true",
                       help="a name means the installed module, whatever lies in this folder")
    check.add_argument("--forward", metavar="NAME",
                       help="judge this function, with the one that --backward names")
    check.add_argument("--backward", metavar="NAME", help="its backward")
    check.add_argument("--pass-without-layers", action="store_true",
                       help="pass over a target in which there is nothing to check: for hooks")
    check.add_argument("--fail-uncovered", action="store_true",
                       help="fail a layer of which some lines ran at no example")
    check.add_argument("--repair", action="store_true",
                       help="show the edit that repairs a layer, as a diff that git apply takes")
    check.add_argument("--patch", metavar="PATH",
                       help="write the edits of all layers there; no source is changed")
    check.add_argument("--no-line", action="store_false", dest="line", default=None,
                       help="do not look for the line that a failure comes from")
    check.add_argument("--repair-seconds", metavar="S", type=_positive,
                       help="look for it so long at most, a function (default: 3; three times "
                       "that for all of a file)")
    check.add_argument("-v", "--verbose", action="store_true",
                       help="say more: our own tracebacks, what is not written yet and where, "
                       "what the target printed; more than ten lines a layer")


def _add_grade(commands: Commands) -> None:
    """Add `gradcheck grade`."""
    grade = commands.add_parser(
        "grade", help="the same for a submission, in a sandbox, with points", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Grade a submission, or every submission in a folder. The sandbox guards "
        "against\naccidents and cheap tricks; hostile code needs a container.")
    grade.add_argument("target", metavar="FILE", help="a Python file, or a folder of them")
    _add_shared(grade, "120", "2048")
    grade.add_argument("-v", "--verbose", action="store_true",
                       help="a line for every law, and all that is said of each layer")
    grade.add_argument("--points", metavar="TOML", help="points per function and per law")
    grade.add_argument("--folder", help="for a file: its own folder, of which it may read and "
                       "import the rest (a file is alone otherwise)")
    grade.add_argument("--reference", metavar="FILE", help="your own solution: its layers are what "
                       "submissions are held to; it is checked first")
    grade.add_argument("--workers", type=_workers, metavar="N", default=1,
                       help="processes for a folder (-1: one a core), or the address of a dask "
                       "cluster, such as tcp://10.0.0.1:8786 (extra distributed)")
    grade.add_argument("--results", metavar="FOLDER", help="for a folder: where results.jsonl "
                       "takes each record as it is known (default: beside it, <folder>.results)")
    grade.add_argument("--resume", action="store_true", help="go on where a run has stopped; what "
                       "has changed since is judged anew")
    grade.add_argument("--hints", type=int, choices=range(4), help="what feedback tells of what is "
                       "wrong: 0 nothing, 1 what it is (default), 2 its line, 3 the edit that "
                       "mends it")
    grade.add_argument("--unconfined", action="store_true", help="grade also where this system "
                       "lets a submission read the reference")


def _add_shared(parser: argparse.ArgumentParser, seconds: str, megabytes: str) -> None:
    """Add the options that check and grade have in common."""
    parser.add_argument("--only", metavar="NAME", action="append", default=[],
                        help="only this layer; may be given again, and may be a pattern (affine*)")
    parser.add_argument("--ignore", metavar="CODE", action="append", default=[],
                        help="a finding or a law that does not count; may be given again")
    parser.add_argument("--no-values", action="store_true",
                        help="do not hold a forward's value to the definition of its name")
    parser.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    parser.add_argument("-o", "--output", metavar="PATH", help="write there instead of to stdout")
    parser.add_argument("--html", metavar="PATH", help="write a page to look at there, too: one "
                        "file with sources, gradients and the line; of a folder of submissions one "
                        "for the class, and one beside each student's results")
    parser.add_argument("--timeout", metavar="S", type=_positive,
                        help=f"seconds in all (default: {seconds})")
    parser.add_argument("--memory", metavar="MB", type=_positive,
                        help=f"megabytes at most, beyond NumPy's own (default: {megabytes})")
    parser.add_argument("--p-is", choices=("drop", "keep"),
                        help="whether p is the probability of dropping or of keeping (default: "
                        "drop; check goes by the docstring, or by the behaviour, before)")
    parser.add_argument("--scaling", choices=("inverted", "vanilla"),
                        help="whether dropout scales in training (default) or at test time")
    parser.add_argument("--seeding", choices=("seed", "rng", "global", "none"),
                        help="what governs the mask: param['seed'] (default), param['rng'], "
                        "np.random.seed or nothing")
    parser.add_argument("--strict", action="store_true",
                        help="hold dropout also to the laws beyond common practice")
    parser.add_argument("--advice", action="store_true",
                        help="show every remark that costs nothing, not the first of a layer alone")
    parser.add_argument("--seed", type=_natural, metavar="N", help="draws the example inputs")


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"got {text!r}; expected a positive number")
    return value


def _workers(text: str) -> int | str:
    return text if "://" in text else _whole_number(text)


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
