"""What the command `gradcheck` takes, and what `gradcheck explain` says.

explaining              What `gradcheck explain` says: of a finding, a law of the mask, a status
options                 The commands of `gradcheck` and their options.
files                   What the commands write beside their output: a patch, pages.
"""
