"""The search for a line starts in a process that holds neither references nor the grader."""

import subprocess
import sys

WITHOUT = """
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("gradcheck.reference", "gradcheck.grading")):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Hidden())
import gradcheck.target.hinting
"""


def test_it_imports_neither_the_definitions_nor_the_grader():
    subprocess.run([sys.executable, "-c", WITHOUT], check=True)
