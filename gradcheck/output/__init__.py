"""The formats that a record of judgements is written in. No judgement.

record                  The one record that `gradcheck check` and `gradcheck grade` end in.
render                  The formats of a record by name.
text                    A record as a table for people.
json                    The whole record as JSON, and its schema (schema.json).
junit                   A record as JUnit XML.
github                  Findings as annotations of a GitHub workflow.
sarif                   Findings as SARIF, for code hosts and editors.
problems                What is wrong, one entry a finding, with file and line.
gradescope              What Gradescope reads of a record.
prairielearn            What PrairieLearn reads of a record.
parts                   What several formats say alike: the summary, an explanation, points.
folder                  The records of a folder: a line each, or a row each of a CSV.
html/                   A report as a page: functions that return HTML, each of one thing on it.
plain                   Values as JSON's own types, and text that does no harm.
write                   Writing a result whole or not at all.
pointer                 The line of a slip with a caret under it, what is wrong there
brief                   A message and its advice in few lines; `-v` and `--advice` show all of them.
changes                 What has changed between two judgements of the same targets
fitting                 Whether values that another process sent are what the schema of a record ...
rows                    Rows of a table: parts of one layer of which the same is to be said are one
"""
