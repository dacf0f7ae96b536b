"""Where in a file a setting stands, however it is written."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.settings.places import place_of

FILE = '''# name = 1
device = "cpu"  # effect

[effect.blur]
radius_px = 30
name = """
radius_px = 3
"""
"dim" = 0.1

[layers]
text = { text = "font", font = "a.ttf", height = 2 }
image.path = "path"
[presets.sea]
effect = { name = "replace",  replace = { background = "background" } }
matte.curve_low = [
  1,
]
'''


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("device", (2, 1)),
        ("effect", (4, 2)),
        ("effect.blur", (4, 9)),
        ("effect.blur.radius_px", (5, 1)),
        ("effect.blur.name", (6, 1)),
        ("effect.blur.dim", (9, 2)),
        ("layers.text.font", (12, 18)),
        ("layers.image.path", (13, 7)),
        ("presets.sea", (14, 10)),
        ("presets.sea.effect.replace.background", (15, 43)),
        ("presets.sea.matte.curve_low", (16, 7)),
        ("presets.sea.matte", (16, 1)),
        ("layers.text.colour", None),
        ("name", None),
        ("", None),
    ],
)
def test_the_key_is_found(path: str, place: tuple[int, int] | None) -> None:
    assert place_of(path.split(".") if path else [], FILE) == place


KEYS = st.sampled_from(["a", "b", "a-b", "long_name"])
TREES = st.recursive(
    st.integers(0, 9), lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=3), max_leaves=6
)


def _written(tree: Any) -> str:
    if not isinstance(tree, dict):
        return str(tree)
    return "{" + ", ".join(f"{key} = {_written(value)}" for key, value in tree.items()) + "}"


def _paths(tree: Any, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(tree, dict):
        return []
    return [path for key, value in tree.items() for path in ((*above, key), *_paths(value, (*above, key)))]


@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_every_setting_of_a_file_is_found_in_its_line(tree: dict[str, Any]) -> None:
    text = "".join(f"{key} = {_written(value)}\n" for key, value in tree.items())
    assert tomllib.loads(text) == tree
    for path in _paths(tree):
        place = place_of(path, text)
        assert place is not None
        line = text.splitlines()[place[0] - 1]
        assert line.startswith(f"{path[0]} = ")
        assert line[place[1] - 1 :].startswith(path[-1])


@given(st.text(max_size=60), st.lists(st.text(max_size=3), max_size=3))
def test_nothing_raises(text: str, path: list[str]) -> None:
    assert place_of(path, text) is None or path
