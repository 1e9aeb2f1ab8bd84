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
afresh                  Value and gradient beside the reference's at inputs that nothing before ...
sizes                   Arguments for more examples, or fewer, than a layer's own have.
asked                   Which layers count for points, and the references that they are held to.
teacher                 A teacher's own solution as the reference: loaded, given examples
everybody               What counts for a class without a table of points: the same for everybody.
manner                  How a class is judged, as the table of points says it: its conventions
follow_on               A block that is wrong only because a layer of its is: charged once
cluster                 A dask cluster as `workers`: its address, such as ``tcp://10.0.0.1:8786``.
text                    What a submission's text and place tell before it is run.
accepted                References in the conventions that a table of points accepts for full ...
unfound                 Why no line was found for a layer: there was no time
shares                  How the default points of a dropout are shared among its laws
pictured                What a student's page draws of a submission: its own text
shading                 Which lines of a submission never ran, as its own process tells it
"""
