"""Reads the captured messages under fixtures/."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from livecut.wire.form import Form, Upload

Bytes: TypeAlias = bytes
FIXTURES = Path(__file__).parent / "fixtures"


class Fixtures:
    """The captured messages of both contracts."""

    def bytes(self, name: str) -> Bytes:
        return (FIXTURES / name).read_bytes()

    def json(self, name: str) -> Any:
        return json.loads(self.bytes(name))

    def form(self, name: str) -> Form:
        """The form a request fixture describes."""
        return tuple((part, _value(value)) for part, value in self.json(name)["form"])

    def body(self, name: str) -> Bytes:
        """The body a response fixture holds as base64."""
        return base64.b64decode(self.json(name)["base64"])


def _value(value: str | dict[str, str]) -> str | Upload:
    if isinstance(value, str):
        return value
    return Upload(base64.b64decode(value["base64"]), value["name"], value["media_type"])


@pytest.fixture
def fixtures() -> Fixtures:
    return Fixtures()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test marked `each("api4ai/response_*")` once for every such file."""
    marker = metafunc.definition.get_closest_marker("each")
    if marker is not None:
        paths = sorted(path for pattern in marker.args for path in FIXTURES.glob(pattern))
        assert paths, marker.args
        metafunc.parametrize("path", [str(path.relative_to(FIXTURES)) for path in paths])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "each(*patterns): run once for each fixture file")
