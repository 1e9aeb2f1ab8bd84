"""The laws of the mask under their published path; they live in `gradcheck.mask_laws`."""

from gradcheck.mask_laws.implementation import DropoutImplementation, DropoutLawError
from gradcheck.mask_laws.law import LAWS, CheckResult, Law
from gradcheck.mask_laws.run import (
    DropoutCheckWarning,
    check_dropout,
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
    "dropout_checks",
    "parametrize_with_dropout_checks",
]
