"""Laws of the sandbox: proxies behave like the functions, and nothing gets out or in."""

from __future__ import annotations

import time
import timeit
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from gradcheck.sandbox import frames, process, wire
from gradcheck.sandbox.sandbox import (
    Budget,
    Sandbox,
    SandboxError,
    SandboxTimeoutError,
    SubmissionError,
)
from tests.gradcheck.sandbox.test_wire import same

SUBMISSION = '''
import os, sys, time, warnings, collections, contextlib
import numpy as np
def echo(*args): return args
def identity(x): return x
def double(x):
    x *= 2
    return x
def write(d):
    d["new"] = np.arange(3.0); d.pop("old", None); d["list"].append(4)
def random(): return np.random.rand(3)
def draw(rng): return rng.random(3)
def draw_old(rng): return rng.rand(3)
def seeds(): np.random.seed(7)
def warns(): warnings.warn("careful", np.exceptions.ComplexWarning)
def raises(): raise KeyError("seed")
class Odd(ZeroDivisionError): pass
def raises_odd(): raise Odd("odd")
Cache = collections.namedtuple("Cache", "x y")
def any_forward(x): return x + 1, Cache(x, lambda: 3)
def any_backward(dout, cache): return dout * cache.x + cache.y()
def subclass(): return np.matrix([[1.0]])
def objects(): return np.array([object()])
def loop():
    while True: pass
def naps(seconds):
    time.sleep(seconds)
    return seconds
def sleeps(): time.sleep(100)
def eats(): return len(bytearray(2 << 30))
def listing(path): return os.listdir(path)
def environment(): return dict(os.environ)
def ids(): return os.getuid(), os.getpid(), os.getppid()
def write_file(path):
    with open(path, "w") as f: f.write("x")
def read_file(path):
    with open(path) as f: return f.read()
def fills():
    with open("big", "w") as f:
        for _ in range(200): f.write("x" * (1 << 20))
def connects(port):
    import socket
    socket.create_connection(("127.0.0.1", port), 2)
def runs(name): return __import__(name).__name__
def prints(text): print(text)
def reads(): return sys.stdin.read()
def crash(): os._exit(0)
made = []
def makes(x):
    made.append(x)
    if x == 3: raise ValueError("three")
    return len(made)
def made_so_far(): return len(made)
def shouts(x):
    for descriptor in range(3, 100) if x == 2 else ():
        with contextlib.suppress(OSError): os.write(descriptor, b"x")
    return x
'''


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("submission") / "homework.py"
    file.write_text(SUBMISSION)
    return file


@pytest.fixture(scope="module")
def shared(path: Path) -> Iterator[Sandbox]:
    """Return a sandbox for tests that leave it working."""
    with Sandbox(path, 600.0) as sandbox:
        yield sandbox


@pytest.fixture
def call(shared: Sandbox) -> Callable[..., object]:
    return lambda name, *args: shared.functions[name](*args)


def test_values_come_back_as_they_went(call) -> None:
    value = (np.asfortranarray(np.ones((3, 4))), {"p": 0.3, "mode": "train"}, [None, 1.5, True])
    back = call("echo", *value)
    assert same(back, value)
    assert back[0].flags.f_contiguous


def test_an_argument_that_is_returned_is_the_same_object(call) -> None:
    x = np.ones(3)
    assert call("identity", x) is x


def test_a_mutated_array_is_mutated_on_this_side(call) -> None:
    x = np.ones(3)
    assert call("double", x) is x
    assert x.tolist() == [2.0, 2.0, 2.0]


def test_a_mutated_dict_is_mutated_on_this_side(call) -> None:
    param = {"old": 1, "list": [3]}
    inner = param["list"]
    call("write", param)
    assert param["list"] is inner
    assert inner == [3, 4]
    assert set(param) == {"list", "new"}


@pytest.mark.parametrize("name", wire.BIT_GENERATORS)
def test_a_generator_advances_on_this_side(call, name: str) -> None:
    rng, twin = (np.random.Generator(getattr(np.random, name)(3)) for _ in range(2))
    assert call("draw", rng).tolist() == twin.random(3).tolist()
    assert rng.random() == twin.random()


def test_an_old_generator_advances_on_this_side(call) -> None:
    rng, twin = np.random.RandomState(3), np.random.RandomState(3)
    assert call("draw_old", rng).tolist() == twin.rand(3).tolist()
    assert rng.rand() == twin.rand()


