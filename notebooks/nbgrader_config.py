"""Settings of nbgrader for the course in this folder: `cd notebooks; nbgrader ...`."""

c = get_config()  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.course_id = "maskgrad"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "__pycache__", "*.pyc"]
# A cell of notebook 4 trains for about half a minute; slow machines may need more.
c.ExecutePreprocessor.timeout = 300
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}
