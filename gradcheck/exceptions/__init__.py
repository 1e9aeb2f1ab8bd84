"""What an exception says, and what to do about it.

raised                  What layers raise while they run, and what to do about it: a table
remedies                What to do about an exception: a table of patterns, the first that fits.
words                   An exception in words, whatever its own methods do.
"""
