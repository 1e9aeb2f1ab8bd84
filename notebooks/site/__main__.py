"""Build the site: python -m notebooks.site OUT."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Sequence
from pathlib import Path

NEEDED = ("pdoc", "markdown_it", "mdit_py_plugins", "pygments", "latex2mathml", "nbconvert",
          "nbclient", "pytest")


def main(argv: Sequence[str] | None = None) -> int:
    """Build the site and say what was built; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m notebooks.site", description="Build the documentation as a static site.")
    parser.add_argument("out", metavar="OUT", type=Path, help="the folder that it is built into")
    parser.add_argument("--execute", action="store_true",
                        help="run the notebooks, and show their outputs (takes minutes)")
    parser.add_argument("--workers", type=int, default=2, metavar="N",
                        help="processes that run programs (default: %(default)s)")
    options = parser.parse_args(argv)
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(f"not installed: {', '.join(missing)}. Remedy: python -m pip install -e '.[site]'",
              file=sys.stderr)
        return 2
    return _built(options)


def _built(options: argparse.Namespace) -> int:
    from notebooks.site.build import NotEmptyError, build

    began = time.perf_counter()
    try:
        built = build(options.out, options.execute, options.workers)
    except NotEmptyError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{options.out / 'index.html'}: {built.pages} pages, {built.size / 1e6:.1f} MB "
          f"in {time.perf_counter() - began:.0f} s")
    for link in built.dead:
        print(f"leads nowhere: {link}", file=sys.stderr)
    return int(bool(built.dead))


if __name__ == "__main__":
    sys.exit(main())
