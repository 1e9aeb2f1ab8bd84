"""One check under way: contract, then numbers, then diagnosis, then a Report.

along                   Checks along a few random directions alone
native                  The gradient in the dtype of the user's own arrays
parts                   A layer whose outputs hide each other: backward is linear in dout
scatter                 How far a gradient scatters as its arguments are rounded anew
session                 One check under way: contract, then numbers, then diagnosis, then a Report.
several                 Several examples of one layer: the first decides the diagnosis
summary                 What a report says of one argument's comparison: its worst coordinate
second                  The gradient of a gradient: what a framework's double backward gives
"""
