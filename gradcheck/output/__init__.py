"""The formats that a record of judgements is written in. No judgement.

html                    The notebook view of a report.
record                  The one record that `gradcheck check` and `gradcheck grade` end in
folder                  The records of a folder: a line each, or a row each of a CSV.
gradescope              What Gradescope reads of a record.
json                    The whole record as JSON.
junit                   A record as JUnit XML.
parts                   What several formats say alike: the summary, an item's explanation
plain                   Values as JSON's own types, and text that no file and no terminal ...
prairielearn            What PrairieLearn reads of a record.
render                  The formats of a record by name. Each is a function of the record
text                    A record as a table for people.
write                   Writing a result whole or not at all.
"""
