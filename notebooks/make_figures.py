"""Draw the two plots of notebooks/pages/digits.md into notebooks/figures.

    python -m notebooks.make_figures                        trains for about ten minutes
    python -m notebooks.make_figures --results runs.jsonl   resumes from, and adds to, this file
    python -m notebooks.make_figures --page                 takes the README's picture of a page;
                                                            needs Chromium
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from nets.learning_curves import COLOURS
from nets.sweep import Summary, run_sweep, summarize

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks" / "figures"
PICTURE = ROOT / "notebooks" / "pages" / "images" / "report.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT, COLOURS_OF_PAGE = 1120, 1245, 128
BLUE, VERMILLION, GREEN, _ = COLOURS
P = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]


def difference_errors() -> Figure:
    """Draw the error of three numeric derivatives of sin at 1 against the step."""
    steps, right, eps = np.logspace(-12, 0, 97), np.cos(1.0), np.finfo(np.float64).eps
    estimates = {
        "forward difference": ((np.sin(1 + steps) - np.sin(1.0)) / steps, VERMILLION, "s"),
        "central difference": ((np.sin(1 + steps) - np.sin(1 - steps)) / (2 * steps), BLUE, "o"),
        "complex step (exact: drawn at 1e-17)": (np.sin(1 + 1j * steps).imag / steps, GREEN, "^"),
    }
    figure, axes = _empty()
    for label, (found, colour, marker) in estimates.items():
        error = np.maximum(np.abs(found - right) / right, 1e-17)
        axes.loglog(steps, error, marker, markersize=3, color=colour, label=label)
    axes.loglog(steps, steps**2 / 6, color="black", lw=0.8, label="truncation h²/6: slope 2")
    axes.loglog(steps, eps * np.tan(1.0) / steps, color="black", lw=0.8, ls="--",
                label="roundoff ε|f|/h: slope −1")
    axes.set(xlabel="step h (units of x)", ylabel="relative error of the derivative",
             ylim=(3e-18, 1e3), title="A smaller step is not a better step: sin at x = 1, float64")
    axes.legend(frameon=False, fontsize="small", ncols=2, loc="upper center")
    return figure


def error_against_p(summaries: Sequence[Summary]) -> Figure:
    """Draw the test error against p, with wrong labels in the training set and without."""
    figure, axes = _empty()
    for noise, colour, marker in ((0.3, VERMILLION, "o"), (0.0, BLUE, "s")):
        chosen = sorted((s for s in summaries if s.experiment.noise == noise),
                        key=lambda s: s.experiment.p)
        p = [s.experiment.p for s in chosen]
        mean, spread = (100 * np.array([getattr(s, name) for s in chosen])
                        for name in ("mean", "standard_error"))
        label = f"{100 * noise:.0f} % of the training labels wrong" if noise else "right labels"
        axes.errorbar(p, mean, yerr=spread, marker=marker, markersize=4, capsize=3, color=colour,
                      label=label)
    axes.set(xlabel="drop probability p of a hidden unit (0: no dropout at all)",
             ylabel="test error (%)", ylim=(0, None),
             title="Digits, 1000 training images; mean and standard error of "
             f"{summaries[0].seeds} seeds")
    axes.legend(frameon=False)
    return figure


def take_picture(to: Path) -> None:
    """Check the README's homework.py, and take a picture of the page about it with Chromium."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit(f"none of {', '.join(BROWSERS)} is installed")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "homework.py").write_text(homework(), encoding="utf-8")
        subprocess.run([sys.executable, "-m", "gradcheck", "check", "homework.py", "--html",
                        "page.html"], cwd=folder, stdout=subprocess.DEVNULL, check=False,
                       env={**os.environ, "PYTHONPATH": str(ROOT)})
        raw = Path(folder, "page.png")
        subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                        f"--user-data-dir={folder}/profile", f"--window-size={WIDTH},{HEIGHT}",
                        f"--screenshot={raw}", Path(folder, "page.html").as_uri()],
                       stderr=subprocess.DEVNULL, check=True)
        to.parent.mkdir(exist_ok=True)
        with Image.open(raw) as picture:  # few colours, so that it weighs little
            picture.convert("RGB").quantize(COLOURS_OF_PAGE).save(to, optimize=True)


def homework() -> str:
    """Return the first example of the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return next(block for block in re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
                if ">>>" not in block)


def _empty() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def main(argv: Sequence[str] | None = None) -> int:
    """Train what is missing, and write both figures."""
    parser = argparse.ArgumentParser(prog="python -m notebooks.make_figures", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, metavar="PATH",
                        help="a line of JSON for each finished run")
    parser.add_argument("--seeds", type=int, default=8, help="runs of each kind")
    parser.add_argument("--page", action="store_true", help="take the picture of a page alone")
    args = parser.parse_args(argv)
    if args.page:
        take_picture(PICTURE)
        print(PICTURE)
        return 0
    results = run_sweep({"noise": [0.3, 0.0], "method": ["none", "dropout"], "p": P}, args.seeds,
                        path=args.results)
    figures = {"finite_differences.png": difference_errors(),
               "error_against_p.png": error_against_p(summarize(results))}
    for name, figure in figures.items():
        figure.savefig(FOLDER / name, dpi=120)
        print(FOLDER / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
