"""Settings of nbgrader for the course in this folder: `cd notebooks; nbgrader ...`."""

c = get_config()  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.course_id = "maskgrad"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "__pycache__", "*.pyc"]
# Cells of notebooks 4 and 6 train for up to half a minute; slow machines may need more.
c.ExecutePreprocessor.timeout = 300
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}
