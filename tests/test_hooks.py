"""The hook for pre-commit, and the workflows that a page shows."""

from __future__ import annotations

import configparser
import re
import shlex
import subprocess
import sys

import pytest

import gradcheck
from gradcheck.command.options import parser
from tests import house, shown

yaml = pytest.importorskip("yaml", reason="it comes with jupytext: pip install 'maskgrad[test]'")

PAGE = house.ROOT / "notebooks" / "pages" / "ci.md"
[HOOK] = yaml.safe_load((house.ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
BLOCKS = [yaml.safe_load(block) for block in shown.blocks(PAGE, "yaml")]
WITHOUT_LAYERS = "import numpy as np\nx = np.zeros(3)\n"


def test_the_page_names_the_hook_its_repository_and_its_version():
    config = configparser.ConfigParser()
    config.read(house.ROOT / "setup.cfg", encoding="utf-8")
    [entry] = next(block for block in BLOCKS if "repos" in block)["repos"]
    assert entry == {"repo": config["metadata"]["url"], "rev": f"v{gradcheck.__version__}",
                     "hooks": [{"id": HOOK["id"]}]}


def test_a_workflow_installs_checks_and_uploads_what_it_wrote():
    workflows = [block for block in BLOCKS if "jobs" in block]
    assert len(workflows) == 2
    for workflow in workflows:
        [job] = workflow["jobs"].values()
        run = [step["run"] for step in job["steps"] if "run" in step]
        assert [command.split()[0] for command in run] == ["python", "gradcheck"]
        written = re.findall(r"-o (\S+)", run[-1])
        assert [step["with"]["sarif_file"] for step in job["steps"]
                if "sarif_file" in step.get("with", {})] == written
        assert bool(written) == ("security-events" in workflow.get("permissions", {}))


def test_a_file_that_is_called_as_an_option_is_a_file():
    [own] = [hook for block in BLOCKS if isinstance(block, list) for hook in block]
    for arguments in (HOOK["args"], own["args"]):  # those of a configuration replace the hook's
        options = parser().parse_args(
            [*shlex.split(HOOK["entry"])[1:], *arguments, "-olayer.py", "a.py"])
        assert options.targets == ["-olayer.py", "a.py"]
        assert options.output is None
        assert options.pass_without_layers


@pytest.mark.slow
@pytest.mark.parametrize(("names", "code"), [
    (["homework.py", "empty.py"], 1), (["right.py", "empty.py"], 0), (["empty.py"], 0),
    (["broken.py", "empty.py"], 3)])
def test_the_hook_judges_what_is_committed_and_passes_over_files_without_layers(
        tmp_path, names, code):
    homework = shown.files()["homework.py"]
    for name, text in {"homework.py": homework, "empty.py": WITHOUT_LAYERS,
                       "right.py": homework.replace("dout * mask",
                                                    'dout * mask / (1 - param["p"])'),
                       "broken.py": "def relu_forward(x"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    # pre-commit adds the files behind it
    program, *arguments = [*shlex.split(HOOK["entry"]), *HOOK["args"]]
    done = subprocess.run([sys.executable, "-m", program, *arguments, *names], cwd=tmp_path,
                          text=True, capture_output=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "empty.py" not in done.stdout
    assert ("scaled in dx" in done.stdout) == (code == 1)
