"""Exit codes, error lines and the speed of saying hello."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from livecut import __version__
from livecut.cli.program import run_program

MAIN = "from livecut.cli import main; main()"


@pytest.fixture(autouse=True)
def _own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["--version"]) == 0
    assert capsys.readouterr().out == f"livecut {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["run", "--effect", "blurr"], 2, "error: no effect named 'blurr'\n"),
        (["run", "--set", "effect.blur.radius=3"], 2, "error: effect.blur.radius: there is no such setting\n"),
        (["run", "--size", "big"], 2, "error: output.size: a size is written WxH, e.g. 1280x720\n"),
        (["run", "--config", "absent.toml"], 2, "error: absent.toml does not exist\n"),
        (["run", "--source", "absent.mp4"], 3, "error: source 'absent.mp4': no such file\n"),
        (["run", "--background", "absent.jpg"], 2, "error: the background absent.jpg is neither a colour nor a file\n"),
        (["run", "--model", "absent"], 4, "error: no network named 'absent'\n"),
        (
            ["run", "--device", "gpu"],
            2,
            "error: device: Input should be 'auto', 'cpu', 'cuda', 'directml' or 'coreml'\n",
        ),
        (["run", "--frames", "0"], 2, "error: Invalid value for '--frames'"),
        (["frobnicate"], 2, "error: No such command 'frobnicate'.\n"),
    ],
)
def test_what_is_wrong_is_one_line_and_an_exit_code(
    arguments: list[str], code: int, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ["--source", "demo", "--sink", "null"] if arguments[0] == "run" and "--source" not in arguments else []
    assert run_program([arguments[0], *run, *arguments[1:]]) == code
    # A status line may come before, on a machine that is slow to start.
    *_, said, hint = capsys.readouterr().err.splitlines()
    assert (said + "\n").startswith(error)
    assert hint.startswith("hint: ")


def test_it_runs_as_a_module_too() -> None:
    done = subprocess.run([sys.executable, "-m", "livecut", "frobnicate"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error: No such command 'frobnicate'.")


@pytest.mark.parametrize("command", [["settings"], ["models", "list"], ["keys", "list"], ["devices"]])
def test_every_command_prints_where_a_bug_is(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    for place in (
        "livecut.cli.flags.settings_from_flags",
        "livecut.cli.flags.start_from_flags",
        "livecut.inference.store.manifest",
        "livecut.sources.devices.cameras",
    ):
        monkeypatch.setattr(place, broken)
    assert run_program(command) == 1
    assert capsys.readouterr().err == "error: RuntimeError: broken\nhint: this is a bug in livecut; -v prints where\n"
    for arguments in (["-v", *command], [*command, "-v"], [*command, "--verbose"]):
        with pytest.raises(RuntimeError):
            run_program(arguments)


def test_groups_without_a_command_print_their_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program([]) == 2
    assert "run" in capsys.readouterr().out


def test_importing_livecut_loads_no_heavy_library() -> None:
    code = (
        "import sys, livecut, livecut.cli.program\n"
        "heavy = {'cv2', 'onnxruntime', 'numba', 'av', 'PIL', 'httpx', 'numpy', 'pydantic'} & set(sys.modules)\n"
        "print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_settings_prints_the_tree_and_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["settings", "--set", "effect.name=bokeh"]) == 0
    assert 'name = "bokeh"' in capsys.readouterr().out
    assert run_program(["settings", "--json-schema"]) == 0
    assert capsys.readouterr().out.startswith("{")


def test_the_tree_can_be_saved_and_read_whatever_the_systems_encoding(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAIN, "settings"]
    saved = subprocess.run(
        [*command, "--set", "layers.text.text=日本"],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        check=True,
    ).stdout
    (tmp_path / "saved.toml").write_bytes(saved)
    again = subprocess.run([*command, "--config", str(tmp_path / "saved.toml")], stdout=subprocess.PIPE, check=True)
    assert again.stdout == saved


def test_what_the_systems_encoding_lacks_ends_no_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "bench", "--help"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_whoever_has_read_enough_is_no_failure() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, "settings"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 0


@pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX")
@pytest.mark.parametrize(
    ("command", "code"), [("settings >&-", 0), ("models list >&-", 0), ("settings --config absent.toml 2>&-", 2)]
)
def test_closed_streams_are_no_failure(command: str, code: int) -> None:
    shell = ["sh", "-c", f'exec "$0" -c "$1" {command}', sys.executable, MAIN]
    done = subprocess.run(shell, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")


def test_a_config_file_is_read_and_its_errors_name_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.toml").write_text("[effect]\ncolour = 1\n")
    assert run_program(["settings", "--config", "mine.toml"]) == 2
    assert capsys.readouterr().err.startswith(
        "error: mine.toml: effect.colour: there is no such setting (at line 2, column 1)\nhint: "
    )


def test_an_effect_that_is_none_is_told_where_it_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.toml").write_text("[effect]\nname = 'blurr'\n")
    run = ["run", "--config", "mine.toml", "--source", "demo", "--sink", "null"]
    assert run_program(run) == 2
    assert capsys.readouterr().err.startswith(
        "error: mine.toml: effect.name: no effect named 'blurr' (at line 2, column 1)\nhint: did you mean blur? "
    )
    assert run_program([*run, "--effect", "bokhe"]) == 2
    assert capsys.readouterr().err.startswith("error: no effect named 'bokhe'\nhint: livecut run --config mine.toml ")


def test_whatever_the_users_file_is_like_other_commands_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "livecut").mkdir()
    (tmp_path / "livecut" / "livecut.toml").write_text("[effect")
    for command in (["--version"], ["run", "--help"], ["devices"], ["models", "list"], ["settings", "--json-schema"]):
        assert run_program(command) == 0
    assert capsys.readouterr().err == ""
    for command in (["settings"], ["doctor"], ["run"]):
        assert run_program(command) == 2
        error, hint = capsys.readouterr().err.splitlines()
        assert error.startswith(f"error: {tmp_path}/livecut/livecut.toml is not TOML: ")
        assert "livecut settings --defaults" in hint
    assert run_program(["settings", "--defaults"]) == 0
    assert 'name = "blur"' in capsys.readouterr().out
    assert run_program(["settings", "--defaults", "--set", "device=cpu"]) == 2


def test_a_missing_system_library_is_one_line_with_the_package(tmp_path: Path) -> None:
    (tmp_path / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from livecut.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "run", "--source", "demo", "--sink", "null"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    # The card is shown before OpenCV is read: on a slow machine a status line stands above.
    assert done.stderr.splitlines()[-2:] == [
        "error: OpenCV does not load: libGL.so.1: cannot open shared object file",
        "hint: sudo apt install libgl1 libglib2.0-0 (or your system's packages)",
    ]


def test_where_compiled_code_can_be_kept_nowhere_the_remedy_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locator(*_: object, **__: object) -> None:
        raise RuntimeError("cannot cache function '_outside': no locator available for file '/x/checks.py'")

    monkeypatch.setattr("livecut.app.opening.open_source", no_locator)
    assert run_program(["run", "--source", "demo", "--sink", "null"]) == 3
    *_, said, hint = capsys.readouterr().err.splitlines()
    assert (
        said
        == "error: compiled kernels can be kept nowhere: neither livecut's own folder nor a cache may be written to"
    )
    assert hint == "hint: name a folder that may be, in NUMBA_CACHE_DIR"


def test_a_recording_never_goes_over_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run_program(
            ["run", "--source", "demo", "--frames", "3", "--size", "64x36", "--sink", "a.mp4", "--effect", "none"]
        )
        == 0
    )
    before = Path("a.mp4").read_bytes()
    assert run_program(["run", "--source", "a.mp4", "--sink", "./a.mp4"]) == 2
    assert "error: ./a.mp4 is the source and would be overwritten\n" in capsys.readouterr().err
    assert Path("a.mp4").read_bytes() == before


def test_a_recording_never_goes_over_the_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("my.toml").write_text("[privacy]\n")
    Path("a.mp4").symlink_to("my.toml")
    assert run_program(["run", "--source", "demo", "--config", "my.toml", "--sink", "a.mp4"]) == 2
    assert "error: a.mp4 is the configuration and would be overwritten\n" in capsys.readouterr().err
    assert Path("my.toml").read_text() == "[privacy]\n"


def test_a_still_picture_into_a_file_is_one_frame(tmp_path: Path) -> None:
    assert (
        run_program(
            ["run", "--source", "demo", "--frames", "1", "--size", "64x36", "--sink", "in%d.png", "--effect", "none"]
        )
        == 0
    )
    assert run_program(["run", "--source", "in0.png", "--sink", "out/", "--set", "model.name=null"]) == 0
    assert len(list((tmp_path / "out").iterdir())) == 1
