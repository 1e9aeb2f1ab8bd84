"""Files, packages and modules that are checked.

pairs                   Find the layers and losses among a module's names.
check                   Checks every layer and loss of a module, and records what was found.
judge                   The one judge of a pair's gradient and of its contract.
trial                   One run of the checker on a pair, at given arguments.
further                 Further arguments for a pair whose gradient is right at the first.
laws                    The mask laws of a dropout as one item of a record.
quiet                   What a target prints, warns of and reseeds is kept to itself.
exceptions              The exceptions that end a check, told apart from a target's own.
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
held                    A pair whose gradient is right at its first arguments
ignored                 Settings that change nothing: neither the output nor what is written ...
looks                   What is looked at besides the derivative: whether numbers are finite
refusals                Whether an exception is a refusal, by the target's own raise or assert
shared                  Whether a gradient lives in an array that the next call overwrites.
passes                  A pass of a layer object: forward, then backward
covering                The lines of forward and backward that no example reaches
probes                  Arguments that may reach lines which no example reached: other modes, p = 0
paths                   The way to an array in a layer object: an attribute, and what lies in it.
printed                 What a target prints, kept apart from the report: its first lines
inputs                  The inputs that a layer class takes, found by trying one after the other.
failure                 Why a target, or what it imports, cannot be imported: the target's own line
codes                   The codes of findings and the names of laws: which there are
blocks                  What can be read of a cell that is not Python as a whole: block after block.
outputs                 What a forward returns, as arrays.
roles                   The arguments of a standard layer by their standard names
statistics              The running statistics of a batch normalization, and its test mode.
valued                  A judgement together with what is wrong with forward's value.
values                  Forward's value at example arguments, held to the reference of the ...
repairing               The last stage for a pair that failed: the line that the slip is in
mask_repairing          The line of a dropout that breaks laws of the mask: edits of it
value_repairing         The line of a forward whose value is not its name's: edits of it
squeezed                Whether the output loses an axis where there is a single sample.
hinting                 A search for a line in a submission's own process: asked for a layer
parsed                  The syntax tree of a file that somebody else wrote.
nets                    Nets: classes with params and loss(X, y)
followed                Wrong gradients that follow from a wrong forward
rules                   Custom gradients of frameworks: Functions of torch's
net_trials              A net with a batch, as small as its constructor lets it be
written                 The line at which a function writes into an argument of its own.
spelling                Settings under the keys that a target reads them by
pictured                What a page draws of a layer beside its numbers: its source
content                 What stands in a file that somebody else wrote
names                   The characters of names in Python, which are more than the letters that ...
wanted                  The names that are asked for: each has to be in one of all targets
unrun                   Which lines of a layer never ran, told in a submission's own process
seen                    Lines that are seen by running a pair line by line
averaged                Gradients of parameters that are the mean over the samples
cells                   Recurrent layers with their parameters in a dict
partners                Layers whose functions are not called forward and backward both
scripts                 Scripts: files that define layers and go on to train with them as soon ...
slot                    One parameter of a layer object, and its gradient.
"""
