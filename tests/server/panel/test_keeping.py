from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.errors import SettingsError
from livecut.server.panel.keeping import keep
from livecut.settings import Settings
from livecut.settings.load import Patch, apply, from_file, merged, nested

FILE = """# mine
device = "cpu"  # no GPU here

[effect]
name = "blur"

[effect.blur]
radius_px = 30.0 # a lot
"""
PATCHES = st.sampled_from(
    [
        nested("effect.name", "bokeh"),
        nested("effect.blur.radius_px", 60.0),
        nested("effect.bokeh.focus", "follow"),
        nested("layers.text.text", 'on air "now" \\ #1\nsoon'),
        nested("layers.clock.show", True),
        nested("governor.max_steps", 3),
        nested("device", "auto"),
    ]
)


def test_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    file = tmp_path / "new" / "livecut.toml"
    keep({"effect": {"name": "bokeh", "bokeh": {"aperture": 1.5}}, "device": "cpu"}, file)
    assert file.read_text() == 'device = "cpu"\n\n[effect]\nname = "bokeh"\n\n[effect.bokeh]\naperture = 1.5\n'


def test_comments_and_all_else_stay(tmp_path: Path) -> None:
    file = tmp_path / "livecut.toml"
    file.write_text(FILE)
    keep({"effect": {"blur": {"radius_px": 40.0, "dim": 0.2}}, "matte": {"keep": "near"}}, file)
    text = file.read_text()
    assert text.startswith(FILE.replace("30.0", "40.0") + "dim = 0.2\n")
    assert from_file(file)["matte"] == {"keep": "near"}


def test_nothing_at_all_goes_back_to_the_default(tmp_path: Path) -> None:
    file = tmp_path / "livecut.toml"
    file.write_text("[governor]\ntarget_fps = 25.0\nmax_steps = 2\n")
    keep(nested("governor.target_fps", None), file)
    assert from_file(file) == {"governor": {"max_steps": 2}}


@given(st.lists(PATCHES, max_size=6))
def test_what_was_kept_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, patches: list[Patch]) -> None:
    file = tmp_path_factory.mktemp("kept") / "livecut.toml"
    file.write_text(FILE)
    together = from_file(file)
    for patch in patches:
        keep(patch, file)
        together = merged(together, patch)
    assert from_file(file) == together
    assert apply(Settings(), from_file(file)) == apply(Settings(), together)


@pytest.mark.parametrize(
    ("content", "patch"),
    [
        ("device = ", nested("effect.name", "bokeh")),
        ("effect = 3\n", nested("matte.keep", "near")),
        ("[effect]\nnam = 'x'\n", nested("effect.name", "bokeh")),
        (FILE, nested("effect.blur.radius_px", 1e9)),
    ],
)
def test_what_would_not_be_right_changes_nothing(tmp_path: Path, content: str, patch: Patch) -> None:
    file = tmp_path / "livecut.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match=r"livecut\.toml"):
        keep(patch, file)
    assert file.read_text() == content
    assert list(tmp_path.iterdir()) == [file]
