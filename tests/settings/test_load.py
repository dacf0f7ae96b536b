"""Layers win in order, unknown keys are refused, and every error says where it stands."""

from __future__ import annotations

import os
import threading
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.errors import SettingsError
from livecut.settings import Settings
from livecut.settings.load import apply, assignment, from_environment, from_file, load, nested
from livecut.types import Size


def test_later_layers_win(tmp_path: Path) -> None:
    user, named = tmp_path / "user.toml", tmp_path / "named.toml"
    user.write_text('effect.name = "bokeh"\noutput.fps = 15\n[effect.blur]\nradius_px = 13\n')
    named.write_text("output.fps = 20\n[effect.blur]\nradius_px = 14\n")
    environ = {"LIVECUT_EFFECT__BLUR__RADIUS_PX": "15", "PATH": "/bin", "LIVECUT_MODELS_DIR": "/models"}
    settings = load(user=user, file=named, environ=environ, patches=[assignment("effect.blur.radius_px=16")])
    assert settings.effect.name == "bokeh"
    assert settings.output.fps == 20
    assert settings.effect.blur.radius_px == 16
    assert load(user=user, file=named, environ=environ).effect.blur.radius_px == 15


def test_the_default_never_shows_the_room() -> None:
    settings = Settings()
    assert (settings.source.input, settings.effect.name, settings.output.sinks) == ("0", "blur", ("virtualcam",))


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ("efect.name=blur", "efect: there is no such setting"),
        ("effect.blur.radius=3", "effect.blur.radius: there is no such setting"),
        ("effect.blur.radius_px=-1", "effect.blur.radius_px: Input should be greater than or equal to 12"),
        ("effect.blur.radius_px=nan", "effect.blur.radius_px: Input should be a finite number"),
        ("output.size=big", "output.size: a size is written WxH, e.g. 1280x720"),
        ("output.size=0x720", "output.size: a side is between 1 and 16384 pixels"),
        ("output.size=[[1],2]", "output.size: a side is a whole number of pixels"),
        ("output.size=[inf,1]", "output.size: a side is a whole number of pixels"),
        ("output.size=[1280.9,720]", "output.size: a side is a whole number of pixels"),
        ("output.size=[true,720]", "output.size: a side is a whole number of pixels"),
        ("output.size=[720]", "output.size: a size is written WxH, e.g. 1280x720"),
        ("output.size={}", "output.size: a size is written WxH, e.g. 1280x720"),
        ("effect=blur", "effect: this is a table of settings, for example effect.name"),
        ("effect.blur=3", "effect.blur: this is a table of settings, for example effect.blur.radius_px"),
        ("layers=[]", "layers: this is a table of settings, for example layers.image.corner"),
        ("effect.plugin=x", "effect.plugin: this is a table of settings"),
        ("effect.plugin.mine=3", "effect.plugin.mine: this is a table of settings"),
        ("output.sinks=null", 'output.sinks: this is a list, written as ["one", "another"]'),
        ("output.sinks={}", 'output.sinks: this is a list, written as ["one", "another"]'),
        ("source.input=[0]", 'source.input: this is a text, written as "text"'),
        ("output.sinks=[0]", 'output.sinks.0: this is a text, written as "text"'),
        ("device=gpu", "device: Input should be 'auto', 'cpu', 'cuda', 'directml' or 'coreml'"),
    ],
)
def test_a_wrong_value_is_located(patch: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(patches=[assignment(patch)])
    assert caught.value.message == message
    assert caught.value.hint.endswith("`livecut settings` prints every setting with its bounds")


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("efect.name", "effect"),
        ("effect.blur.radius", "effect.blur.radius_px"),
        ("effect.blades_turned_deg", "effect.bokeh.blades_turned_deg"),
        ("effect.replace.backgroud", "effect.replace.background"),
        ("presets.sea.effect.replace.backgroud", "presets.sea.effect.replace.background"),
        ("effect.colour", ""),
        ("zzz", ""),
    ],
)
def test_the_setting_that_was_likely_meant_is_told(path: str, meant: str) -> None:
    with pytest.raises(SettingsError, match=r"there is no such setting$") as caught:
        load(patches=[nested(path, 1)])
    before = f"did you mean {meant}? " if meant else ""
    assert caught.value.hint == f"{before}`livecut settings` prints every setting with its bounds"


def test_a_file_is_named_in_its_errors(tmp_path: Path) -> None:
    file = tmp_path / "livecut.toml"
    file.write_text("[effect]\nnmae = 'blur'\n")
    with pytest.raises(SettingsError) as caught:
        load(file=file)
    assert caught.value.message == f"{file}: effect.nmae: there is no such setting (at line 2, column 1)"
    file.write_text("[effect]\nname = blur\n")
    with pytest.raises(SettingsError, match=r"livecut\.toml is not TOML: .*\(at line 2, column 8\)$") as caught:
        load(file=file)
    assert caught.value.hint
    file.write_bytes(b"[effect]\n# gr\xfcn\n")
    with pytest.raises(SettingsError, match=r"livecut\.toml is not TOML: line 2 is not UTF-8$") as caught:
        load(file=file)
    assert caught.value.hint
    with pytest.raises(SettingsError, match="does not exist"):
        from_file(tmp_path / "absent.toml")
    with pytest.raises(SettingsError, match="cannot be read"):
        from_file(tmp_path)


