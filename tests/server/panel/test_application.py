from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import numpy as np
import pytest

from livecut.app.session import Session
from livecut.errors import DeviceLost, RoomNotMeant
from livecut.pipeline.meter import Meter
from livecut.server.panel.panel import Panel
from livecut.server.panel.viewfinder import Viewfinder
from livecut.settings import Settings
from livecut.settings.live import shows_room
from livecut.settings.load import Patch, apply, preset_named, presets_over
from livecut.settings.services import PanelSettings
from livecut.types import Picture, Size

ASKED = [
    ("GET", "/api/form"),
    ("GET", "/api/state"),
    ("PATCH", "/api/settings"),
    ("PUT", "/api/preset"),
    ("PUT", "/api/privacy"),
    ("GET", "/api/picture"),
    ("GET", "/api/still"),
    ("POST", "/api/keep"),
]
PAGES = ["/", "/panel.css", "/panel.js", "/presets.js", "/form.js", "/ask.js", "/view.js"]


BASE = apply(
    Settings(),
    {
        "presets": {
            "meeting": {"effect": {"name": "green"}},
            "beach": {"effect": {"name": "replace", "replace": {"background": "#ff0000"}}, "matte": {"stride": 2}},
            "open": {"effect": {"name": "none"}},
        }
    },
)


class _Filter:
    """What the panel sees of a session."""

    source_name, label, quality, size = "demo", "net on CPU", "", Size(64, 36)

    def __init__(self) -> None:
        self.settings = BASE
        self.presets = presets_over(BASE)
        self.preset = ""
        self.begun = threading.Event()
        self.begun.set()
        self.is_private = self.is_starting = False
        self.snapshots = SimpleNamespace(take=self._take)
        self.still: Any = np.full((36, 64, 3), 90, np.uint8)
        self._meter = Meter()

    def apply(self, patch: Patch, *, reveal: bool = True) -> None:
        self._change(apply(self.settings, patch), reveal)

    def apply_preset(self, name: str, *, reveal: bool = True) -> None:
        preset_named(name, self.settings)
        self._change(self.presets[name], reveal)
        self.preset = name

    def _change(self, settings: Settings, reveal: bool) -> None:
        if not reveal and shows_room(settings) and not shows_room(self.settings):
            raise RoomNotMeant("this shows the raw picture")
        self.settings = settings

    def set_privacy(self, on: bool) -> None:
        self.is_private = on

    def status(self) -> Any:
        return self._meter.snapshot()

    def _take(self) -> Any:
        if self.still is None:
            raise DeviceLost("no picture came", hint="try again")
        return self.still


@pytest.fixture
def running() -> _Filter:
    return _Filter()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "livecut.toml"
    monkeypatch.setattr("livecut.server.panel.application.user_file", lambda: file)
    return file


@pytest.fixture
def panel(running: _Filter, file: Path) -> Iterator[Panel]:
    with Panel(PanelSettings()) as panel:
        panel.serve(cast(Session, running))
        yield panel


@pytest.fixture
def viewfinder(panel: Panel) -> Viewfinder:
    return panel.viewfinder


@pytest.fixture
def token(panel: Panel) -> str:
    return panel.url.partition("#")[2]


@pytest.fixture
def client(panel: Panel, token: str) -> Iterator[httpx.Client]:
    base = panel.url.partition("/#")[0]
    with httpx.Client(
        base_url=base, headers={"authorization": f"Bearer {token}"}, timeout=60, trust_env=False
    ) as client:
        yield client


def _change(client: httpx.Client, path: str, value: Any, **more: Any) -> Any:
    patch = value
    for key in reversed(path.split(".")):
        patch = {key: patch}
    return client.patch("/api/settings", json={"patch": patch, **more})


@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer TOKE", "bearer TOKEN", "Basic TOKEN", "TOKEN", "Bearer é"]
)
def test_without_the_token_there_is_nothing(
    client: httpx.Client, running: _Filter, token: str, given: str | None
) -> None:
    client.headers.pop("authorization")
    if given is not None:
        said = given.replace("TOKEN", token).replace("TOKE", token[:-1])
        client.headers = httpx.Headers([(b"authorization", said.encode())])
    _asks_everything_in_vain(client, running, 401)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "livecut.example:8123"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_a_page_elsewhere_gets_nothing_even_with_it(
    client: httpx.Client, running: _Filter, headers: dict[str, str]
) -> None:
    client.headers.update(headers)
    _asks_everything_in_vain(client, running, 403)


def _asks_everything_in_vain(client: httpx.Client, running: _Filter, status: int) -> None:
    for method, path in ASKED:
        answer = client.request(method, path, json={"on": True, "patch": {"device": "cpu"}, "name": "beach"})
        assert answer.status_code == status, path
    assert not running.is_private
    assert running.settings == BASE


