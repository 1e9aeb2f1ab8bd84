"""The laws of the mask: what every dropout must obey.

A law is a function under `@law`, with its texts and the lines that break it in a `canonical`
dropout. The modules of laws are called by their subjects; `registry` puts them in order.

backward                Laws about backward that hold for every single call.
canonical               A right dropout, of which every law shows a wrong one.
conformance             Which laws of dropout hold in which framework.
conventions             How a target's dropout takes p, scales, and draws.
example                 One example of a call, and the judgements that several laws make about it.
explain                 What the laws of the mask say: `gradcheck explain LAW`.
forward                 Laws about forward that hold for every single call.
freshness               Laws about masks that must not be the same.
implementation          A dropout under judgement, and how the laws call it.
independence            Laws about the independence of units of one mask.
law                     What a law is, and what became of one.
rate                    Laws about how many units are kept, and how large they are then.
registry                The table of laws, in the order in which they are judged.
run                     Laws that judge anybody's dropout: check_dropout, check_law.
samples                 The masks that the statistical laws look at, drawn once a run and shared.
search                  Where laws about single calls are tried, and the search for a small example.
slips                   From a number that is wrong to the slip that commonly produces it.
statistics              Exact tests of kept/dropped decisions.
strict_arrays           Laws beyond common practice about unusual shapes, dtypes and layouts.
strict_calls            Laws beyond common practice about what calls refuse and leave alone.
succession              Laws about the independence of successive masks.
uniformity              Laws about units that must not be treated in a special way.
tails                   Tails of the binomial distribution, exact to ten digits and far below ...
shrinking               The search for the smallest example on which something does not hold
folding                 One slip is one message: the law that decides
words                   What the laws say, in the words of a reader whose p is the probability ...
manners                 How a dropout may take p, scale, and draw: the words for it.
"""
