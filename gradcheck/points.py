"""The table of points under its published path; it lives in `gradcheck.grading.points`."""

from gradcheck.grading.points import Points, load_points
from gradcheck.grading.points import __doc__ as __doc__

__all__ = ["Points", "load_points"]
