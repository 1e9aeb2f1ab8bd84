"""Submissions, points, and the reference that they are held to.

agreement               Whether a value is the reference's up to rounding, and if not, where.
grade                   Grades submissions: finds their layers, judges each against the reference
judge                   Judges one layer: values against the reference, the rest as check does.
laws                    Judges a submission's dropout law by law.
points                  How many points a right answer earns: defaults, or a small TOML table.
reference               Loads the package's own `layers` as the grader's reference
submission              The grading of one submission: which layers count, their verdicts
values                  Compares the values of forward with the reference's.
file                    Judges one submission in this process: its layers against the reference
remote                  The process that judges submissions, as whoever asks for a grade sees it.
results                 The results of a folder, a line each, on the disk as soon as it is known.
worker                  A process that judges submissions, each in a fork of its own that ends ...
crew                    Several processes that judge, each asked for one record after the other.
untried                 What is said of the layers of a submission of which nothing could be judged.
undecided               What the numbers cannot decide, the reference's gradient at the same ...
apart                   Work in a fork of this process, which ends at a deadline
claims                  What a submission's process says of its line: checked against the file
hints                   Lines and edits for a submission that lost points
"""
