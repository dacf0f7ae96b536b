from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.errors import SettingsError
from livecut.server.panel.keeping import keep, still_true
from livecut.settings import Settings
from livecut.settings.load import Patch, apply, from_file, load, merged, nested

FILE = """# mine
device = "cpu"  # no GPU here

[effect]
name = "blur"

[effect.blur]
radius_px = 30.0 # a lot
"""
PRESETS = """[presets.meeting] # 1
effect.blur.radius_px = 14.0

[presets.normal]

[presets.beach]
effect = { name = "replace", replace = { background = "beach.jpg" } }  # sand
[presets.beach.layers.text]
text = "away"
"""
FILES = [
    FILE,
    'device = "cpu"  # mine\neffect.name = "blur"\neffect.blur.radius_px = 30.0 # a lot\n\n[matte]\nsmooth = 0.5\n',
    'effect = { name = "blur", blur = { radius_px = 30.0 } }\nlayers = { text = { text = "x" } }\n',
    "[effect.blur]\nradius_px = 30.0\n\n[matte]\nsmooth = 0.5\n\n[effect]\nname = 'blur'\n",
    f"{FILE}\n{PRESETS}",
    f"{PRESETS}\n{FILE[FILE.index('[effect]') :]}",
    "presets.a.effect.blur.radius_px = 14.0 # mine\npresets.b = { device = 'cpu' }\neffect.name = 'blur'\n",
]
"""The same by headings, by dotted names, in lines, out of order, and with presets behind, before and among them."""
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


def test_what_is_written_by_dotted_names_goes_on_so(tmp_path: Path) -> None:
    file = tmp_path / "livecut.toml"
    file.write_text('effect.name = "blur" # mine\neffect.blur.radius_px = 30.0\n')
    keep({"effect": {"name": "bokeh", "bokeh": {"focus": "follow"}}, "device": "cpu"}, file)
    assert file.read_text() == (
        'effect.name = "bokeh" # mine\neffect.blur.radius_px = 30.0\neffect.bokeh.focus = "follow"\ndevice = "cpu"\n'
    )


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_who_may_read_it_stays(tmp_path: Path) -> None:
    file = tmp_path / "livecut.toml"
    file.write_text('remote.clipdrop_key = "5ecret"\n')
    file.chmod(0o600)
    keep(nested("effect.name", "bokeh"), file)
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("content", "patch"),
    [
        ("", {"effect": {"name": "none"}}),
        ("", {"effect": {"name": "blur", "split": {"after": "none"}}}),
        ('[effect.split]\nbefore = "none"\n', {"effect": {"name": "split"}}),
    ],
)
def test_the_raw_picture_is_not_kept_whatever_hides_it_now(tmp_path: Path, content: str, patch: Patch) -> None:
    file = tmp_path / "livecut.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match="raw picture"):
        keep(patch, file)
    assert file.read_text() == content


def test_what_shows_it_by_the_users_own_hand_stays(tmp_path: Path) -> None:
    file = tmp_path / "livecut.toml"
    file.write_text('[effect]\nname = "none"\n')
    keep(nested("output.mirror", True), file)
    assert from_file(file) == {"effect": {"name": "none"}, "output": {"mirror": True}}


def test_a_path_is_kept_so_that_it_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    for name in ("beach.jpg", "white", "logo.png"):
        (tmp_path / "here" / name).write_bytes(b"")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "livecut.toml"
    for typed, kept in (
        ("beach.jpg", str(tmp_path / "here" / "beach.jpg")),
        ("../here/beach.jpg", str(tmp_path / "here" / ".." / "here" / "beach.jpg")),
        ("~/here/beach.jpg", "~/here/beach.jpg"),
        ("white", "white"),
        ("camera:1", "camera:1"),
        ("gone.jpg", str(tmp_path / "here" / "gone.jpg")),
        ("gren", "gren"),
    ):
        keep(nested("effect.replace.background", typed), file)
        assert from_file(file) == {"effect": {"replace": {"background": kept}}}
    keep(
        {"layers": {"image": {"path": "logo.png"}, "text": {"text": "logo.png"}}, "privacy": {"card": "beach.jpg"}},
        file,
    )
    content = from_file(file)
    assert content["layers"] == {"image": {"path": str(tmp_path / "here" / "logo.png")}, "text": {"text": "logo.png"}}
    assert content["privacy"] == {"card": str(tmp_path / "here" / "beach.jpg")}


def test_nothing_at_all_goes_back_to_the_default(tmp_path: Path) -> None:
    file = tmp_path / "livecut.toml"
    file.write_text("[governor]\ntarget_fps = 25.0\nmax_steps = 2\n")
    keep(nested("governor.target_fps", None), file)
    assert from_file(file) == {"governor": {"max_steps": 2}}


@given(st.sampled_from(FILES), st.lists(PATCHES, max_size=6))
def test_what_was_kept_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, content: str, patches: list[Patch]
) -> None:
    file = tmp_path_factory.mktemp("kept") / "livecut.toml"
    file.write_text(content)
    together = from_file(file)
    for patch in patches:
        keep(patch, file)
        together = merged(together, patch)
    assert from_file(file) == together
    assert apply(Settings(), from_file(file)) == apply(Settings(), together)


@given(st.sampled_from([f"{FILE}\n{PRESETS}", PRESETS]), st.lists(PATCHES, min_size=1, max_size=4))
def test_presets_stay_to_the_letter(
    tmp_path_factory: pytest.TempPathFactory, content: str, patches: list[Patch]
) -> None:
    file = tmp_path_factory.mktemp("kept") / "livecut.toml"
    file.write_text(content)
    before = load(file=file)
    for patch in patches:
        keep(patch, file)
    assert PRESETS.rstrip() in file.read_text()
    after = load(file=file)
    assert (after.presets, list(after.presets)) == (before.presets, list(before.presets))


def test_what_would_make_a_preset_wrong_is_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "livecut.toml"
    content = "[presets.low]\nmatte.curve_low = 0.69\n"
    file.write_text(content)
    with pytest.raises(SettingsError, match=r"livecut\.toml: presets\.low\.matte: curve_low"):
        keep(nested("matte.curve_high", 0.6), file)
    assert file.read_text() == content


def test_what_still_holds_is_what_is_so_now() -> None:
    tree = apply(Settings(), {"effect": {"name": "green", "plugin": {"glow": {"power": 3}}}}).model_dump()
    patch: Patch = {
        "effect": {"name": "blur", "blur": {"radius_px": 24, "dim": 0.3}, "plugin": {"glow": {"power": 3, "tint": 1}}},
        "governor": {"target_fps": None, "max_steps": 3},
        "matte": {"stride": 2},
    }
    assert still_true(patch, tree) == {
        "effect": {"blur": {"radius_px": 24}, "plugin": {"glow": {"power": 3}}},
        "governor": {"target_fps": None},
    }


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
