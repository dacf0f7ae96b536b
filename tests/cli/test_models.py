"""`livecut models` lists, describes, fetches and checks, in plain lines where nobody watches."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.graphs import spec_for
from support.webserver import body, serving, status
from typer.testing import CliRunner

from livecut.cli.models import app
from livecut.errors import ModelError
from livecut.inference import store

CONTENT = b"weights" * 5000


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of fetched networks, empty."""
    monkeypatch.setenv("LIVECUT_MODELS_DIR", str(tmp_path))
    return tmp_path


def _run(*arguments: str) -> str:
    """What the command prints; raises what it raises."""
    result = CliRunner().invoke(app, list(arguments), standalone_mode=False, catch_exceptions=False)
    if result.exception is not None:
        raise result.exception
    return result.output


def _known(monkeypatch: pytest.MonkeyPatch, url: str, **changes: Any) -> None:
    """Make a manifest of one network, to be had at `url`."""
    spec = spec_for(CONTENT, url=url, **changes)
    monkeypatch.setattr(store, "manifest", lambda: {spec.name: spec})


def test_the_list_has_a_line_for_each_network() -> None:
    head, *lines = _run("list").splitlines()
    assert head.split()[:6] == ["name", "task", "input", "size", "licence", "here"]
    assert [line.split()[0] for line in lines] == list(store.manifest())
    small = re.split(r"\s{2,}", next(line for line in lines if "joint-small" in line))
    assert small[1:3] == ["joint", "288x160"]
    assert small[4:6] == ["Apache-2.0", "yes"]
    rvm = next(line for line in lines if line.startswith("rvm "))
    assert "GPL-3.0" in rvm
    assert " no " in rvm


def test_the_list_is_not_wrapped_or_coloured_for_a_pipe() -> None:
    code = "from livecut.cli.models import app; app(['list'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert len(done.stdout.splitlines()) == 1 + len(store.manifest())
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_info_tells_where_a_network_comes_from() -> None:
    shown = _run("info", "rvm")
    spec = store.find("rvm")
    for fact in (spec.title, spec.url, spec.digest, spec.licence_note, str(spec.commit), "r1i from r1o"):
        assert fact in shown


def test_a_name_that_is_not_there_is_a_model_error() -> None:
    for command in ("info", "get", "verify"):
        with pytest.raises(ModelError, match=r"^no network named 'nothing'$"):
            _run(command, "nothing")


def test_get_shows_the_licence_before_it_fetches(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([body(CONTENT)]) as site:
        _known(monkeypatch, f"{site.url}/small.onnx", licence="GPL-3.0", licence_note="copyleft")
        shown = _run("get", "small")
    assert shown.splitlines() == ["small: GPL-3.0 (copyleft)", f"small: {models / 'small.onnx'}"]
    assert (models / "small.onnx").read_bytes() == CONTENT


def test_get_fetches_again_only_when_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([body(CONTENT)]) as site:
        _known(monkeypatch, f"{site.url}/small.onnx")
        _run("get", "small")
        _run("get", "small")
        assert len(site.requests) == 1
        _run("get", "small", "--force")
        assert len(site.requests) == 2


def test_get_says_that_a_shipped_network_is_there() -> None:
    assert _run("get", "livecut-joint-small") == "livecut-joint-small comes with livecut: nothing to fetch\n"


def test_one_unknown_name_stops_all_before_the_first_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([body(CONTENT)]) as site:
        _known(monkeypatch, f"{site.url}/small.onnx")
        with pytest.raises(ModelError, match=r"^no network named 'other'$"):
            _run("get", "small", "other")
        assert site.requests == []


def test_what_the_fetcher_raises_reaches_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([status(404)]) as site:
        _known(monkeypatch, f"{site.url}/small.onnx")
        with pytest.raises(ModelError, match=r"it answered 404 Not Found$"):
            _run("get", "small")


def test_verify_checks_what_is_here(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run("verify").splitlines() == [f"{spec.name}: ok" for spec in store.manifest().values() if spec.shipped]
    _known(monkeypatch, "https://example.org/small.onnx")
    assert _run("verify") == ""
    (models / "small.onnx").write_bytes(CONTENT)
    assert _run("verify") == "small: ok\n"


def test_verify_names_what_cannot_be_used(
    models: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _known(monkeypatch, "https://example.org/small.onnx")
    (models / "small.onnx").write_bytes(CONTENT[:-1])
    with pytest.raises(ModelError) as caught:
        app(["verify"], standalone_mode=False)
    assert capsys.readouterr().out == f"small: {models / 'small.onnx'} has 34999 bytes, not 35000\n"
    assert (caught.value.message, caught.value.exit_code) == ("1 of 1 networks cannot be used", 4)
    assert caught.value.hint == "livecut models get --force small"


def test_verify_wants_a_named_network_to_be_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ModelError, match=r"^1 of 1 networks cannot be used$"):
        app(["verify", "sinet"], standalone_mode=False)
    assert capsys.readouterr().out == "sinet: it has not been fetched\n"
