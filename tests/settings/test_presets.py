"""Presets are checked where they are read, laid over what was started with, and leave nothing to each other."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.app.rooted import rooted
from livecut.errors import SettingsError
from livecut.settings import Settings
from livecut.settings.listing import listing
from livecut.settings.live import LIVE, leaves
from livecut.settings.load import Patch, apply, assignment, from_file, load, merged, nested, presets_over, start

FILE = """
[effect]
name = "bokeh"

[presets.meeting]
effect.name = "blur"

[presets.normal]

[presets.beach]
effect = { name = "replace", replace = { background = "beach.jpg" } }
output.mirror = true
"""
CHOICES: dict[tuple[str, ...], list[Any]] = {
    ("effect", "name"): ["blur", "green", "none"],
    ("effect", "blur", "radius_px"): [13.0, 40.0],
    ("effect", "replace", "background"): ["beach.jpg", "#102030"],
    ("effect", "plugin", "glow"): [{"power": 3}, {"tint of": "red", "a.b": [1, 2]}],
    ("output", "mirror"): [False, True],
    ("layers", "text", "text"): ["", 'on "air"\nsoon'],
    ("matte", "curve_low"): [0.1, 0.4],
    ("governor", "target_fps"): [20.0],
    ("device",): ["cpu", "auto"],
}
_ONE = st.sampled_from([(keys, value) for keys, values in CHOICES.items() for value in values])


def _patch(chosen: list[tuple[tuple[str, ...], Any]]) -> Patch:
    patch: Patch = {}
    for keys, value in chosen:
        for key in reversed(keys):
            value = {key: value}
        patch = merged(patch, value)
    return patch


PATCHES = st.lists(_ONE, max_size=6).map(_patch)
NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,24}", fullmatch=True)
PRESETS = st.dictionaries(NAMES, PATCHES, max_size=4)


@given(PATCHES, PATCHES)
def test_a_preset_sets_what_it_names_and_all_else_is_as_at_the_start(base: Patch, preset: Patch) -> None:
    settings = apply(Settings(), merged(base, {"presets": {"one": preset}}))
    wanted = {**dict(leaves(apply(Settings(), base).model_dump())), **dict(leaves(preset))}
    found = dict(leaves(presets_over(settings)["one"].model_dump(exclude={"presets"})))
    assert found == wanted


@given(PATCHES, PRESETS)
def test_every_preset_is_found_in_the_files_order_and_knows_the_others(base: Patch, presets: dict[str, Patch]) -> None:
    settings = apply(Settings(), merged(base, {"presets": presets}))
    laid = presets_over(settings)
    assert list(laid) == list(presets)
    assert all(one.presets == presets for one in laid.values())


@given(PATCHES, PRESETS)
def test_the_listing_reads_back_with_its_presets(base: Patch, presets: dict[str, Patch]) -> None:
    settings = apply(Settings(), merged(base, {"presets": presets}))
    again = Settings.model_validate(tomllib.loads(listing(settings)))
    assert presets_over(again) == presets_over(settings)
    assert list(again.presets) == list(presets)


def test_a_password_in_a_preset_is_not_listed() -> None:
    settings = apply(Settings(), nested("presets.door.effect.replace.background", "rtsp://me:sesame@door/film.mp4"))
    text = listing(settings)
    assert "sesame" not in text
    assert (
        '[presets.door]\n# effect.replace.background = "rtsp://me:...@door/film.mp4" (a password or key is not shown)'
        in text
    )


@given(PATCHES, PATCHES, PATCHES)
def test_flags_go_over_the_preset_and_the_preset_over_the_rest(base: Patch, preset: Patch, flags: Patch) -> None:
    begun = start(preset="one", patches=[base, {"presets": {"one": preset}}, flags])
    # What is below the flags here is nothing but the defaults: base is among the flags, too.
    below = apply(Settings(), merged(preset, merged(base, flags)))
    assert begun.settings.model_dump(exclude={"presets"}) == below.model_dump(exclude={"presets"})
    assert begun.base == load(patches=[base, {"presets": {"one": preset}}, flags])


def test_the_order_of_all_layers(tmp_path: Path) -> None:
    user, named = tmp_path / "user.toml", tmp_path / "named.toml"
    user.write_text("[effect.blur]\nradius_px = 13\n[presets.a]\neffect.blur.radius_px = 20\nmatte.stride = 2\n")
    named.write_text("[effect.blur]\nradius_px = 14\n[presets.a]\nmatte.stride = 3\n[presets.b]\n")
    environ = {"LIVECUT_EFFECT__BLUR__RADIUS_PX": "15", "LIVECUT_PRESETS__A__EFFECT__BLUR__DIM": "0.5"}

    def begin(preset: str | None, *flags: str) -> Settings:
        patches = map(assignment, flags)
        return start(preset=preset, user=user, file=named, environ=environ, patches=patches).settings

    a = begin("a")
    assert (a.effect.blur.radius_px, a.effect.blur.dim, a.matte.stride) == (20, 0.5, 3)
    assert begin("a", "effect.blur.radius_px=16").effect.blur.radius_px == 16
    assert begin("b").effect.blur.radius_px == begin(None).effect.blur.radius_px == 15
    assert list(begin(None).presets) == ["a", "b"]


@pytest.mark.parametrize(
    ("preset", "message"),
    [
        ("beach.effect.blur.radius_px=3", "presets.beach.effect.blur.radius_px: Input should be greater than"),
        ("beach.efect.name=blur", "presets.beach.efect: there is no such setting"),
        ("beach.effect.blur.radius=30", "presets.beach.effect.blur.radius: there is no such setting"),
        (
            "beach.effect=blur",
            "presets.beach.effect: this is a table of settings, for example presets.beach.effect.name",
        ),
        ("beach.matte.curve_low=0.69", None),
        ("beach.matte={ curve_low = 0.69, curve_high = 0.6 }", "presets.beach.matte: curve_low (0.69) must be below"),
        ("beach.source.input=demo", "presets.beach.source.input is chosen at the start"),
        ("beach.output.sinks=['null']", "presets.beach.output.sinks is chosen at the start"),
        ("beach.model.still=x", "presets.beach.model.still is chosen at the start"),
        ("beach.remote.allow=true", "presets.beach.remote.allow is chosen at the start"),
        ("beach.presets.b.device=cpu", "presets.beach.presets.b.device is chosen at the start"),
        ("beach=3", "presets.beach: this is a table of settings"),
        ("a b.device=cpu", "presets.a b: a preset's name is 1 to 24 letters, digits, - and _"),
        ("ä.device=cpu", "presets.ä: a preset's name is"),
        (f"{'x' * 25}.device=cpu", f"presets.{'x' * 25}: a preset's name is"),
    ],
)
def test_what_is_wrong_in_a_preset_is_located(preset: str, message: str | None) -> None:
    patches = [assignment(f"presets.{preset}")]
    if message is None:
        load(patches=patches)
        return
    with pytest.raises(SettingsError) as caught:
        load(patches=patches)
    assert caught.value.message.startswith(message)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("effect.blur.dim = 2", "effect.blur.dim: Input should be less than or equal to 1 (at line 4, column 13)"),
        ("source.loop = true", "source.loop is chosen at the start (at line 4, column 8)"),
        ("matte.smoth = 0.5", "matte.smoth: there is no such setting (at line 4, column 7)"),
    ],
)
def test_one_that_is_wrong_is_left_out_and_told_where_it_is_asked_for(
    content: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "livecut.toml"
    file.write_text(f"[presets.good]\ndevice = 'cpu'\n[presets.a]\n{content}\n[presets.b]\n")
    for asked in (None, "good"):
        begun = start(preset=asked, file=file)
        assert list(begun.base.presets) == list(begun.settings.presets) == ["good", "b"]
        assert {name: error.message for name, error in begun.broken.items()} == {"a": f"{file}: presets.a.{message}"}
    for more in ({"preset": "a"}, {"patches": [assignment("presets.a.matte.stride=2")]}):
        with pytest.raises(SettingsError) as caught:
            start(file=file, **more)
        assert caught.value.message == f"{file}: presets.a.{message}"


@pytest.mark.parametrize("content", ["a = 3", "'a b' = {}", "a = { effect = 'blur' }", "a.effect.bokeh.blades = 'six'"])
def test_whatever_is_wrong_with_one_the_rest_of_its_file_counts(content: str, tmp_path: Path) -> None:
    file = tmp_path / "livecut.toml"
    file.write_text(f"device = 'cpu'\n[presets]\n{content}\n[presets.b]\n")
    begun = start(file=file)
    assert (begun.base.device, list(begun.base.presets), len(begun.broken)) == ("cpu", ["b"], 1)
    (error,) = begun.broken.values()
    assert error.message.startswith(f"{file}: presets.a")
    assert "(at line 3, column " in error.message


def test_a_later_layer_may_mend_it_and_the_error_is_told_of_the_layer_that_brings_it(tmp_path: Path) -> None:
    file = tmp_path / "livecut.toml"
    file.write_text("[presets.a]\nmatte.stride = 99\n[presets.b]\n")
    assert start(file=file, environ={"LIVECUT_PRESETS__A__MATTE__STRIDE": "3"}).broken == {}
    broken = start(file=file, environ={"LIVECUT_PRESETS__B__MATTE__STRIDE": "99"}).broken
    assert [error.message.partition(": ")[0] for error in broken.values()] == [str(file), "environment"]


def test_what_else_is_wrong_is_told_of_what_the_preset_itself_says(tmp_path: Path) -> None:
    """Names of effects are known above: `check` tells of them."""
    file = tmp_path / "livecut.toml"
    file.write_text("effect.split.after = 'x'\n[presets.a]\neffect.name = 'blurr'\n[presets.b]\ndevice = 'cpu'\n")

    def check(settings: Settings) -> list[tuple[str, SettingsError]]:
        found = {"effect.name": settings.effect.name, "effect.split.after": settings.effect.split.after}
        return [(path, SettingsError(f"no {name}", hint="h")) for path, name in found.items() if name != "blur"]

    broken = start(file=file, check=check).broken
    assert [(name, error.message, error.hint) for name, error in broken.items()] == [
        ("a", f"{file}: presets.a.effect.name: no blurr (at line 3, column 8)", "h")
    ]


def test_what_a_preset_makes_of_the_rest_counts() -> None:
    """Each right by itself, wrong together: told before anybody chooses it in a call."""
    preset = assignment("presets.low.matte.curve_low=0.69")
    environ = {"LIVECUT_PRESETS__LOW__MATTE__CURVE_LOW": "0.69", "LIVECUT_MATTE__CURVE_HIGH": "0.6"}
    with pytest.raises(SettingsError, match=r"^environment: presets\.low\.matte: curve_low \(0\.69\) must be below"):
        start(environ=environ, preset="low")
    load(patches=[preset, assignment("matte.curve_high=0.7")])


@pytest.mark.parametrize(
    ("content", "hint"),
    [(FILE, "there are: meeting, normal, beach"), ("", "there are: none; one is a table [presets.NAME]")],
)
def test_a_name_that_is_none_is_told_with_those_that_are(content: str, hint: str, tmp_path: Path) -> None:
    file = tmp_path / "livecut.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match=r"^no preset named 'beech'$") as caught:
        start(preset="beech", file=file)
    assert caught.value.hint.startswith(hint)
    assert caught.value.exit_code == 2


def test_the_schema_tells_what_may_stand_in_a_preset() -> None:
    schema = Settings.model_json_schema()
    presets = schema["properties"]["presets"]
    one = presets["additionalProperties"]
    allowed = set()
    for table, told in one["properties"].items():
        if "$ref" in told:
            assert told["$ref"].removeprefix("#/$defs/") in schema["$defs"]
        some = told.get("propertyNames", {}).get("enum")
        allowed |= {table} if some is None else {f"{table}.{setting}" for setting in some}
    assert allowed == set(LIVE)
    assert one["additionalProperties"] is False
    assert presets["description"] and presets["propertyNames"]


def test_the_example_of_a_file_is_read_as_written(tmp_path: Path) -> None:
    file = tmp_path / "livecut.toml"
    file.write_text(FILE)
    assert list(from_file(file)["presets"]) == ["meeting", "normal", "beach"]
    laid = presets_over(load(file=file))
    assert [one.effect.name for one in laid.values()] == ["blur", "bokeh", "replace"]
    assert laid["beach"].effect.replace.background == "beach.jpg"
    laid = presets_over(load(file=file, root=rooted))
    assert laid["beach"].effect.replace.background == str(tmp_path / "beach.jpg")
