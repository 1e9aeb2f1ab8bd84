"""From a layer that failed to the line that the slip is in, and an edit of it that is proved.

The true gradients are known as numbers, and the source is at hand: small edits of its syntax tree
are run one by one on the cached forward. One that makes every failing gradient right and none
wrong, and stays right at arguments of other shapes, says where the slip is and how it is mended.

atoms                   The numbers and arrays that a statement could use: names, entries of dicts
bench                   The bench: a layer at some arguments, on which candidates for its ...
code                    A function of the user's as a syntax tree
edits                   The grammar of edits: one table, in tiers of what they cost to try.
grows                   Edits that take something away or add something: bounds, factors, terms
places                  Other arguments for a layer: other numbers, other sizes
search                  The search: edits in the order of what they cost
sites                   Places of a tree that can be edited, what is known of their values
slice                   Which statements a wrong gradient depends on: back from what is returned
stage                   The last stage of a check: from a layer that failed to the line
swaps                   Edits in place: one operator, sign, name, constant
text                    A change as text: what stands in the source before and after.
trace                   What ran: the functions of the user's own file
truth                   The true gradient at some arguments, as far as a candidate has to be ...
values                  Expressions for a value: what could stand where the value is known that ...
verify                  Whether a candidate is right: held to the check itself
turns                   Edits of how arrays lie: other axes, transposes
explain                 The kinds of edits as a list, each with an example.
angelic                 Suspect lines by solving: where some value would make every gradient right.
judged                  The same edits with other judges: where no gradient is wrong
telling                 Edits as reports tell them, and the quiet in which they are tried.
diffs                   The diff of an edit, with the line ends that the file itself has
limit                   A limit of time for edited code: an edit may turn a loop into one ...
bounds                  Edits of where arrays are looked at: bounds, indices, windows
steered                 Edits that the true gradient itself asks for: what it is a multiple of
where                   What is known where a statement stands: the names in scope
nodes                   Nodes of new source: templates with nodes in them, other fields
forwards                The other side: the edit of forward with which it agrees with a backward ...
apart                   A layer on which candidates are tried: they write into nothing of the ...
dead                    Edits that repair nothing: a condition that is never true with them
vouched                 Constants that the power rule vouches for
pairs                   Two slips: which two edits may together make every gradient right
twice                   Two slips: a second edit beside a first one that alone does not make all ...
writes                  The line that writes into what belongs to the caller
steps                   A call run line by line, and the line behind which something is so for ...
"""
