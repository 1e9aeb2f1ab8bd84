"""The command `gradcheck`, and `python -m gradcheck`."""

from __future__ import annotations

from gradcheck.cli import main


def run() -> None:
    """Run the command line with the process's arguments and leave with its exit code.

    What is judged runs in processes of its own, so that nothing of it can end or change this one.
    """
    raise SystemExit(main())


if __name__ == "__main__":
    run()
