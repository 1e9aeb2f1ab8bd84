"""Run the notebooks of every course repository in a folder on our layers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from tqdm import tqdm

from tests.course.cells import source_of, stored_errors
from tests.course.editions import EDITIONS, edition_of
from tests.course.run import SECONDS, run_notebook
from tests.course.table import Notebook, cells_table, table

NAMES = ("Dropout", "FullyConnectedNets", "BatchNormalization", "ConvolutionalNetworks")
CAPTIONING = ("RNN_Captioning*.ipynb", "LSTM_Captioning*.ipynb")


def main(argv: list[str] | None = None) -> int:
    """Print a table of the notebooks' printed errors against what their text states."""
    parser = _parser()
    options = parser.parse_args(argv)
    if not options.folder.is_dir():
        parser.error(f"FOLDER: got {options.folder}; expected a folder of repositories")
    found = [path for path in notebooks_in(options.folder)
             if fnmatchcase(str(path[0]), f"*{options.only}*")]
    done = [Notebook(path.parent.relative_to(options.folder).parts[0], edition, path.stem,
                     run_notebook(path, edition, options.timeout), stored_errors(path))
            for path, edition in tqdm(found, disable=None)]
    print(table(done))
    if options.cells:
        print(f"\n{cells_table(done)}")
    return 0


def notebooks_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the notebooks beside each Dropout notebook, with the edition that this one tells.

    Those on captioning stand elsewhere in a repository, and mean the same in every edition: they
    get the one of its last Dropout notebook, or else the first.
    """
    editions = {}
    for told in shown(folder, "Dropout.ipynb"):
        edition = edition_of(source_of(told))
        if edition is None:
            continue
        editions[told.relative_to(folder).parts[0]] = edition.name
        for name in NAMES:
            path = told.with_name(f"{name}.ipynb")
            if path.is_file():
                yield path, edition.name
    for name in CAPTIONING:
        for path in shown(folder, name):
            yield path, editions.get(path.relative_to(folder).parts[0], next(iter(EDITIONS)))


def shown(folder: Path, name: str) -> list[Path]:
    """Return the files of a name in a folder, none of them in a hidden one."""
    return [path for path in sorted(folder.rglob(name))
            if not any(part[0] == "." for part in path.relative_to(folder).parts)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.course", description=__doc__)
    parser.add_argument("folder", metavar="FOLDER", type=Path,
                        help="a folder of repositories; their code is run, so be sure of it")
    parser.add_argument("--only", metavar="PATTERN", default="",
                        help="only notebooks with this in their path; may hold * and ?")
    parser.add_argument("--cells", action="store_true",
                        help="show each cell that printed errors, too")
    parser.add_argument("--timeout", metavar="S", type=float, default=SECONDS,
                        help=f"seconds of computing a cell (default: {SECONDS:g})")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
