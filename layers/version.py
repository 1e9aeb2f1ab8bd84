"""The version of the package, looked up when it is asked for: that takes as long as all layers do.

It is `gradcheck.__version__`, which setup.cfg reads; from here it is found without gradcheck.
"""

from __future__ import annotations


def looked_up(package: str, name: str) -> str:
    """Return what a package's `__version__` is: that of the installed distribution.

    Parameters
    ----------
    package, name : str
        The package, and the attribute of it that was asked for.

    Raises
    ------
    AttributeError
        It is another attribute, or the folder is a copy without a distribution.

    Examples
    --------
    >>> looked_up("layers", "__version__")
    '...'
    >>> looked_up("layers", "affine_forwards")
    Traceback (most recent call last):
    AttributeError: module 'layers' has no attribute 'affine_forwards'
    """
    from importlib.metadata import PackageNotFoundError, version

    if name != "__version__":
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    try:
        return version("maskgrad")
    except PackageNotFoundError as error:
        raise AttributeError(f"{package}.__version__: got a copy of the folder; expected an "
                             "installed maskgrad. Remedy: pip install maskgrad") from error