def test_the_page_is_anybodys_and_loads_nothing_from_elsewhere(client: httpx.Client, token: str) -> None:
    client.headers.pop("authorization")
    for path in PAGES:
        answer = client.get(path)
        assert answer.status_code == 200
        assert token not in answer.text
        assert "://" not in answer.text
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"


def test_headers_go_with_refusals_too(client: httpx.Client) -> None:
    for answer in (client.get("/api/none"), client.get("/", headers={"host": "elsewhere.example"})):
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_change_is_applied_and_told(client: httpx.Client, running: _Filter) -> None:
    answer = _change(client, "effect.blur.radius_px", 40)
    assert answer.json()["values"]["effect.blur.radius_px"] == 40.0
    assert answer.json()["unkept"]
    assert running.settings.effect.blur.radius_px == 40.0


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("effect.blur.radius_px", 1, "effect.blur.radius_px"),
        ("effect.blur.nothing", 1, "no such setting"),
        ("source.input", "/etc/passwd", "at the start"),
        ("output.sinks", ["out.mp4"], "at the start"),
        ("remote.allow", True, "at the start"),
    ],
)
def test_a_change_that_is_refused_changes_nothing(
    client: httpx.Client, running: _Filter, path: str, value: Any, said: str
) -> None:
    answer = _change(client, path, value)
    assert answer.status_code == 422
    assert said in answer.json()["message"]
    assert running.settings == BASE
    assert not client.get("/api/state").json()["unkept"]


def test_outputs_are_named_without_their_keys(client: httpx.Client, running: _Filter) -> None:
    running.settings = apply(Settings(), {"output": {"sinks": ["null", "rtmp://live/app/hunter2"]}})
    assert client.get("/api/state").json()["outputs"] == ["null", "rtmp://live/..."]


@pytest.mark.parametrize(
    "patch", [{"effect": {"name": "none"}}, {"effect": {"name": "split", "split": {"after": "none"}}}]
)
def test_the_raw_picture_comes_only_where_it_is_meant(client: httpx.Client, running: _Filter, patch: Patch) -> None:
    answer = client.patch("/api/settings", json={"patch": patch})
    assert (answer.status_code, answer.json()["raw"]) == (409, True)
    assert client.patch("/api/settings", json={"patch": patch, "raw": "yes"}).status_code == 409
    assert running.settings == BASE
    answer = client.patch("/api/settings", json={"patch": patch, "raw": True})
    assert answer.json()["room"]
    # Once it is shown, other changes need no second word.
    assert _change(client, "output.mirror", True).status_code == 200


def test_nor_by_two_changes_at_once_that_each_hide_it(
    client: httpx.Client, running: _Filter, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied = running.apply
    begun, other = threading.Event(), threading.Event()

    def slow(patch: Patch, *, reveal: bool) -> None:
        if begun.is_set():
            other.set()
        begun.set()
        other.wait(0.3)  # a plan is built
        applied(patch, reveal=reveal)

    monkeypatch.setattr(running, "apply", slow)
    first = threading.Thread(target=_change, args=(client, "effect.name", "split"))
    first.start()
    assert begun.wait(60)
    assert _change(client, "effect.split.before", "none").status_code == 409
    first.join()
    assert running.settings.effect.split.before == "matte"


def test_the_raw_picture_is_not_kept(client: httpx.Client, file: Path) -> None:
    _change(client, "effect.name", "none", raw=True)
    assert client.post("/api/keep").status_code == 422
    assert not file.exists()
    _change(client, "effect.name", "green")
    assert client.post("/api/keep").status_code == 200
    assert file.read_text() == '[effect]\nname = "green"\n'


def test_a_preset_is_chosen_and_told(client: httpx.Client, running: _Filter) -> None:
    presets = client.get("/api/form").json()["presets"]
    assert [(one["name"], one["raw"]) for one in presets] == [("meeting", False), ("beach", False), ("open", True)]
    assert client.get("/api/state").json()["preset"] == ""
    state = client.put("/api/preset", json={"name": "beach"}).json()
    assert (state["preset"], state["values"]["effect.replace.background"]) == ("beach", "#ff0000")
    assert running.settings.matte.stride == 2


@pytest.mark.parametrize("body", [{}, {"name": 3}, {"name": "beech"}, {"name": "Beach"}, [], {"name": None}])
def test_what_is_no_preset_changes_nothing(client: httpx.Client, running: _Filter, body: Any) -> None:
    answer = client.put("/api/preset", json=body)
    assert answer.status_code == 422
    assert answer.json()["message"]
    assert running.settings == BASE


def test_a_preset_of_the_raw_picture_has_to_be_meant(client: httpx.Client, running: _Filter) -> None:
    for body in ({"name": "open"}, {"name": "open", "raw": "yes"}, {"name": "open", "raw": False}):
        answer = client.put("/api/preset", json=body)
        assert (answer.status_code, answer.json()["raw"]) == (409, True)
    assert running.settings == BASE
    assert client.put("/api/preset", json={"name": "open", "raw": True}).json()["room"]


def test_a_preset_can_be_kept_and_what_it_undid_is_not(client: httpx.Client, running: _Filter, file: Path) -> None:
    file.write_text("# mine\n[presets.beach]\neffect.name = 'replace' # by the sea\n")
    _change(client, "effect.blur.radius_px", 60)
    _change(client, "output.mirror", True)
    running.settings = BASE  # as a key of the window does, which the panel is not told of
    assert not client.get("/api/state").json()["unkept"]
    assert client.put("/api/preset", json={"name": "beach"}).json()["unkept"]
    _change(client, "matte.stride", 3)
    assert not client.post("/api/keep").json()["unkept"]
    assert file.read_text() == (
        "# mine\n[presets.beach]\neffect.name = 'replace' # by the sea\n\n"
        '[effect]\nname = "replace"\n\n[effect.replace]\nbackground = "#ff0000"\n\n[matte]\nstride = 3\n'
    )


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"patch": 3}', b'{"patch": []}', b"[" * 5000, b'{"a": "' + b"x" * (1 << 16) + b'"}']
)
def test_a_body_that_is_no_change(client: httpx.Client, running: _Filter, body: bytes) -> None:
    answer = client.patch("/api/settings", content=body)
    assert answer.status_code == 422
    assert answer.json()["message"]
    assert running.settings == BASE


