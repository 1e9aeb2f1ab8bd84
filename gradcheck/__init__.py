"""gradcheck judges gradients and dropout masks, and says what is wrong with them.

The names below are loaded when they are first used: the pytest plugin is imported in every run of
pytest, and must not cost the time of NumPy.

__main__                The command `gradcheck`, and `python -m gradcheck`
adapters/               Other people's functions in this package's form.
arguments               The one form in which gradcheck refuses an argument: got, expected, remedy.
check                   check_layer, check_gradient, check_net: what a user calls.
classic/                The gradient checks of Stanford's cs231n, under their names.
cli                     The command line: `gradcheck check`, `grade`, `explain` and `conformance`.
contract/               What must hold before a number counts.
dropout_checks          `gradcheck.mask_laws` under its published path.
examples/               Example arguments for the field's standard layer names, as data.
findings/               What can be wrong with a gradient: one finding, one file.
grading/                Submissions, points, and the reference that they are held to.
mask_laws/              The laws of the mask: what every dropout must obey.
numeric/                The true gradient, numerically: steps, dependence
output/                 The formats that a record of judgements is written in. No judgement.
points                  `gradcheck.grading.points` under its published path.
progress                A progress bar that appears only where a check takes long.
pytest_plugin           `pytest --gradcheck-target=homework.py`
report                  What a check found, as frozen records that read well as text, HTML and JSON.
run/                    One check under way: contract, then numbers, then diagnosis, then a Report.
sandbox/                A submission's process: started, asked, confined, ended.
target/                 Files, packages and modules that are checked.
workers                 Nothing, a number of processes, or anything that maps.
equal                   Every "is it the same?", each with its tolerance and the reason for it.
exceptions/             What an exception says, and what to do about it.
nested                  The leaves of nested containers and objects: arrays and plain values
generators              NumPy's and Python's global generators
program                 Small programs that show something wrong
reference/              Small formulas of the standard layers' values, in NumPy and SciPy
coverage                Which lines of a function ran, by ``sys.settrace``.
repair/                 From a layer that failed to the line that the slip is in
repaired                A line that a slip is in, and the edit that repairs it
folded                  One slip is one message: findings that say the same of several arguments ...
command/                What the command `gradcheck` takes, and what `gradcheck explain` says.
foreign                 Arrays of other frameworks, told by what they can do
grid                    The two gradients of one argument, no larger than what can be drawn.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcheck.check import check_gradient, check_layer, check_net
    from gradcheck.classic.blobs import (
        eval_numerical_gradient_blobs,
        eval_numerical_gradient_net,
    )
    from gradcheck.classic.comparison import grad_check_sparse, rel_error
    from gradcheck.classic.gradients import (
        eval_numerical_gradient,
        eval_numerical_gradient_array,
    )
    from gradcheck.mask_laws.run import (
        DropoutImplementation,
        check_dropout,
        check_law,
        parametrize_with_dropout_checks,
    )
    from gradcheck.numeric.gradient import numerical_gradient
    from gradcheck.report import Finding, GradientError, Report
    from gradcheck.target.check import check_all

__version__ = "1.0.0"  # setup.cfg reads it from here, and nothing else says it

_ROOMS = {
    "check": ("check_gradient", "check_layer", "check_net"),
    "classic": ("eval_numerical_gradient", "eval_numerical_gradient_array",
                "eval_numerical_gradient_blobs", "eval_numerical_gradient_net",
                "grad_check_sparse", "rel_error"),
    "mask_laws.run": ("DropoutImplementation", "check_dropout", "check_law",
                      "parametrize_with_dropout_checks"),
    "numeric.gradient": ("numerical_gradient",),
    "report": ("Finding", "GradientError", "Report"),
    "target.check": ("check_all",),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "DropoutImplementation",
    "Finding",
    "GradientError",
    "Report",
    "check_all",
    "check_dropout",
    "check_gradient",
    "check_law",
    "check_layer",
    "check_net",
    "eval_numerical_gradient",
    "eval_numerical_gradient_array",
    "eval_numerical_gradient_blobs",
    "eval_numerical_gradient_net",
    "grad_check_sparse",
    "numerical_gradient",
    "parametrize_with_dropout_checks",
    "rel_error",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'gradcheck' has no attribute {name!r}")
    return getattr(importlib.import_module(f"gradcheck.{_ROOM_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