def test_the_global_generator_is_one_on_both_sides(call) -> None:
    state = np.random.get_state()
    try:
        np.random.seed(5)
        first = call("random")
        np.random.seed(5)
        assert np.random.rand(3).tolist() == first.tolist()
        call("seeds")
        seven = np.random.RandomState(7).rand()
        assert np.random.rand() == seven
    finally:
        np.random.set_state(state)


def test_warnings_of_the_submission_reach_the_caller(call) -> None:
    with pytest.warns(np.exceptions.ComplexWarning, match="careful"):
        call("warns")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(np.exceptions.ComplexWarning):
            call("warns")


def test_exceptions_keep_their_built_in_type_and_name(call) -> None:
    with pytest.raises(KeyError) as caught:
        call("raises")
    assert caught.value.args == ("seed",)
    assert isinstance(caught.value, SubmissionError)
    with pytest.raises(ZeroDivisionError, match="odd") as odd:
        call("raises_odd")
    assert type(odd.value).__name__ == "Odd"
    assert "raise Odd" in odd.value.trace


def test_objects_of_the_cache_stay_on_the_other_side(call) -> None:
    x = np.full(3, 2.0)
    out, cache = call("any_forward", x)
    assert isinstance(cache, wire.Opaque)
    assert call("any_backward", np.ones(3), cache).tolist() == [5.0, 5.0, 5.0]
    assert out.tolist() == [3.0, 3.0, 3.0]


@pytest.mark.parametrize("name", ["subclass", "objects"])
def test_anything_but_a_plain_array_of_numbers_is_refused(call, name: str) -> None:
    with pytest.raises(TypeError, match="plain NumPy array"):
        call(name)


def test_arguments_that_cannot_cross_are_refused_with_a_reason(call) -> None:
    with pytest.raises(frames.WireError, match="cannot be sent"):
        call("identity", object())


def isolated(sandbox: Sandbox) -> None:
    if any("without namespaces" in note for note in sandbox.notes):
        pytest.skip(f"this system does not isolate: {sandbox.notes}")


def test_the_reference_cannot_be_read(call, shared: Sandbox) -> None:
    root = Path(process.__file__).parents[2]
    for name in ("layers", "nets", "gradcheck"):
        with pytest.raises(ModuleNotFoundError):
            call("runs", name)
    for name in ("layers", "gradcheck"):
        with pytest.raises(OSError, match=r"No such file|denied"):
            call("listing", str(root / name))


def test_other_submissions_cannot_be_read(call, shared: Sandbox, path: Path) -> None:
    isolated(shared)
    assert call("listing", str(path.parent)) == ["homework.py"]
    assert call("listing", ".") == ["homework.py"]


