"""Where the cells of an array of any number of dimensions stand in a picture of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WRAPPED = 32  # cells of a vector in one row
MOST_WRITTEN = 8, 12  # columns and rows whose numbers are written into the cells
WRITTEN_CELL = 46.0, 23.0
WIDE, LEAST, MOST = 300.0, 3.0, 22.0
GAP, LABEL = 7.0, 13.0
TILES_ACROSS = 6


@dataclass(frozen=True)
class Layout:
    """Tiles of cells: a matrix is one tile, a vector a strip, more axes are tiles beside others.

    Attributes
    ----------
    shape : tuple of int
        Of the array.
    """

    shape: tuple[int, ...]

    @property
    def leading(self) -> tuple[int, ...]:
        """The axes that number the tiles."""
        return self.shape[:-2] if len(self.shape) > 2 else ()

    @property
    def rows(self) -> int:
        """Rows of a tile."""
        if len(self.shape) > 1:
            return self.shape[-2]
        return -(-self._length // WRAPPED)

    @property
    def columns(self) -> int:
        """Columns of a tile."""
        return self.shape[-1] if len(self.shape) > 1 else min(self._length, WRAPPED)

    @property
    def _length(self) -> int:
        return self.shape[0] if self.shape else 1

    @property
    def tiles(self) -> int:
        """How many tiles there are."""
        return math.prod(self.leading)

    @property
    def across(self) -> int:
        """How many tiles stand beside each other: those of the last leading axis, if not many."""
        last = self.leading[-1] if self.leading else 1
        return last if 1 < last <= TILES_ACROSS else min(self.tiles, TILES_ACROSS)

    @property
    def is_written(self) -> bool:
        """Whether there is room for a number in each cell."""
        columns, rows = MOST_WRITTEN
        return not self.leading and self.columns <= columns and self.rows <= rows

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of a cell."""
        if self.is_written:
            return WRITTEN_CELL
        room = (WIDE - GAP * (self.across - 1)) / self.across
        side = float(int(min(max(room / max(self.columns, 1), LEAST), MOST)))
        return side, side

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the whole, with the labels of tiles."""
        width, height = self._tile
        down = -(-self.tiles // self.across)
        return self.across * (width + GAP) - GAP, down * (height + GAP) - GAP

    @property
    def _tile(self) -> tuple[float, float]:
        width, height = self.cell
        return self.columns * width, self.rows * height + (LABEL if self.leading else 0.0)

    def corners(self) -> Iterator[tuple[float, float]]:
        """Yield where each tile begins, its label not counted.

        Examples
        --------
        >>> list(Layout((2, 3)).corners())
        [(0.0, 0.0)]
        """
        width, height = self._tile
        for tile in range(self.tiles):
            down, right = divmod(tile, self.across)
            yield (right * (width + GAP), down * (height + GAP) + (LABEL if self.leading else 0.0))

    def places(self) -> Iterator[tuple[float, float]]:
        """Yield where each cell stands, in the order of the array's elements.

        Examples
        --------
        >>> list(Layout((2,)).places())
        [(0.0, 0.0), (46.0, 0.0)]
        """
        width, height = self.cell
        cells = math.prod(self.shape) // max(self.tiles, 1)
        for x, y in self.corners():
            for cell in range(cells):
                row, column = divmod(cell, max(self.columns, 1))
                yield x + column * width, y + row * height

    def labels(self) -> Iterator[tuple[float, float, str]]:
        """Yield where each tile's label stands, and the label."""
        for tile, (x, y) in enumerate(self.corners()):
            if self.leading:
                yield x, y - 3.0, str(_unraveled(tile, self.leading))


def _unraveled(flat: int, shape: Sequence[int]) -> list[int]:
    """Return the index of the flat one.

    >>> _unraveled(5, (2, 3))
    [1, 2]
    """
    found: list[int] = []
    for size in reversed(shape):
        flat, rest = divmod(flat, size)
        found.insert(0, rest)
    return found
