"""The laws of the mask under their published path; they live in `gradcheck.mask_laws`."""

from gradcheck.mask_laws.implementation import DropoutImplementation, DropoutLawError
from gradcheck.mask_laws.law import CheckResult, Law
from gradcheck.mask_laws.registry import LAWS
from gradcheck.mask_laws.run import (
    DropoutCheckWarning,
    check_dropout,
    check_law,
    dropout_checks,
    parametrize_with_dropout_checks,
)

__all__ = [
    "LAWS",
    "CheckResult",
    "DropoutCheckWarning",
    "DropoutImplementation",
    "DropoutLawError",
    "Law",
    "check_dropout",
    "check_law",
    "dropout_checks",
    "parametrize_with_dropout_checks",
]