def test_the_environment_is_scrubbed(call, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hush")
    with Sandbox(path, 30.0) as sandbox:
        assert "SECRET_TOKEN" not in sandbox.functions["environment"]()


def test_no_file_outside_can_be_written(call, shared: Sandbox, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    call("write_file", "scratch.txt")
    isolated(shared)
    with pytest.raises(OSError, match=r"[Rr]ead-only|denied|No such file"):
        call("write_file", str(tmp_path / "results.json"))
    assert list(tmp_path.iterdir()) == []


def test_the_scratch_directory_is_limited_and_removed(path: Path) -> None:
    with Sandbox(path, 30.0) as sandbox:
        with pytest.raises(OSError, match=r"large|space"):
            sandbox.functions["fills"]()
        scratch = Path(sandbox.functions["environment"]()["HOME"])
        assert scratch.exists()
    assert not scratch.exists()


def test_there_is_no_network(call, shared: Sandbox) -> None:
    import socket

    isolated(shared)
    with (socket.create_server(("127.0.0.1", 0)) as server,
          pytest.raises(OSError, match=r"reach|permitted")):
        call("connects", server.getsockname()[1])


def test_the_submission_is_nobody_and_sees_nobody(call, shared: Sandbox) -> None:
    isolated(shared)
    uid, pid, parent = call("ids")
    assert (pid, parent) == (1, 0)
    assert uid != 0
    assert call("listing", "/proc").count("1") == 1


def test_standard_input_is_empty(call) -> None:
    assert call("reads") == ""


def test_output_is_captured_and_capped(path: Path) -> None:
    with Sandbox(path, 30.0) as sandbox:
        sandbox.functions["prints"]("hello")
        sandbox.functions["prints"]("x" * 1_000_000)
        assert sandbox.output.startswith("hello")
        assert len(sandbox.output) <= process.CAPTURE_LIMIT


@pytest.mark.parametrize("name", ["loop", "sleeps"])
def test_a_call_ends_at_its_limit(path: Path, name: str) -> None:
    with Sandbox(path, Budget(20.0, per_call=0.5)) as sandbox:
        started = time.monotonic()
        with pytest.raises(SandboxTimeoutError, match=f"calling {name} took longer"):
            sandbox.functions[name]()
        assert time.monotonic() - started < 10.0
        with pytest.raises(SandboxError):
            sandbox.functions["identity"](1)
        assert sandbox.timed_out


def test_memory_beyond_the_limit_is_refused(path: Path) -> None:
    with Sandbox(path, 30.0, memory=256) as sandbox, pytest.raises(MemoryError):
        sandbox.functions["eats"]()


def test_an_exit_is_no_answer(path: Path) -> None:
    with Sandbox(path, 30.0) as sandbox, pytest.raises(SandboxError, match="exit code 0"):
        sandbox.functions["crash"]()


def test_a_small_call_takes_less_than_a_millisecond(call) -> None:
    x = np.ones((8, 10))
    # The quickest of many: the others may have shared their processor.
    assert min(timeit.repeat(lambda: call("identity", x), number=1, repeat=300)) < 1e-3


def test_calls_that_go_together_are_those_that_go_alone(call, shared: Sandbox) -> None:
    state, found, arrays = np.random.get_state(), [], [np.ones(3), np.full(2, 4.0)]
    try:
        np.random.seed(5)
        alone = [call("random").tolist() for _ in range(3)]
        np.random.seed(5)
        shared.each("random", [()] * 3, lambda value: found.append(value.tolist()))
        assert found == alone
        assert np.random.rand() == np.random.RandomState(5).rand(10)[9]
        assert call("random")[0] == np.random.RandomState(5).rand(11)[10]
    finally:
        np.random.set_state(state)
    found.clear()
    shared.each("double", [(x,) for x in arrays], found.append)
    assert [x.tolist() for x in arrays] == [[2.0] * 3, [8.0] * 2]
    assert all(value is x for value, x in zip(found, arrays, strict=True))


def test_of_calls_that_go_together_the_first_that_raises_is_the_last(
        call, shared: Sandbox) -> None:
    found: list[int] = []
    before = call("made_so_far")
    with pytest.raises(ValueError, match="three"):
        shared.each("makes", [(x,) for x in (1, 2, 3, 4, 5)], found.append)
    assert found == [before + 1, before + 2]
    assert call("made_so_far") == before + 3


def test_values_that_nobody_takes_are_no_answer_to_the_next_call(call, shared: Sandbox) -> None:
    state = np.random.get_state()

    def refuse(value: object) -> None:
        raise LookupError("not this one")

    try:
        np.random.seed(5)
        with pytest.raises(LookupError, match="not this one"):
            shared.each("random", [()] * 3, refuse)
        assert call("random").tolist() == np.random.RandomState(5).rand(3).tolist()
    finally:
        np.random.set_state(state)


@pytest.mark.slow
def test_each_of_the_calls_that_go_together_has_its_own_time(path: Path) -> None:
    found: list[object] = []
    with Sandbox(path, Budget(60.0, per_call=3.0)) as sandbox:
        sandbox.each("naps", [(2.0,)] * 2, found.append)
        assert found == [2.0, 2.0]
        with pytest.raises(SandboxTimeoutError, match="calling naps took longer than the 3 s"):
            sandbox.each("naps", [(0.0,), (100.0,), (0.0,)], found.append)
        assert found == [2.0, 2.0, 0.0]
        with pytest.raises(SandboxError):
            sandbox.functions["identity"](1)


@pytest.mark.slow
def test_what_is_written_between_answers_is_no_answer(path: Path) -> None:
    found: list[object] = []
    with Sandbox(path, 30.0) as sandbox:
        with pytest.raises(SandboxError, match="something else than answers"):
            sandbox.each("shouts", [(1,), (2,), (3,)], found.append)
        assert found == [1]


def test_a_missing_or_giant_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="no such file"), Sandbox(tmp_path / "none.py", 5.0):
        pass
    big = tmp_path / "big.py"
    big.write_bytes(b"#" * (5 << 20))
    with pytest.raises(SandboxError, match="at most"), Sandbox(big, 5.0):
        pass


def test_a_submission_may_import_itself_by_the_name_of_the_reference(tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    file.write_text("def one(): return 1\ndef two():\n    import layers\n    return layers.one()\n")
    with Sandbox(file, 30.0) as sandbox:
        assert sandbox.functions["two"]() == 1
