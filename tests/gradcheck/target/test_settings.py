"""What flags and keywords say, and what the project says where they are silent."""

import pytest

from gradcheck import check_all
from gradcheck.target.remote import Deadline, Remote
from gradcheck.target.settings import Settings, WrongSettingError, settled
from gradcheck.target.sources import Source


def project(folder, text):
    (folder / "pyproject.toml").write_text(text)
    target = folder / "week2" / "homework.py"
    target.parent.mkdir(exist_ok=True)
    target.touch()
    return target


def test_the_nearest_project_above_the_target_counts(tmp_path):
    target = project(tmp_path, '[tool.gradcheck]\np-is = "keep"\nstrict = true\nonly = "relu"\n')
    settings = settled({}, target)
    assert (settings.p_is, settings.strict, settings.only) == ("keep", True, ("relu",))
    assert settled({}, target.parent) == settings


def test_what_is_given_wins_even_where_it_is_the_default_and_what_is_ignored_adds_up(tmp_path):
    target = project(tmp_path, '[tool.gradcheck]\np_is = "keep"\nignore = ["scaled"]\nonly = ["a"]')
    settings = settled({"p_is": "drop", "ignore": ("raises",), "only": ["b"]}, target)
    assert (settings.p_is, settings.ignore, settings.only) == ("drop", ("scaled", "raises"), ("b",))


def test_values_can_be_left_alone_by_the_project_and_by_a_keyword(tmp_path):
    target = project(tmp_path, "[tool.gradcheck]\nno-values = true\n")
    assert settled({}, target).no_values
    assert Settings.of({"no_values": True}).no_values
    assert not Settings().no_values


def test_a_project_that_says_nothing_changes_nothing(tmp_path):
    assert settled({}, project(tmp_path, "[tool.other]\nx = 1\n")) == Settings()
    assert settled({}) == Settings()


@pytest.mark.parametrize(("text", "words"), [
    ("[tool.gradcheck]\npis = 1\n", "got pis; expected any of"),
    ('[tool.gradcheck]\np-is = "up"\n', "p_is: got 'up'"),
    ("[tool.gradcheck]\nignore = 3\n", "ignore: got 3; expected names"),
    ("[tool.gradcheck]\nignore = [3]\n", "ignore: got"),
    ('[tool.gradcheck]\nstrict = "yes"\n', "strict: got 'yes'; expected true or false"),
    ("[tool.gradcheck]\nseed = -1\n", "seed: got -1"),
    ("[tool.gradcheck]\nignored = []\n",
     "memory, no-values, only, p-is, .* Remedy: did you mean ignore?"),
    ("[tool.gradcheck]\ntimeout = 0\n", "timeout: got 0; expected a positive number"),
    ("[tool.gradcheck]\nmemory = 'all'\n", "memory: got 'all'; expected a positive number"),
    ('[tool.gradcheck]\nforward = "f"\n', "expected both"),
    ("[tool]\ngradcheck = 3\n", "is no table"), ("[tool.gradcheck\n", "Remedy: correct the file"),
])
def test_a_wrong_setting_is_told_with_the_file(tmp_path, text, words):
    with pytest.raises(WrongSettingError, match=words) as caught:
        settled({}, project(tmp_path, text))
    assert "pyproject.toml" in str(caught.value)


def test_settings_survive_the_way_to_another_process():
    settings = Settings.of({"only": ["relu"], "seeding": "none", "forward": "f", "backward": "g"})
    assert settings.seeding is None
    assert Settings.of(settings.to_dict()) == settings


def test_the_project_sets_limits_where_no_flag_does(tmp_path):
    target = project(tmp_path, "[tool.gradcheck]\ntimeout = 5\nmemory = 300\n")
    source = Source("file", str(target))
    remote = Remote.of(source, {}, Deadline(None))
    assert (remote.deadline.seconds, remote.memory) == (5, 300)
    remote = Remote.of(source, {}, Deadline(9.0), 200.0)
    assert (remote.deadline.seconds, remote.memory) == (9.0, 200.0)


def test_a_code_that_is_none_is_a_wrong_setting_in_another_process_too(tmp_path):
    target = project(tmp_path, "")
    target.write_text("def relu_forward(x): return x, x\ndef relu_backward(dout, x): return dout")
    with pytest.raises(WrongSettingError, match=r"got 'scald'.*did you mean scaled"):
        check_all(str(target), ignore="scald")
