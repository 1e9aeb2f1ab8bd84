"""Example arguments for the field's standard layer names, as data.

standard                Names, and the designs of their arguments.
candidates              Arguments for calls of a layer: those of the standard one of its name
constructors            Values for the parameters of a layer class's constructor
inference               Arguments for layers of other names: roles from the parameters' names
keys                    The keys under which a function reads its dicts
"""
