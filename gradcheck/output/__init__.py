"""The formats that a record of judgements is written in. No judgement.

formats                 Text, JSON, JUnit, GitHub, SARIF, Gradescope ...
html                    The notebook view of a report.
record                  The one record that `gradcheck check` and `gradcheck grade` end in
"""
