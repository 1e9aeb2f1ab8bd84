"""Example arguments for the field's standard layer names, as data.

standard                Names, and the designs of their arguments.
"""
