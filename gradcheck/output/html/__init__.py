"""A report as a page: plain functions that return HTML, each of one thing that a page shows.

style  How every page of ours looks: the palette in light and dark, and the style sheet made of it.
curve                   The error of the difference quotient against the step length
diff                    An edit as a diff: what goes, what comes
document                A whole document: one file that asks for nothing else
examples                At which arguments a layer was judged, how sharply
heatmap                 A gradient as a map: analytic beside numeric in one scale
laws                    The laws of a mask: those that are broken at length
layer                   One layer: what is wrong, the line, the gradients beside each other
layout                  Where the cells of an array of any number of dimensions stand in a ...
markup                  Text that others wrote as HTML: escaped, cleaned of what hides or moves text
overview                The page of a class: who has how many points
page                    A record as a page: the verdicts, then a section for each layer.
said                    What is said of a layer: what is wrong first, then the remedy
scale                   The colours of a map: from below zero to above it
source                  The source of a function: the suspect line marked
verdicts                The table of a record: a row an item, which leads to what is said of it.
small                   A report and a record in a notebook: the parts of a page in small
parts                   A layer that is graded in parts: what is wrong with each, its source
snippet                 The line that a slip is in and its edit, in a notebook
"""
