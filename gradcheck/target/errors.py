"""What can be wrong with a target as a whole."""


class TargetError(Exception):
    """The target cannot be imported; the message says why and what to do."""


class NothingToCheckError(ValueError):
    """A target has no layer, or a wanted name is nowhere."""


class NoneWantedError(NothingToCheckError):
    """A target has none of the wanted names; another one may have them."""
