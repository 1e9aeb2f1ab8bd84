"""The notebooks of the course's second and third assignments, of each year, on our layers.

- `editions`: what `dropout` and `p` mean in which years, and how a notebook's year is told.
- `shim`: modules of ours under the names that the notebooks import.
- `pictures`: what stands in for the pictures that they show.
- `cells`: a notebook's code cells, for Python 3 and without IPython, and what errors they state.
- `captioning`: what the notebooks on captioning are handed ready-made.
- `run`: a notebook cell by cell, and what it prints.
- `table`: a run's tables.

`python -m tests.course FOLDER` runs the notebooks of every course repository in a folder. None is
committed here: the tests' own cells are written anew, and call what the editions call.
"""
