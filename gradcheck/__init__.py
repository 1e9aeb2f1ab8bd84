"""gradcheck judges gradients and dropout masks, and says what is wrong with them.

The names below are loaded when they are first used: the pytest plugin is imported in every run of
pytest, and must not cost the time of NumPy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcheck.check import check_gradient, check_layer, check_net
    from gradcheck.classic import (
        eval_numerical_gradient,
        eval_numerical_gradient_array,
        eval_numerical_gradient_blobs,
        eval_numerical_gradient_net,
        grad_check_sparse,
        rel_error,
    )
    from gradcheck.mask_laws.run import (
        DropoutImplementation,
        check_dropout,
        check_law,
        parametrize_with_dropout_checks,
    )
    from gradcheck.numeric.ladder import numerical_gradient
    from gradcheck.report import Finding, GradientError, Report

_ROOMS = {
    "check": ("check_gradient", "check_layer", "check_net"),
    "classic": ("eval_numerical_gradient", "eval_numerical_gradient_array",
                "eval_numerical_gradient_blobs", "eval_numerical_gradient_net",
                "grad_check_sparse", "rel_error"),
    "mask_laws.run": ("DropoutImplementation", "check_dropout", "check_law",
                      "parametrize_with_dropout_checks"),
    "numeric.ladder": ("numerical_gradient",),
    "report": ("Finding", "GradientError", "Report"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "DropoutImplementation",
    "Finding",
    "GradientError",
    "Report",
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
