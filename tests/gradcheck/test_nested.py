"""Nested values are walked, and rebuilt, by the paths of their leaves."""

from __future__ import annotations

import numpy as np

from gradcheck.nested import leaves, with_leaf


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
