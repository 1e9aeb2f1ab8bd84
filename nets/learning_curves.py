"""Draw learning curves: mean over seeds, with a band of one standard error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nets.experiment import LearningCurve

# Blue and vermillion of Okabe and Ito, "Color universal design" (2008), then the rest of it.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")


def plot_learning_curves(
    curves: Mapping[str, Sequence[LearningCurve]], path: str | Path, title: str
) -> None:
    """Write a picture of the errors against the epoch.

    Parameters
    ----------
    curves : dict of str to sequence of LearningCurve
        For each label, the curves of the seeds.
    path : path
        Its suffix says the format: png, svg, pdf.
    title : str

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for colour, (label, runs) in zip(COLOURS, curves.items(), strict=False):
        test = 100 * np.array([run.test_error for run in runs])
        train = 100 * np.array([run.train_error for run in runs])
        epochs, mean = np.arange(test.shape[1]), test.mean(axis=0)
        axes.plot(epochs, mean, color=colour, linewidth=2, label=f"{label}: test images")
        if len(runs) > 1:
            band = test.std(axis=0, ddof=1) / np.sqrt(len(runs))
            axes.fill_between(epochs, mean - band, mean + band, color=colour, alpha=0.2, lw=0)
        axes.plot(epochs, train.mean(axis=0), color=colour, linewidth=1.2, linestyle="--",
                  label=f"{label}: noisy training labels")
    axes.set(xlabel="epoch", ylabel="error (%)", title=title, ylim=(0, None))
    axes.margins(x=0)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)
