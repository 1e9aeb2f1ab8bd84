"""Files, packages and modules that are checked.

pairs                   Find the layers and losses among a module's names.
check                   Checks every layer and loss of a module, and records what was found.
judge                   The one judge of a pair's gradient and of its contract.
trial                   One run of the checker on a pair, at given arguments.
further                 Further arguments for a pair whose gradient is right at the first.
laws                    The mask laws of a dropout as one item of a record.
quiet                   What a target prints, warns of and reseeds is kept to itself.
exceptions              The exceptions that end a check, told apart from a target's own.
absent                  Stand-ins for modules and names that a target imports and that are not ...
at_arguments            One pair judged at given arguments, and, where it is right there
classes                 Layer classes as pairs of functions: parameters and gradients as attributes
errors                  What can be wrong with a target as a whole.
guarded                 Names that a file tries to import, goes on without, and uses all the same.
home                    Where a file has to be imported from: the folder of its package
importing               Imports a target's file as its package's module
installed               Where an installed module lies, found without importing anything.
items                   The items of one entry of a plan: its gradient and contract
judgement               What is said of a pair's gradient and contract.
layer_objects           A layer class as a pair: constructed, given an input that it takes
losses                  A loss as a function of the arrays whose gradients it returns beside its ...
needs                   What a function lacked when it raised: a package, an extension, a neighbour
notebook                The functions and classes of a notebook's cells, as a module.
plan                    What of a module is judged: the pairs, classes and named functions that ...
process                 The judging process as its parent sees it: started
remote                  A target that is judged in another process
repeatable              Forwards that draw, made to draw the same at every call
serving                 What the judging process answers: what there is to judge
settings                How a target is judged: what flags, pyproject.toml and the arguments of ...
sources                 From what was typed to what is imported: files, notebooks, packages
suppression             Findings that do not count: in ``# gradcheck: ignore[CODE]`` on a def line
tensors                 Modules over a tape, such as `nets.nn.Linear`
unwritten               Whether code is not written yet: it ends in None, NotImplementedError
worker                  The process in which a target is imported and judged
kept                    Whether a dropout's p is the probability of keeping
rows                    A dropout for arrays of two dimensions, handed arrays of any.
slots                   Where a layer object keeps its parameters
passes                  A pass of a layer object: forward, then backward
repairing               The last stage for a pair that failed: the line that the slip is in
mask_repairing          The line of a dropout that breaks laws of the mask: edits of it
"""
