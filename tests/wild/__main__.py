"""Run the checker on every layer file of a folder of repositories, or compare two runs."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from .compare import comparison
from .find import target_files
from .run import GRADCHECK, TIMEOUT, load, run_all, save
from .table import listing, summary


def main(argv: list[str] | None = None) -> int:
    """Print a run's tables, or what changed between two runs."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.compare:
        print(comparison(*map(load, options.compare)))
        return 0
    if options.folder is None or not options.folder.is_dir():
        parser.error(f"FOLDER: got {options.folder}; expected a folder of repositories")
    files = target_files(options.folder, options.only)
    outcomes = run_all(options.folder, files, _command(options.gradcheck), options.timeout,
                       options.workers)
    if options.json:
        save(options.json, outcomes)
    if options.verbose:
        print(*listing(outcomes), "", sep="\n")
    print(summary(outcomes))
    return 0


def _command(text: str) -> Sequence[str]:
    """Split a command; a program in the current folder is found from any other, too."""
    if not text:
        return GRADCHECK
    program, *arguments = shlex.split(text)
    return [str(Path(program).absolute()) if Path(program).is_file() else program, *arguments]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.wild", description=__doc__)
    parser.add_argument("folder", metavar="FOLDER", nargs="?", type=Path,
                        help="a folder of repositories; their code is run, so be sure of it")
    parser.add_argument("--json", metavar="OUT", type=Path, help="store the run there")
    parser.add_argument("--compare", metavar=("OLD", "NEW"), nargs=2, type=Path,
                        help="two stored runs: print every function that is judged otherwise")
    parser.add_argument("--gradcheck", metavar="CMD", default="",
                        help="the command to run (default: this interpreter's -m gradcheck)")
    parser.add_argument("--workers", metavar="N", type=int, default=1,
                        help="files at a time (default: 1)")
    parser.add_argument("--only", metavar="PATTERN", default="",
                        help="only files with this in their path; may hold * and ?")
    parser.add_argument("--timeout", metavar="S", type=float, default=TIMEOUT,
                        help=f"seconds a file (default: {TIMEOUT:g})")
    parser.add_argument("-v", "--verbose", action="store_true",
                        help="list every function that has not passed")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
