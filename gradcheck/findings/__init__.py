"""What can be wrong with a gradient: one finding, one file.

`rule` is the form of a finding; the families' folders hold one file a code, with its texts, clues
and example programs (whose shared halves are `given`). `registry` discovers them. A clue looks at a
`view` of one argument of a `case`, through `lenses` that several rules share. `diagnose` asks the
clues, `told` puts the contract's breaches into words, `explain` shows a finding's texts.
"""
