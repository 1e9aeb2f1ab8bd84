"""Example arguments for the field's standard layer names, as data.

standard                Names, and the designs of their arguments.
candidates              Arguments for calls of a layer: those of the standard one of its name
constructors            Values for the parameters of a layer class's constructor
inference               Arguments for layers of other names: roles from the parameters' names
another                 One more example of a layer that takes another
designs/                What is looked at besides the first example, for each standard name
fitting                 Recipes and settings fitted to a forward's signature.
recipes                 Recipes of arrays: a shape, and how its numbers are drawn.
settings                Settings that have to have an effect, and values that must show it.
variants                What may be special about one more example of a layer
keys                    The keys under which a function reads its dicts
overflows               What overflows in a standard function that is written down as it stands
nets                    Arguments for a net's constructor and a batch for its loss
"""
