"""What settings name that there is not is told before anything is opened: an error where it counts, else a warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from livecut import plugins
from livecut.app.build import build_effect
from livecut.app.mistakes import mistakes, refuse_mistakes, refuse_start
from livecut.app.session import Session
from livecut.errors import LivecutError, SettingsError
from livecut.protocols import Need
from livecut.settings import Settings
from livecut.settings.load import Patch, apply, assignment, merged, presets_over
from livecut.settings.sections import EffectSettings
from livecut.types import Size

GOOD = ["red", "#102030", "beach.jpg", "camera:1", "camera:My other", "screen", "screen:2", "."]


def _patch(*assignments: str) -> Patch:
    patch: Patch = {}
    for text in assignments:
        patch = merged(patch, assignment(text))
    return patch


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "beach.jpg").touch()
    monkeypatch.setattr("livecut.sources.devices.cameras", lambda: ())


@pytest.mark.parametrize(
    ("set_", "error", "in_use"),
    [
        ("model.name=sinett", "no network named 'sinett'", "effect.name=blur"),
        ("model.depth=rvmm", "no network named 'rvmm'", "effect.name=bokeh"),
        ("effect.name=blurr", "no effect named 'blurr'", None),
        ("effect.split.before=blurr", "no effect named 'blurr'", "effect.name=split"),
        ("effect.split.after=blurr", "no effect named 'blurr'", "effect.name=split"),
        (
            "effect.replace.background=beech.jpg",
            "the background beech.jpg is neither a colour nor a file",
            "effect.name=replace",
        ),
        (
            "effect.replace.background=gren",
            "the background gren is neither a colour nor a file",
            "effect={name='split',split={before='replace'}}",
        ),
        (
            "effect.replace.background=0",
            "the background 0 is neither a colour nor a file",
            "effect.name=replace",
        ),
        (
            "effect.replace.background=camera:0",
            "the background camera:0 is the source itself: your room would stand there as it is",
            "effect.name=replace",
        ),
        (
            "layers.text.font=fonts/none.ttf",
            "layers.text.font: fonts/none.ttf cannot be read as a font",
            "layers.text.text=hi",
        ),
        (
            "layers.clock.font=fonts/none.ttf",
            "layers.clock.font: fonts/none.ttf cannot be read as a font",
            "layers.clock.show=true",
        ),
        ("layers.image.path=none.png", "layers.image.path: none.png: no such file", None),
    ],
)
def test_it_is_refused_where_it_is_typed_and_at_the_start_where_it_counts(
    set_: str, error: str, in_use: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    raw = _patch("effect.name=none")
    settings = apply(Settings(), merged(raw, _patch(set_)))
    (found,) = mistakes(settings)
    assert (found.path, found.error.message) == (set_.partition("=")[0], error)
    assert found.error.hint
    assert found.error.exit_code == (4 if "network" in error else 2)
    with pytest.raises(LivecutError) as caught:
        refuse_mistakes(_patch(set_), settings)
    assert caught.value.message == error
    refuse_mistakes(_patch("output.mirror=true"), settings)  # who did not say it is not told
    if in_use is not None:
        refuse_start(settings, {})
        assert caplog.messages == [f"{found.path}: {error.removeprefix(f'{found.path}: ')}"]
        settings = apply(settings, _patch(in_use))
    with pytest.raises(LivecutError) as caught:
        refuse_start(settings, {})
    assert caught.value.message == error


@pytest.mark.parametrize(
    ("name", "error", "hint"),
    [
        ("embos", "there is no plug-in of that name", "did you mean emboss? there are: emboss"),
        ("absent", "there is no plug-in of that name", "there are: emboss"),
        ("blur", "blur is no plug-in", "its settings are those of effect.blur"),
        ("none", "none is no plug-in", "it has no settings"),
    ],
)
def test_a_table_for_no_plug_in_is_refused_where_it_is_typed_and_told_at_the_start(
    name: str, error: str, hint: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    there = plugins.names("effects")
    monkeypatch.setattr(plugins, "names", lambda kind: (*there, "emboss") if kind == "effects" else ())
    typed = _patch(f"effect.plugin.{name}.strength=3", "effect.plugin.emboss.strength=3")
    settings = apply(Settings(), typed)
    with pytest.raises(SettingsError) as caught:
        refuse_mistakes(typed, settings)
    assert (caught.value.message, caught.value.hint) == (f"effect.plugin.{name}: {error}", hint)
    refuse_mistakes(_patch("output.mirror=true", "effect.plugin.emboss.strength=4"), settings)
    refuse_start(settings, {"sea": settings})
    assert caplog.messages == [f"effect.plugin.{name}: {error}"]


@pytest.mark.parametrize("background", GOOD)
def test_what_may_be_had_is_no_mistake(background: str) -> None:
    assert list(mistakes(apply(Settings(), _patch(f"effect.replace.background={background}")))) == []
    assert list(mistakes(apply(Settings(), _patch("layers.text.font=DejaVuSans.ttf")))) == []
    assert list(mistakes(apply(Settings(), _patch("model.name=null", "model.depth=tcmonodepth-small")))) == []


@pytest.mark.parametrize("name", sorted(set(EffectSettings.model_fields) - {"name", "plugin", "split"} | {"none"}))
def test_a_network_is_in_use_where_an_effect_needs_one(name: str) -> None:
    """What the effects themselves say, whose libraries are not loaded for this."""
    needs = build_effect(Settings(), Size(64, 36), name).needs
    settings = apply(Settings(), _patch(f"effect.name={name}", "model.name=absent", "model.depth=absent"))
    counts = {mistake.path: mistake.counts for mistake in mistakes(settings)}
    assert counts == {"model.name": Need.MATTE in needs, "model.depth": Need.DEPTH in needs}
    settings = apply(Settings(), _patch(f"effect.name={name}", "model.name=absent"))
    assert [mistake.counts for mistake in mistakes(settings)] == [bool(needs)]


@pytest.mark.parametrize(
    ("settings", "matte", "depth"),
    [
        (("matte.keep=near",), True, True),
        (("effect.name=depth", "effect.depth.person_only=true"), True, True),
        (("effect.name=none", "layers.text.text=hi", "layers.text.behind=true"), True, False),
        (("effect.name=none", "layers.text.text=", "layers.text.behind=true"), False, False),
        (("effect.name=none", "layers.clock.show=true", "layers.clock.behind=true"), True, False),
        (("effect.name=none", "layers.image.path=beach.jpg", "layers.image.behind=true"), True, False),
        (("effect.name=none", "look.framing.follow=true"), True, False),
        (("effect.name=none", "look.framing.follow=true", "matte.keep=near"), True, True),
        (("effect.name=none", "matte.keep=near"), False, False),
    ],
)
def test_a_network_is_in_use_where_anything_else_needs_one(settings: tuple[str, ...], matte: bool, depth: bool) -> None:
    laid = apply(Settings(), _patch(*settings, "model.name=absent", "model.depth=absent"))
    counts = {mistake.path: mistake.counts for mistake in mistakes(laid)}
    assert counts == {"model.name": matte, "model.depth": depth}


def test_a_file_that_a_preset_lacks_is_told_once_and_the_preset_stays(caplog: pytest.LogCaptureFixture) -> None:
    patch = _patch(
        "effect.replace.background=gone.jpg",
        "presets.a.effect.name=replace",
        "presets.b.effect.replace.background=beech.jpg",
    )
    settings = apply(Settings(), patch)
    refuse_start(settings, presets_over(settings))
    assert caplog.messages == [
        "effect.replace.background: the background gone.jpg is neither a colour nor a file",
        "presets.b.effect.replace.background: the background beech.jpg is neither a colour nor a file",
    ]


@pytest.mark.parametrize(
    ("patch", "error"),
    [
        (["output.sinks=['cam']"], "there is no sink 'cam'"),
        (["model.name=absent"], "no network named 'absent'"),
        (["effect.name=blurr"], "no effect named 'blurr'"),
        (["effect.name=replace", "effect.replace.background=gone.jpg"], "the background gone.jpg is neither"),
    ],
)
def test_no_camera_is_opened_for_what_cannot_be(patch: list[str], error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("livecut.app.opening.open_source", lambda name, **_: opened.append(name))
    with pytest.raises(LivecutError, match=f"^{error}") as caught:
        Session(apply(Settings(), _patch(*patch)))
    assert (caught.value.exit_code, opened) == (4 if "network" in error else 2, [])
