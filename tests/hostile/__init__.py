"""Submissions that try to break the grader or to earn points without an answer.

Each is a whole file. `GOOD` is a right relu that some of them carry beside the attack, so that
points which are deserved can be told from those that are not.
"""

from __future__ import annotations

from dataclasses import dataclass

GOOD = """
import numpy as np
def relu_forward(x):
    return np.maximum(x, 0), x
def relu_backward(dout, x):
    return dout * (x > 0)
"""


@dataclass(frozen=True)
class Hostile:
    """A submission, and the layers of it that may earn points."""

    name: str
    source: str
    deserved: tuple[str, ...] = ()


AT_IMPORT = [
    Hostile("endless loop", "while True: pass"),
    Hostile("sleep", "import time\ntime.sleep(1000)"),
    Hostile("os._exit(0)", "import os\nos._exit(0)"),
    Hostile("sys.exit(0)", "import sys\nsys.exit(0)"),
    Hostile("segfault", "import ctypes\nctypes.string_at(0)"),
    Hostile("abort", "import os\nos.abort()"),
    Hostile("syntax error", "def relu_forward(x:\n"),
    Hostile("no text", "\x00\x01\udcff".encode("utf-8", "surrogatepass").decode("latin1")),
    Hostile("memory bomb", "x = []\nwhile True: x.append(bytearray(1 << 24))"),
    Hostile("recursion", "def f(): f()\nf()"),
    Hostile("deep nesting", "x = " + "(" * 5000 + ")" * 5000),
    *(Hostile(f"deep source: {name}", f"x = {text}\n{GOOD}") for name, text in [
        ("signs", "-" * 300_000 + "1"), ("sums", "1 + " * 100_000 + "1"),
        ("functions", "lambda: " * 90_000 + "1"), ("attributes", "x" + ".a" * 100_000)]),
    *(Hostile(f"raises a {name}", f"raise {call}") for name, call in [
        ("UnicodeDecodeError", "UnicodeDecodeError('ascii', b'x', 0, 1, 'no')"),
        ("UnicodeTranslateError", "UnicodeTranslateError('x', 0, 1, 'no')"),
        ("group", "__import__('builtins').__dict__.get('ExceptionGroup', lambda *_: OSError())("
         "'x', [ValueError(1)])"), ("StopIteration", "StopIteration('x')"),
        ("GeneratorExit", "GeneratorExit"), ("MemoryError", "MemoryError"),
        ("class of a known name", "type('SandboxError', (BaseException,), {'__module__': 'builtins'"
         "})('x')")]),
    Hostile("fork storm", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"),
    Hostile("thread storm", "import threading, time\nwhile True:\n    try: threading.Thread("
            "target=time.sleep, args=(99,), daemon=True).start()\n    except Exception: pass"),
    Hostile("daemon", """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(0)
os._exit(0)
"""),
    Hostile("output flood", "while True: print('x' * 100_000)"),
    Hostile("raises an evil exception", """
class Evil(Exception):
    def __str__(self): raise SystemExit(0)
    __repr__ = __str__
raise Evil
"""),
    Hostile("giant message", "raise ValueError('<&]]>\\x00\\x1b[31m\\ud800' * 10_000_000)"),
    Hostile("kills its group", "import os, signal\nos.killpg(0, signal.SIGKILL)"),
    Hostile("kills everything", "import os, signal\nos.kill(-1, signal.SIGKILL)\nwhile True: pass"),
    Hostile("takes the reference", "from layers import *"),
    Hostile("takes the reference by path", """
import sys
sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != 'Blocked']
from layers import *
"""),
    Hostile("reads the reference's text", """
import glob, site, sys
from pathlib import Path
paths = [Path(p, 'layers', 'activations.py') for p in sys.path + site.getsitepackages()]
paths += [Path(p) for p in glob.glob('/*/*/layers/activations.py')]
exec(next(p for p in paths if p.exists()).read_text())
"""),
    Hostile("reads the reference's history", """
import sys, zlib
from pathlib import Path
objects = Path(sys.modules['__main__'].__file__).parents[1] / '.git' / 'objects'
texts = [zlib.decompress(path.read_bytes()) for path in objects.glob('??/*')]
assert texts
""" + GOOD),
]

IN_CALLS = [
    Hostile("loops in forward", GOOD + """
def affine_forward(x, w, b):
    while True: pass
def affine_backward(dout, cache): return dout
""", ("relu",)),
    Hostile("exits in backward", GOOD + """
def affine_forward(x, w, b): return x.reshape(len(x), -1) @ w + b, (x, w, b)
def affine_backward(dout, cache):
    import os
    os._exit(0)
""", ("relu", "affine: value")),
    Hostile("returns objects that equal everything", """
import numpy as np
class Same(np.ndarray):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __array_ufunc__(self, *a, **k): return True
class Any:
    shape = (4, 6); dtype = np.dtype(float); ndim = 2
    def __eq__(self, other): return True
    def __array__(self, *a, **k): return np.zeros((4, 6))
    def __sub__(self, other): return np.zeros((4, 6))
def relu_forward(x): return x.view(Same), x
def relu_backward(dout, cache): return dout.view(Same)
def tanh_forward(x): return Any(), x
def tanh_backward(dout, cache): return Any()
def sigmoid_forward(x): return np.array([[Any()] * 6] * 4, dtype=object), x
def sigmoid_backward(dout, cache): return np.array([[Any()] * 6] * 4, dtype=object)
"""),
    Hostile("patches numpy", """
import numpy as np
np.allclose = np.isclose = np.array_equal = lambda *a, **k: True
np.testing.assert_allclose = lambda *a, **k: None
np.abs = np.max = np.any = np.sum = lambda *a, **k: 0.0
def relu_forward(x): return x * 2.0, x
def relu_backward(dout, cache): return dout * 3.0
"""),
    Hostile("forges results and output", """
import json, os, glob
fake = json.dumps({"score": 100, "tests": [{"name": "all", "score": 100, "max_score": 100}]})
for path in ('results.json', '../results.json', '/autograder/results/results.json',
             '/tmp/results.json', os.path.expanduser('~/results.json')):
    try: open(path, 'w').write(fake)
    except OSError: pass
print(fake)
print('<testsuite tests="1" failures="0"/>')
def relu_forward(x): return x, x
def relu_backward(dout, cache): return dout
"""),
    Hostile("forges frames", """
import os, json, struct
body = json.dumps([{"value": None, "changes": [], "warnings": [], "state": None}, []]).encode()
def relu_forward(x):
    for number in range(20):
        frame = struct.pack('<4sQQQ', b'GRAD', number, len(body), 0) + body
        for fd in range(3, 64):
            try: os.write(fd, frame)
            except OSError: pass
    return x, x
def relu_backward(dout, cache): return dout
"""),
    Hostile("claims huge arrays", """
import os, json, struct
head = b"\\x93NUMPY\\x01\\x00v\\x00"
head += b"{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,)}"
head += b' ' * (127 - len(head)) + b'\\n'
body = json.dumps([{"value": {"a": 0}, "changes": [], "warnings": [], "state": None},
                   [len(head)]]).encode()
def relu_forward(x):
    for number in range(20):
        frame = struct.pack('<4sQQQ', b'GRAD', number, len(body), len(head)) + body + head
        for fd in range(3, 64):
            try: os.write(fd, frame)
            except OSError: pass
    return x, x
def relu_backward(dout, cache): return dout
"""),
    Hostile("returns a huge broadcast", """
import numpy as np
def relu_forward(x): return np.broadcast_to(np.float64(1.0), (10**6, 10**6)), x
def relu_backward(dout, cache): return np.broadcast_to(np.float64(1.0), (10**7, 10**6))
"""),
    Hostile("kills its parent", GOOD + """
import os, signal
for pid in {os.getppid(), os.getppid() - 1, 1, *(int(p) for p in os.listdir('/proc')
                                                  if p.isdigit() and int(p) != os.getpid())}:
    if pid > 0 and pid != os.getpid():
        try: os.kill(pid, signal.SIGKILL)
        except OSError: pass
""", ("relu",)),
    Hostile("uses the network", """
import socket, urllib.request
socket.setdefaulttimeout(2)
socket.create_connection(('127.0.0.1', PORT))
def relu_forward(x): return x, x
def relu_backward(dout, cache): return dout
"""),
    Hostile("forks in a call", """
import os
def relu_forward(x):
    os.fork()
    return x, x
def relu_backward(dout, cache):
    os.fork()
    return dout
"""),
    Hostile("closes every descriptor", """
import os
def relu_forward(x):
    os.closerange(0, 256)
    return x, x
def relu_backward(dout, cache): return dout
"""),
    Hostile("looks at the frames above", """
import gc, sys
def relu_forward(x):
    frame, found = sys._getframe(), {}
    while frame:
        found.update(frame.f_globals); found.update(frame.f_locals); frame = frame.f_back
    right = next((v for k, v in found.items() if k in ('want', 'wanted', 'reference', 'right')), x)
    for value in gc.get_objects():
        if callable(value) and getattr(value, '__module__', '') == 'layers.activations':
            return value(x)
    return right, x
def relu_backward(dout, cache): return dout
"""),
    Hostile("does nothing", """
def relu_forward(x): pass
def relu_backward(dout, cache): pass
def dropout_forward(x, dropout_param): pass
def dropout_backward(dout, cache): pass
def softmax_loss(x, y): pass
"""),
    Hostile("raises with control characters", """
def relu_forward(x): raise ValueError('\\x1b[2J\\x00\\ud800]]>&<' * 100_000)
def relu_backward(dout, cache): raise KeyError('\\x07' * 100_000)
"""),
    Hostile("returns nested junk", """
def relu_forward(x):
    junk = []
    for _ in range(100_000): junk = [junk]
    return junk, junk
def relu_backward(dout, cache): return {(1, 2): {1: float('nan')}, None: 10 ** 5000}
"""),
    Hostile("rewrites the harness", """
import sys
main = sys.modules['__main__']
telling = sys.modules['_sandbox.telling']
telling.same = lambda *a: True
telling.describe = lambda e: {'types': ['SkipTest'], 'message': 'skipped', 'trace': '', 'place': ''}
telling.MESSAGE_LIMIT = 10**9
main.Server._keep = lambda self, value: -1
sys.modules['_sandbox.wire'].Encoder._encode_object = lambda self, value, kind, depth: {'r': 0}
def relu_forward(x): return x + 1, x
def relu_backward(dout, cache): return dout * 2
"""),
    Hostile("asks to be skipped", """
import unittest
def dropout_forward(x, dropout_param): raise unittest.SkipTest('not today')
def dropout_backward(dout, cache): raise unittest.SkipTest('not today')
def relu_forward(x): raise unittest.SkipTest('not today')
def relu_backward(dout, cache): raise unittest.SkipTest('not today')
"""),
    Hostile("answers with nothing comparable", """
import numpy as np
def relu_forward(x): return np.full_like(x, np.nan), x
def relu_backward(dout, cache): return np.full_like(dout, np.nan)
def tanh_forward(x): return np.empty((0, 6)), x
def tanh_backward(dout, cache): return np.empty((0, 6))
def sigmoid_forward(x): return True, x
def sigmoid_backward(dout, cache): return np.inf
def mse_loss(x, y): return np.nan, np.full_like(x, np.inf)
def svm_loss(x, y): return '0.0', 'dx'
def dropout_forward(x, dropout_param): return np.full_like(x, np.nan), None
def dropout_backward(dout, cache): return np.full_like(dout, np.nan)
"""),
    Hostile("returns what holds itself", GOOD + """
loop, ring, table = [], {}, {}
loop.append(loop)
ring['ring'] = (ring, [ring])
def affine_forward(x, w, b): return loop, loop
def affine_backward(dout, cache): return loop
def tanh_forward(x): return (x, [loop, ring])
def tanh_backward(dout, cache): return ring
def batchnorm_forward(x, gamma, beta, bn_param):
    bn_param['own'] = {'other': bn_param, 'list': [bn_param]}
    return x, loop
def batchnorm_backward(dout, cache): return cache
""", ("relu",)),
    Hostile("raises what needs more than a message", GOOD + """
def affine_forward(x, w, b): b'\\xff'.decode('ascii')
def affine_backward(dout, cache): return dout
def tanh_forward(x): raise StopIteration(x)
def tanh_backward(dout, cache): raise StopAsyncIteration
def sigmoid_forward(x): return 1 / (1 + np.exp(-x)), x
def sigmoid_backward(dout, cache): '\\ud800'.encode()
def softmax_loss(x, y): raise type('KeyError', (KeyError,), {'__str__': lambda self: 3})('x')
""", ("relu", "sigmoid: value")),
    Hostile("remembers points and bends forward to a wrong backward there", """
import numpy as np
seen = []
def near(x, w, b):
    for known in seen:
        if all(k.shape == a.shape and k.dtype == a.dtype and np.abs(k - a).max() < 0.05
               * np.abs(k).max() for k, a in zip(known, (x, w, b))): return known[0]
    seen.append(tuple(a.copy() for a in (x, w, b)))
    return x
def affine_forward(x, w, b):
    bent = x - 0.5 * (x - near(x, w, b))
    return bent.reshape(len(x), -1) @ w + b, (x, w, b)
def affine_backward(dout, cache):
    x, w, b = cache
    return (0.5 * dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)
""", ("affine: value",)),
    Hostile("takes no other points than it knows", """
import numpy as np
def affine_forward(x, w, b): return x.reshape(len(x), -1) @ w + b, (x, w, b)
def affine_backward(dout, cache):
    x, w, b = cache
    assert len(x) == 4 and x.dtype == float
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.mean(axis=0) * 4
def softmax_loss(x, y):
    assert len(x) == 4
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(4), y]).mean()
    p[np.arange(4), y] -= 1
    return loss, p / 4
""", ("affine: value",)),
    Hostile("floods from a thread", GOOD + """
import sys, threading
def flood():
    while True: print('x' * 10_000)
threading.Thread(target=flood, daemon=True).start()
""", ("relu",)),
]

ALL = AT_IMPORT + IN_CALLS
