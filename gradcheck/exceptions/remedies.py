"""What to do about an exception: a table of patterns, the first that fits.

This table speaks of what Python 2, old NumPy and missing packages raise in code that once worked;
that of `gradcheck.exceptions.raised` follows it, on what layers raise while they run.
"""

from __future__ import annotations

import re

from gradcheck.exceptions.raised import DIVISION, Pattern, Raised, seen
from gradcheck.exceptions.raised import PATTERNS as OF_LAYERS
from gradcheck.exceptions.words import reason_and_place

PACKAGES = {
    "PIL": "pillow", "cv2": "opencv-python", "sklearn": "scikit-learn", "skimage": "scikit-image",
    "yaml": "pyyaml", "past": "future", "future_builtins": "future", "mpl_toolkits": "matplotlib",
    "dateutil": "python-dateutil", "tensorflow_datasets": "tensorflow-datasets",
}
WELL_KNOWN = {*PACKAGES, "google", "h5py", "imageio", "jax", "keras", "matplotlib", "numba",
              "pandas", "six", "tensorflow", "torch", "torchvision", "tqdm"}
TYPES = {"int": "int", "float": "float", "bool": "bool", "object": "object", "str": "str",
         "complex": "complex", "long": "int", "unicode": "str"}
RENAMED = {
    "product": "np.prod", "cumproduct": "np.cumprod", "sometrue": "np.any", "alltrue": "np.all",
    "in1d": "np.isin", "row_stack": "np.vstack", "trapz": "np.trapezoid", "float_": "np.float64",
    "complex_": "np.complex128", "unicode_": "np.str_", "string_": "np.bytes_", "Inf": "np.inf",
    "Infinity": "np.inf", "infty": "np.inf", "NaN": "np.nan", "NAN": "np.nan", "PINF": "np.inf",
    "NINF": "-np.inf", "asscalar": "x.item()", "msort": "np.sort(x, axis=0)", "mat": "np.asarray",
    "round_": "np.round", "issctype": "np.issubdtype", "bool8": "np.bool_", "asfarray":
    "np.asarray(x, dtype=float)", "rank": "np.ndim", "alen": "len", "int0": "np.intp",
}
NAMES = {
    "xrange": "range", "raw_input": "input", "unicode": "str", "basestring": "str", "long": "int",
    "reduce": "functools.reduce", "izip": "zip", "cPickle": "pickle", "file": "open",
    "unichr": "chr", "imap": "map", "reload": "importlib.reload", "execfile": "exec",
}
MODULES = {
    "cPickle": "pickle", "cStringIO": "io", "StringIO": "io", "Queue": "queue", "urllib2":
    "urllib.request", "urlparse": "urllib.parse", "httplib": "http.client", "ConfigParser":
    "configparser", "Tkinter": "tkinter", "__builtin__": "builtins", "copy_reg": "copyreg",
    "commands": "subprocess", "HTMLParser": "html.parser", "SocketServer": "socketserver",
    "thread": "_thread", "anydbm": "dbm", "cookielib": "http.cookiejar", "xmlrpclib":
    "xmlrpc.client",
}
# modules that stand in for NumPy: what is written with them runs with NumPy, too
LIKE_NUMPY = frozenset({"cupy", "minpy", "autograd"})
METHODS = {"iteritems": "items()", "itervalues": "values()", "iterkeys": "keys()",
           "has_key": "`key in`"}
TO_PYTHON_3 = ("this is Python 2: convert the file once with `python -m pip install fissix` and "
               "`python -m fissix -w -n {file}`")


def _type_of(raised: Raised) -> str:
    name = raised.found[1]
    if name in TYPES:
        return f"NumPy has no np.{name} since 1.24; write {TYPES[name]} in its place"
    if name in RENAMED:
        return f"NumPy has no np.{name} any more; write {RENAMED[name]} in its place"
    return f"NumPy has no np.{name}; check the spelling, or the version that the file is for"


def _package_of(raised: Raised) -> str:
    found = raised.found
    top = found[1].partition(".")[0]
    if top == "google":
        return ("there is nothing to install for google.colab, which exists only in Colab; leave "
                "its import out elsewhere, or put it in a try block")
    if top in MODULES:
        return f"{top} is Python 2's; import {MODULES[top]} in its place"
    if top in LIKE_NUMPY:
        return (f"import numpy in its place: layers are judged as functions of NumPy's arrays, and "
                f"what {top} has in common with it stays as it is")
    if "cython" in found[1]:
        return "build the extension in its folder: `python setup.py build_ext --inplace`"
    return (f"install it with `python -m pip install {PACKAGES.get(top, top)}`, or put "
            f"{top}.py beside the file if it is a module of your own")


