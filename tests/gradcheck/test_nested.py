"""Nested values are walked, and rebuilt, by the paths of their leaves."""

from __future__ import annotations

import numpy as np

from gradcheck.nested import Wrapped, leaves, with_leaf


class Node:
    def __init__(self, value, child=None):
        self.value, self.child = value, child


def test_leaves_of_nested_objects_are_found_by_path_and_cycles_end():
    node = Node(np.ones(2), Node(3))
    node.child.child = node
    found = dict(leaves({"n": node, "t": (1, [2.0])}, "cache"))
    assert list(found) == ["cache['n'].value", "cache['n'].child.value", "cache['t'][0]",
                           "cache['t'][1][0]"]


def test_a_leaf_of_nested_objects_is_replaced_and_the_original_left_alone():
    node = Node(1, Node([2, 3]))
    changed = with_leaf({"n": node}, "cache['n'].child.value[1]", 7, "cache")
    assert changed["n"].child.value == [2, 7]
    assert node.child.value == [2, 3]


def test_arrays_of_objects_are_containers():
    array = np.empty((1, 2), object)
    array[0, 0], array[0, 1] = np.ones(2), "b"
    assert list(dict(leaves(array, "cache"))) == ["cache[0, 0]", "cache[0, 1]"]
    changed = with_leaf([array], "cache[0][0, 1]", "c", "cache")
    assert changed[0][0, 1] == "c"
    assert array[0, 1] == "b"


def test_what_the_checker_wraps_around_a_cache_is_in_no_path():
    wrapped = Wrapped()
    wrapped.cache = (1, 2)
    assert list(dict(leaves(wrapped, "cache"))) == ["cache[0]", "cache[1]"]
    assert with_leaf(wrapped, "cache[1]", 3, "cache").cache == (1, 3)
    assert wrapped.cache == (1, 2)
