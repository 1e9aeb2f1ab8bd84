"""Files, packages and modules that are checked.

load                    Load a module or a file, and forget it again.
pairs                   Find the layers and losses among a module's names.
check                   Checks every layer and loss of a module, and records what was found.
judge                   The one judge of a pair's gradient and of its contract.
trial                   One run of the checker on a pair, at given arguments.
further                 Further arguments for a pair whose gradient is right at the first.
laws                    The mask laws of a dropout as one item of a record.
quiet                   What a target prints, warns of and reseeds is kept to itself.
exceptions              The exceptions that end a check, told apart from a target's own.
"""
