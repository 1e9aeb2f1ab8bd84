"""Files, packages and modules that are checked.

check                   Checks every layer and loss of a module, and records what was found.
laws                    The mask laws of a dropout as one item of a record.
load                    What to check: load a module or a file
"""
