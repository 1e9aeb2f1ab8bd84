"""Make the zip that Gradescope asks for under "Configure Autograder".

    python notebooks/gradescope/make_zip.py -o autograder.zip

It holds setup.sh and run_autograder at its top, as Gradescope wants it, the points, and maskgrad
itself, so that the image needs no other source of it.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SCRIPTS = ("setup.sh", "run_autograder")
PROJECT = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")
PACKAGES = ("layers", "gradcheck", "nets")
# The earliest date a zip can hold: equal files give equal zips.
DATE = (1980, 1, 1, 0, 0, 0)


def contents() -> Iterator[tuple[str, Path]]:
    """Yield the name in the zip and the file, for every file."""
    for name in (*SCRIPTS, "points.toml"):
        yield name, HERE / name
    files = [ROOT / name for name in PROJECT]
    files += [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*"))
              if path.suffix == ".py" or path.name == "py.typed"]
    for path in files:
        if path.exists():
            yield f"maskgrad/{path.relative_to(ROOT).as_posix()}", path


def make_zip(target: Path) -> int:
    """Write the zip and return the number of files in it."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in contents():
            info = zipfile.ZipInfo(name, DATE)
            info.external_attr = (0o100755 if name in SCRIPTS else 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, path.read_bytes())
        return len(archive.namelist())


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=Path("autograder.zip"),
                        metavar="PATH", help="default: autograder.zip")
    output = parser.parse_args(argv).output
    try:
        count = make_zip(output)
    except OSError as error:
        print(f"make_zip: {output} cannot be written ({error}).", file=sys.stderr)
        return 1
    print(f"{output}: {count} files, {output.stat().st_size / 1024:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
