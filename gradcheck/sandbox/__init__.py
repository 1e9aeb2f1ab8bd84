"""A submission's process: started, asked, confined, ended.

child                   The submission's side: imports one file and evaluates its functions.
jail                    What a submission's process gives up before it runs a line.
landlock                What an unprivileged process on Linux can forbid itself.
process                 A submission's process as its judge sees it: started
sandbox                 Runs a submission's functions in another process
wire                    How values cross between judge and submission: JSON for structure
frames                  Frames between judge and submission: a header, a JSON text
proxies                 Proxies of a submission's functions, and its exceptions and warnings on ...
surroundings            What a submission finds around it, what is hidden from it
seccomp                 System calls that a submission is refused once it has started
telling                 What a submission's process tells: exceptions, warnings, signatures
printing                What a submission prints: the first part of it at once
budget                  The time that a submission has, and that each of its layers may take of it.
absent                  Stand-ins for modules and names that a target imports and that are not ...
global_generator        NumPy's global generator, whose state is asked for only where it has moved.
"""