def test_the_privacy_switch(client: httpx.Client, running: _Filter) -> None:
    assert client.put("/api/privacy", json={"on": True}).json()["private"]
    assert running.is_private
    assert client.put("/api/privacy", json={"on": "no"}).status_code == 422
    assert running.is_private
    assert not client.put("/api/privacy", json={"on": False}).json()["private"]


def test_pictures_come_as_they_are_written(client: httpx.Client, viewfinder: Viewfinder) -> None:
    picture = Picture(np.zeros((36, 64, 3), np.uint8), None, 1, 0)
    done = threading.Event()

    def write() -> None:
        while not done.wait(0.005):
            viewfinder.write(picture)

    writing = threading.Thread(target=write)
    writing.start()
    answer = client.get("/api/picture")
    done.set()
    writing.join()
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content[:2] == b"\xff\xd8"
    viewfinder.close()
    assert client.get("/api/picture").status_code == 204


def test_a_still_or_why_there_is_none(client: httpx.Client, running: _Filter) -> None:
    answer = client.get("/api/still")
    assert answer.content[:4] == b"\x89PNG"
    running.still = None
    answer = client.get("/api/still")
    assert (answer.status_code, answer.json()) == (422, {"message": "no picture came", "hint": "try again"})


def test_changes_are_kept_in_the_users_file(client: httpx.Client, file: Path) -> None:
    file.write_text("# mine\n[matte]\nsmooth = 0.5\n")
    _change(client, "effect.name", "bokeh")
    _change(client, "effect.bokeh.aperture", 1.5)
    _change(client, "effect.bokeh.aperture", 2.0)
    answer = client.post("/api/keep").json()
    assert (answer["unkept"], answer["file"]) == (False, str(file))
    kept = '# mine\n[matte]\nsmooth = 0.5\n\n[effect]\nname = "bokeh"\n\n[effect.bokeh]\naperture = 2.0\n'
    assert file.read_text() == kept


def test_a_file_that_cannot_be_read_keeps_the_changes_waiting(client: httpx.Client, file: Path) -> None:
    file.write_text("effect = ")
    _change(client, "output.mirror", True)
    assert client.post("/api/keep").status_code == 422
    assert client.get("/api/state").json()["unkept"]
    file.unlink()
    assert client.post("/api/keep").status_code == 200


def test_the_form_has_the_names_that_there_are(client: httpx.Client) -> None:
    rows = {row["path"]: row for row in client.get("/api/form").json()["fields"]}
    assert {"blur", "bokeh", "none"} <= set(rows["effect.name"]["suggestions"])
    assert "livecut-joint-small" in rows["model.name"]["suggestions"]
    assert not any("upright" in name for name in rows["model.name"]["suggestions"])
    assert rows["effect.blur.dim"]["suggestions"] == []
