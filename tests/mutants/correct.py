"""Right layers that must pass: extreme scales, kinks, saturation, odd dtypes and layouts."""

from __future__ import annotations

from . import Correct

CORRECT: list[Correct] = []
