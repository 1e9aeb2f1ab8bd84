"""Submissions, points, and the reference that they are held to.

agreement               Whether a value is the reference's up to rounding, and if not, where.
grade                   Grades submissions: finds their layers, judges each against the reference
judge                   Judges one layer: values against the reference, the rest as check does.
laws                    Judges a submission's dropout law by law.
points                  How many points a right answer earns: defaults, or a small TOML table.
reference               Loads the package's own `layers` as the grader's reference
submission              The grading of one submission: which layers count, their verdicts
values                  Compares the values of forward with the reference's.
undecided               What the numbers cannot decide, the reference's gradient at the same ...
"""
