"""The checker on real code: repositories that lie in a folder, none of them committed here.

- `find`: which files define a layer or a loss.
- `run`: `gradcheck check` on each file, in a process of its own with a time limit.
- `reasons`: why a file could not be loaded, with its own names blanked out.
- `table`: what a run's summary prints.
- `compare`: which functions another version of the checker judges otherwise.

`python -m tests.wild FOLDER` measures, `python -m tests.wild --compare OLD NEW` compares.
"""
