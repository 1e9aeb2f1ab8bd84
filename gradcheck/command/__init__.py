"""What the command `gradcheck` takes, and what `gradcheck explain` says.

explaining              What `gradcheck explain` says: of a finding, a law of the mask, a status
options                 The commands of `gradcheck` and their options.
saved                   The files that a target is made of, and when each was saved
terminal                What a terminal is shown besides text: colour
watching                `gradcheck watch`: judge again whenever a file was saved
files                   What the commands write beside their output: a patch, pages.
checking                The targets of a command, checked one after the other
"""
