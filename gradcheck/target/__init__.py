"""Files, packages and modules that are checked.

check                   Checks every layer and loss of a module, and records what was found.
laws                    The mask laws of a dropout as one item of a record.
load                    What to check: load a module or a file
conventions             How a target's dropout takes p, scales, and draws.
exceptions              The exceptions that end a check, told apart from a target's own
further                 Further arguments for a pair whose gradient is right at the first
judge                   The one judge of a pair's gradient and of its contract: for check
pairs                   Find the layers and losses among a module's names.
quiet                   What a target prints, warns of and reseeds is kept to itself.
trial                   One run of the checker on a pair, at given arguments
"""
