"""The laws of the mask: what every dropout must obey.

backward                Laws about backward that hold for every single call.
conformance             Which laws of dropout hold in which framework
example                 One example of a call, and the judgements that several laws make about it.
forward                 Laws about forward that hold for every single call
implementation          A dropout under judgement: its conventions, and how the laws call it.
independence            Laws about the independence of units, of calls and of seeds.
law                     The table of laws, and what became of one.
rate                    Laws about how many units are kept, and which.
run                     Laws that judge anybody's dropout.
samples                 The masks that the statistical laws look at, drawn once a run and shared.
slips                   From a number that is wrong to the slip that commonly produces it; tables
statistics              Exact tests of kept/dropped decisions.
strict                  Laws beyond common practice: failures under strict=True, advice otherwise.
"""
