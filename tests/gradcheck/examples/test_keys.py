"""A function's dicts are seen in its text, and stand in the example that a remedy proposes."""

from gradcheck.examples.candidates import how_to
from gradcheck.examples.keys import keys_read


def dense_forward(a_prev, params, cfg):
    scale = cfg["stride"] if cfg.get("scaled") else 1
    a_prev["left"] = None
    return scale * a_prev @ params["W"] + params["b"] + params["W"].sum(), params


def test_only_keys_that_are_read_and_needed_count():
    assert keys_read(dense_forward) == {"params": ["W", "b"], "cfg": ["stride"]}


def test_the_proposed_example_has_a_dict_with_its_keys():
    assert how_to("dense", dense_forward, "...") == (
        "def dense_example(rng):\n"
        "    return rng.normal(size=...), {'W': rng.normal(size=...), 'b': rng.normal(size=...)}, "
        "{'stride': 1}")


def test_a_function_without_a_text_has_no_keys():
    assert keys_read(len) == {}