PATTERNS = (
    Pattern(("TabError",), "", "Python 3 does not mix tabs and spaces: write four spaces for a "
            "tab, `expand -i -t 8 {file} > fixed.py` does it as Python 2 counted"),
    Pattern(("SyntaxError",), r"Missing parentheses in call to '(print|exec)'", TO_PYTHON_3),
    Pattern(("SyntaxError",), r"multiple exception types must be parenthesized", TO_PYTHON_3),
    Pattern(("SyntaxError",), r"leading zeros in decimal|<> |backtick|`", TO_PYTHON_3),
    Pattern(("SyntaxError",), "", "correct that line, or the one above it"),
    Pattern(("AbsentError",), r"^([\w.]+) could not be imported", _package_of),
    Pattern(("ModuleNotFoundError",), r"No module named '([\w.]+)'", _package_of),
    Pattern(("ImportError",), r"cannot import name '(\w+)' from '(scipy[\w.]*|sklearn[\w.]*)'",
            lambda raised: f"{raised.found[2]} has no {raised.found[1]} any more; take it from "
            "the package that has it now (imageio for imread, PIL for imresize), or leave the "
            "import out"),
    Pattern(("ImportError",), r"cannot import name '(\w+)' from '([\w.]+)'",
            lambda raised: f"check what {raised.found[2]} defines, and its version"),
    Pattern(("ImportError",), r"attempted relative import with no known parent package",
            "keep the file in its package: a folder with the modules that it imports, and with an "
            "__init__.py"),
    Pattern(("AttributeError",), r"module 'numpy' has no attribute '(\w+)'", _type_of),
    Pattern(("AttributeError",), r"`np\.(\w+)` was (?:a deprecated alias|removed)", _type_of),
    Pattern(("TypeError",), r"reshape\(\) got an unexpected keyword argument 'newshape'",
            "np.reshape takes the shape by position: np.reshape(x, shape)"),
    Pattern(("NameError",), rf"name '({'|'.join(NAMES)})' is not defined", lambda raised:
            f"{raised.found[1]} is Python 2's; write {NAMES[raised.found[1]]} in its place"),
    Pattern(("AttributeError",), r"'dict' object has no attribute '(iteritems|itervalues|iterkeys|"
            r"has_key)'", lambda raised: f"{raised.found[1]} is Python 2's; write "
            f"{METHODS[raised.found[1]]}"),
    Pattern(("TypeError",), r"'(?:numpy\.)?float\d*' object cannot be interpreted as an integer",
            DIVISION),
    Pattern(("TypeError",), r"slice indices must be integers|list indices must be integers.*float",
            DIVISION),
    Pattern(("TypeError",), r"'(dict_\w+|map|zip|filter|range)' object (?:is not subscriptable|"
            r"does not support item)|object of type '(map|zip|filter)' has no len",
            lambda raised: f"in Python 3 that is a {raised.found[1] or raised.found[2]}: write "
            "list(...) around it"),
    Pattern(("RuntimeError",), r"incorrect number of gradients \(expected (\d+), got (\d+)\)",
            lambda raised: f"return {raised.found[1]} values from backward, one for each argument "
            "of forward but ctx: None for what is no tensor, and for what needs no gradient"),
    Pattern(("RecursionError",), "", "end the recursion: it calls itself, and no case in it that "
            "returns without a call is ever reached"),
    *OF_LAYERS,
)


def is_well_known(module: str) -> bool:
    """Whether a module that is missing is not the user's own: a package, or one of Python 2.

    >>> is_well_known("torch"), is_well_known("cPickle"), is_well_known("cs231n")
    (True, True, False)
    """
    return module in WELL_KNOWN or module in MODULES or module in LIKE_NUMPY


def remedy_of(error: BaseException, file: str = "FILE") -> str:
    """Return what to do about an exception, or '' where the table does not know.

    >>> remedy_of(NameError("name 'xrange' is not defined"))
    "xrange is Python 2's; write range in its place"
    >>> remedy_of(ValueError("no"))
    ''
    """
    kinds = {kind.__name__ for kind in type(error).__mro__}
    try:
        text = str(error)
    except Exception:
        return ""
    for pattern in PATTERNS:
        found = re.search(pattern.text, text)
        if found and kinds.intersection(pattern.kinds):
            raised = seen(error, found)
            if re.search(pattern.line, raised.line):
                return pattern.told(raised).replace("{file}", file)
    return ""


def reason_and_remedy(error: BaseException) -> str:
    """Return an exception's type, text and place, and what to do where the table knows.

    >>> reason_and_remedy(NameError("name 'gamma' is not defined"))
    "NameError: name 'gamma' is not defined. Remedy: define or import gamma"
    """
    reason, remedy = reason_and_place(error), remedy_of(error)
    if not remedy:
        return reason
    reason = re.sub(r", with gufunc signature \S+(?= \()", "", reason)
    first, _, rest = reason.partition("\n")  # NumPy's own advice follows on further lines
    place = f" {rest[rest.rindex('(line '):]}" if "(line " in rest else ""
    return f"{first.rstrip('.')}{place}. Remedy: {remedy}"
