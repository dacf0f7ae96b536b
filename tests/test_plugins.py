"""Parts of other packages: what they raise is told as theirs."""

from __future__ import annotations

import inspect
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from livecut import plugins
from livecut.app.build import build_effect
from livecut.errors import LivecutError, PluginError, SettingsError
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Size

MODULE = """
class Glow:
    light = 1

    def __init__(self, *, size: object, strength: int = 1) -> None:
        if strength == 2:
            raise ZeroDivisionError
        if strength == 3:
            from livecut.errors import SettingsError
            raise SettingsError("strength is 1")
        self.strength = strength

NOTHING = 5
"""


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "glowing.py").write_text(MODULE)
    (tmp_path / "raising.py").write_text("raise RuntimeError('no licence')")
    info = tmp_path / "glow_effects-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: glow-effects\nVersion: 1.0\n")
    entries = "glow = glowing:Glow\nraising = raising:Glow\nnothing = glowing:NOTHING\nabsent = glowing:Absent\n"
    (info / "entry_points.txt").write_text(f"[livecut.effects]\n{entries}")
    monkeypatch.syspath_prepend(str(tmp_path))


def _settings(strength: int) -> Settings:
    return apply(Settings(), {"effect": {"plugin": {"glow": {"strength": strength}}}})


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("raising", "the effect 'raising' of glow-effects cannot be loaded: RuntimeError: no licence"),
        ("nothing", "the effect 'nothing' of glow-effects is not a factory"),
        ("absent", "the effect 'absent' of glow-effects cannot be loaded: AttributeError: "),
    ],
)
def test_what_does_not_load_names_its_package(name: str, message: str) -> None:
    with pytest.raises(PluginError) as caught:
        plugins.load("effects", name)
    assert caught.value.message.startswith(message)
    assert caught.value.hint


@pytest.mark.usefixtures("_installed")
def test_what_cannot_be_made_names_its_package() -> None:
    size = Size(4, 4)
    with pytest.raises(PluginError, match=r"^the effect 'glow' of glow-effects cannot be made: ZeroDivisionError$"):
        build_effect(_settings(2), size, "glow")
    with pytest.raises(LivecutError, match=r"^strength is 1$"):
        build_effect(_settings(3), size, "glow")
    assert vars(build_effect(_settings(7), size, "glow")) == {"strength": 7}


@pytest.mark.usefixtures("_installed")
def test_what_a_factory_takes_is_still_to_be_seen() -> None:
    assert list(inspect.signature(plugins.load("effects", "glow")).parameters) == ["size", "strength"]
    with pytest.raises(SettingsError, match=r"effect\.plugin\.glow: got an unexpected keyword argument 'other'"):
        build_effect(apply(Settings(), {"effect": {"plugin": {"glow": {"other": 1}}}}), Size(4, 4), "glow")


def test_what_goes_wrong_in_livecuts_own_is_no_plug_ins_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "livecut_broken.py").write_text("raise OSError(28, 'No space left on device')")
    monkeypatch.syspath_prepend(str(tmp_path))
    entry = EntryPoint("own", "livecut_broken:Own", "livecut.effects")

    class Own:
        name = "livecut"

    monkeypatch.setitem(vars(entry), "dist", Own())
    monkeypatch.setattr(plugins, "_found", lambda kind: {"own": entry})
    with pytest.raises(OSError, match="No space left"):
        plugins.load("effects", "own")


@pytest.mark.parametrize("name", ["non", "nne", "none ", "nOne", "None"])
def test_the_raw_picture_is_never_guessed(name: str) -> None:
    assert "mean none" not in plugins.unknown("effects", name).hint
    assert plugins.unknown("effects", name).meant != (name, "none")