def test_environment_errors_say_so() -> None:
    with pytest.raises(SettingsError, match=r"^environment: effect: this is a table of settings, .* effect\.name$"):
        load(environ={"LIVECUT_EFFECT": "blur"})
    with pytest.raises(SettingsError, match=r"^environment: nonsense: there is no such setting$"):
        load(environ={"LIVECUT_NONSENSE": "1"})


@pytest.mark.parametrize("text", ["effect.name", ".=1", "effect..name=blur"])
def test_what_is_no_assignment_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        assignment(text)


def test_values_may_be_toml() -> None:
    assert assignment('output.sinks=["null", "out.mp4"]') == {"output": {"sinks": ["null", "out.mp4"]}}
    assert assignment("source.input=0") == {"source": {"input": "0"}}
    assert assignment("privacy.card_text='a = b'") == {"privacy": {"card_text": "a = b"}}
    with pytest.raises(SettingsError, match="not a TOML value"):
        assignment("output.sinks=[")


def test_a_value_that_is_wrong_is_not_quoted() -> None:
    with pytest.raises(SettingsError) as caught:
        load(environ={"LIVECUT_REMOTE__API4AI_KEY": '"sesame'})
    assert caught.value.message.startswith("LIVECUT_REMOTE__API4AI_KEY (remote.api4ai_key): not a TOML value")
    with pytest.raises(SettingsError, match=r"^remote\.clipdrop_key: not a TOML value") as second:
        assignment("remote.clipdrop_key='sesame")
    with pytest.raises(SettingsError, match=r"^environment: remote\.clipdrop_key: ") as third:
        load(environ={"LIVECUT_REMOTE__CLIPDROP_KEY": "['sesame']"})
    for one in (caught, second, third):
        told = "".join(traceback.format_exception(one.value)[-1:]) + one.value.hint + str(one.value.__cause__)
        assert "sesame" not in told


def test_of_flags_what_they_make_together_counts() -> None:
    texts = ("matte.curve_low=0.6", "matte.curve_high=0.55", "matte.curve_low=0.3")
    matte = load(patches=map(assignment, texts)).matte
    assert (matte.curve_low, matte.curve_high) == (0.3, 0.55)
    with pytest.raises(SettingsError) as caught:
        load(patches=[assignment("effect.name=bokeh"), assignment("effect.blur.radius_px=1"), assignment("device=gpu")])
    assert caught.value.message.startswith("effect.blur.radius_px: Input should be")
    assert "; device: Input should be" in caught.value.message
    assert "name" not in caught.value.message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_pipe_is_read_and_one_that_nobody_writes_into_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text("output.fps = 20\r\n"), daemon=True)
    writer.start()
    assert from_file(pipe) == {"output": {"fps": 20}}
    writer.join(10)
    monkeypatch.setattr("livecut.files.PATIENCE_S", 0.1)
    with pytest.raises(SettingsError, match=r"pipe cannot be read: nobody writes into this pipe$"):
        from_file(pipe)


def test_a_file_may_begin_with_a_mark(tmp_path: Path) -> None:
    file = tmp_path / "livecut.toml"
    file.write_bytes("\ufeff[effect]\nname = 'bokeh'\n".encode())
    assert load(file=file).effect.name == "bokeh"


def test_a_folder_that_may_not_be_looked_into(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def forbidden(self: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", forbidden)
    with pytest.raises(SettingsError) as caught:
        load(user=tmp_path / "livecut.toml")
    assert caught.value.message == f"{tmp_path / 'livecut.toml'} cannot be read: Permission denied"


@given(st.integers(1, 16384), st.integers(1, 16384))
def test_sizes_survive_being_written_and_read(width: int, height: int) -> None:
    settings = load(patches=[nested("output.size", f"{width}x{height}")])
    assert settings.output.size == Size(width, height)
    assert Settings.model_validate_json(settings.model_dump_json()) == settings


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=5), st.integers())
def test_nested_puts_the_value_at_the_path(keys: list[str], value: int) -> None:
    patch: object = nested(".".join(keys), value)
    for key in keys:
        assert isinstance(patch, dict)
        patch = patch[key]
    assert patch == value


def test_a_refused_patch_changes_nothing_and_a_good_one_leaves_the_old_tree() -> None:
    before = load(patches=[assignment("effect.name=bokeh")])
    with pytest.raises(SettingsError):
        apply(before, assignment("effect.bokeh.aperture=-1"))
    after = apply(before, assignment("effect.bokeh.aperture=2"))
    assert (before.effect.bokeh.aperture, after.effect.bokeh.aperture) == (0.8, 2.0)
    assert after.effect.name == "bokeh"


def test_two_variables_of_one_table_are_both_kept() -> None:
    environ = {"LIVECUT_EFFECT__NAME": "bokeh", "LIVECUT_EFFECT__BOKEH__FOCUS": "point"}
    assert from_environment(environ) == {"effect": {"name": "bokeh", "bokeh": {"focus": "point"}}}
