"""The map of the house, and the lists in the packages' docstrings that it is kept by."""

from __future__ import annotations

from tests import house


def test_the_map_has_a_line_for_every_package_and_module_and_what_it_says(capsys):
    assert house.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = [line.split()[0].rstrip("/") for line in lines]
    expected = [name for room in house.rooms() for name in house.inhabitants(room)]
    assert sorted(found) == sorted([*house.PACKAGES, *expected])
    assert all(len(line.split()) > 1 for line in lines)


def room_with(tmp_path, docstring):
    room = tmp_path / "room"
    room.mkdir()
    (room / "__init__.py").write_text(f'{docstring}\n\nfrom room.one import f\n', encoding="utf-8")
    (room / "one.py").write_text('"""The first."""\n', encoding="utf-8")
    (room / "two.py").write_text('"""The second: it is described at length."""\n',
                                 encoding="utf-8")
    return room


def test_a_list_is_begun_where_there_is_none(tmp_path):
    room = room_with(tmp_path, '"""A room."""')
    (room / "__init__.py").write_text(house.up_to_date(room), encoding="utf-8")
    assert house.named(room) == ["one", "two"]
    assert house.docstring(room / "__init__.py").startswith("A room.\n\none  ")
    assert house.up_to_date(room) == (room / "__init__.py").read_text(encoding="utf-8")
    assert "\n\nfrom room.one import f\n" in house.up_to_date(room)


def test_what_is_gone_is_dropped_and_what_is_new_added_and_the_rest_left(tmp_path):
    room = room_with(tmp_path, '"""A room.\n\nnone  Gone.\none   Mine.\n"""')
    text = house.up_to_date(room)
    assert "none" not in text
    assert "one   Mine.\ntwo  " in text


def test_a_long_line_ends_with_a_clause_and_else_with_a_word():
    assert house.cut("Numbers: of all kinds, even complex ones", 24) == "Numbers: of all kinds"
    assert house.cut("Numbers of every imaginable kind", 20) == "Numbers of every ..."
    assert house.cut("Numbers", 20) == "Numbers"
