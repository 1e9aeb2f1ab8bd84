"""What may be special about one more example of a layer: the form of an entry of a design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gradcheck.examples.recipes import Entry, Recipe

# Parameters with an axis for the samples of a batch.
BATCHED = ("x", "X", "y", "mask", "h0", "prev_h", "prev_c", "query", "key", "value")
# The one that is scaled or moved.
INPUTS = ("x", "X", "query")


@dataclass(frozen=True)
class Variant:
    """One more example, by what is different from the first.

    Attributes
    ----------
    told : str
        What is special, after 'found'.
    first : str
        Where nothing was wrong.
    entry : mapping
        Recipes and settings in the place of the layer's own.
    batch : int
        Another number of samples; 0 for the first example's.
    scale, offset : float
        What x is multiplied by, and what is added to it.
    single : bool
        Whether it is cast to float32.
    test : bool
        Whether the layer is in test mode.
    dout : {'', 'zeros', 'strided'}
        Whether elements and whole samples of dout are zero, or x and dout are not contiguous.
    look : {'directions', 'coordinates', 'finite', 'forward'}
        What is compared: the gradient along random directions; coordinate by coordinate, where
        there are kinks; nothing, where only NaN and inf count; the output in single precision.
    """

    told: str
    entry: Entry = field(default_factory=dict)
    first: str = "at the first"
    batch: int = 0
    scale: float = 1.0
    offset: float = 0.0
    single: bool = False
    test: bool = False
    dout: str = ""
    look: str = "directions"

    @property
    def is_drawn_by_recipe(self) -> bool:
        """Whether it takes the recipes of a standard layer: of guessed arguments there are none."""
        return bool(self.entry or self.batch or self.scale != 1 or self.offset)

    def changes(self, entry: Entry, samples: int = 0) -> dict[str, Any]:
        """Return what stands in the place of the layer's own recipes.

        Parameters
        ----------
        entry : mapping
            The layer's recipes.
        samples : int
            How many the first example has.

        Examples
        --------
        >>> from gradcheck.examples.recipes import integers, normal
        >>> entry = {"x": normal(4, 6), "y": integers(6, 4)}
        >>> [recipe.shape for recipe in Variant("", batch=1).changes(entry, 4).values()]
        [(1, 6), (1,)]
        """
        changed = {**self._resized({**entry, **self.entry}, samples), **self.entry}
        for name in INPUTS:
            recipe = changed.get(name, entry.get(name))
            if isinstance(recipe, Recipe) and self._moves(recipe):
                changed[name] = _moved(recipe, self.scale, self.offset)
        return changed

    def fits(self, entry: Entry) -> bool:
        """Whether a layer with these recipes has an example of the kind."""
        still = self.scale == 1 and not self.offset
        return still or any(self._moves(entry.get(name)) for name in INPUTS)

    def _moves(self, recipe: Any) -> bool:
        return isinstance(recipe, Recipe) and recipe.gaussian and (
            self.scale != 1 or self.offset != 0)

    def _resized(self, entry: Entry, samples: int) -> dict[str, Any]:
        """Return the recipes of what has an axis for samples, with `batch` of them."""
        recipes = {name: entry[name] for name in BATCHED if isinstance(entry.get(name), Recipe)}
        return {name: recipe.resized(_with(recipe.shape, samples, self.batch))
                for name, recipe in recipes.items() if self.batch}


def _with(shape: tuple[int, ...], old: int, new: int) -> tuple[int, ...]:
    """Return a shape whose first axis of one size has another."""
    if old not in shape:
        return shape
    place = shape.index(old)
    return (*shape[:place], new, *shape[place + 1:])


def _moved(recipe: Recipe, scale: float, offset: float) -> Recipe:
    return Recipe(recipe.shape, lambda rng, shape: scale * recipe.draw(rng, shape) + offset)


def with_settings(entry: Entry, **settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the dicts of an entry with further settings in them.

    >>> with_settings({"x": 0, "bn_param": {"mode": "train"}}, bn_param={"eps": 0.1})
    {'bn_param': {'mode': 'train', 'eps': 0.1}}
    """
    return {name: {**entry[name], **more} for name, more in settings.items() if name in entry}
