"""Rows of the manifest are read whole or refused with the row's and the key's name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from livecut.errors import ModelError
from livecut.inference.spec import InputSpec, ModelSpec, parse_manifest
from livecut.protocols import Need
from livecut.types import Size

SHA = "sha256:" + "ab" * 32
BLOB = "git-blob:" + "cd" * 20
ROW = f"""
[[model]]
name = "one"
title = "One"
task = "matte"
url = "https://example.org/one.onnx"
bytes = 10
digest = "{SHA}"
licence = "MIT"
fetch = true
input = {{ name = "x", width = 16, height = 8, layout = "nchw", colour = "rgb" }}
matte = {{ name = "y" }}
"""


def _row(**changes: Any) -> dict[str, Any]:
    row = {
        "name": "one",
        "title": "One",
        "task": "matte",
        "url": "https://example.org/one.onnx",
        "bytes": 10,
        "digest": SHA,
        "licence": "MIT",
        "fetch": True,
        "input": {"name": "x", "width": 16, "height": 8, "layout": "nchw", "colour": "rgb"},
        "matte": {"name": "y"},
        **changes,
    }
    return {key: value for key, value in row.items() if value is not None}


def test_a_row_is_read_with_its_defaults() -> None:
    spec = parse_manifest(ROW)["one"]
    assert spec.gives == {Need.MATTE}
    assert spec.input.size == Size(16, 8)
    assert spec.input.shape == (1, 3, 8, 16)
    assert (spec.input.mean, spec.input.std) == ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    assert (spec.fit, spec.states, spec.shipped) == ("pad", (), False)


def test_what_is_held_is_told_beside_the_matte_or_left_out() -> None:
    spec = ModelSpec.model_validate(_row(task="joint", depth={"name": "d"}, held={"name": "h"}))
    assert list(spec.outputs) == [Need.MATTE, Need.DEPTH, Need.HELD]
    assert spec.gives == {Need.MATTE, Need.DEPTH, Need.HELD}
    without = spec.without_held()
    assert without.gives == {Need.MATTE, Need.DEPTH} and spec.held is not None
    assert without.without_held() is without
    matte = ModelSpec.model_validate(_row(held={"name": "h", "activation": "sigmoid"}))
    assert matte.gives == {Need.MATTE, Need.HELD}


@pytest.mark.parametrize(
    "changes",
    [{"held": {"name": ""}}, {"task": "depth", "matte": None, "depth": {"name": "d"}, "held": {"name": "h"}}],
)
def test_what_is_held_is_nothing_by_itself(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"what is held is a named output beside the matte"):
        ModelSpec.model_validate(_row(**changes))


def test_channels_last_has_its_own_shape() -> None:
    assert InputSpec(name="x", width=16, height=8, layout="nhwc", colour="bgr").shape == (1, 8, 16, 3)


def test_a_row_cannot_be_changed() -> None:
    spec = parse_manifest(ROW)["one"]
    with pytest.raises(ValidationError, match="frozen"):
        spec.name = "two"  # type: ignore[misc]


def test_rows_keep_their_order() -> None:
    text = ROW + ROW.replace('"one"', '"a-two"') + ROW.replace('"one"', '"a-three"')
    assert list(parse_manifest(text)) == ["one", "a-two", "a-three"]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('name = "one"\n', "", "row 1: name: Field required"),
        ('name = "one"', 'name = "One/../x"', "One/../x: name: String should match pattern"),
        ("width = 16", "width = 0", "one: input.width: Input should be greater than or equal to 8"),
        ('layout = "nchw"', 'layout = "chw"', "one: input.layout: Input should be 'nchw' or 'nhwc'"),
        ('licence = "MIT"\n', 'licence = "MIT"\nlicense = "MIT"\n', "one: license: Extra inputs are not permitted"),
        (SHA, "md5:00", "one: digest: String should match pattern"),
        ("bytes = 10", "bytes = 0", "one: bytes: Input should be greater than 0"),
    ],
)
def test_a_wrong_row_is_named_with_its_key(before: str, after: str, message: str) -> None:
    assert before in ROW
    with pytest.raises(ModelError) as caught:
        parse_manifest(ROW.replace(before, after), where="manifest.toml")
    assert caught.value.message.startswith(f"manifest.toml: {message}")
    assert "\n" not in caught.value.message
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "joint"}, "task joint needs exactly the outputs ['depth', 'matte']"),
        ({"task": "depth"}, "task depth needs exactly the outputs ['depth']"),
        ({"depth": {"name": "z"}}, "task matte needs exactly the outputs ['matte']"),
        ({"fetch": False}, "a network is either shipped or fetched"),
        ({"shipped": True}, "a network is either shipped or fetched"),
        ({"shipped": True, "fetch": False}, "a shipped network needs its file"),
        ({"url": ""}, "a network to fetch needs its url"),
        ({"bytes": None}, "a sha256 digest needs the size in bytes"),
        ({"url": "http://example.org/one.onnx"}, "only https is fetched from"),
        ({"file": "../outside.onnx"}, "must lie below models/"),
        ({"file": "/etc/passwd"}, "must lie below models/"),
        ({"file": "a\\..\\b"}, "must lie below models/"),
        ({"depth": {"name": "z", "far": 1.0, "near": 1.0}}, "far and near must differ"),
    ],
)
def test_contradictions_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ModelSpec.model_validate(_row(**changes))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dtype": "uint8"}, "a uint8 input is nhwc and bgr, without mean and std"),
        ({"std": (1.0, 0.0, 1.0)}, "std must be above 0"),
        ({"mean": (float("nan"), 0.0, 0.0)}, "finite number"),
    ],
)
def test_impossible_inputs_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        InputSpec.model_validate({"name": "x", "width": 16, "height": 8, "layout": "nchw", "colour": "rgb", **changes})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_this_machine_may_be_fetched_from_without_tls(host: str) -> None:
    assert ModelSpec.model_validate(_row(url=f"http://{host}:8000/one.onnx")).url.startswith("http://")


def test_a_git_blob_id_needs_no_size() -> None:
    assert ModelSpec.model_validate(_row(digest=BLOB, bytes=None)).bytes is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[model]", "manifest.toml is not TOML: "),
        ("", "manifest.toml has no rows"),
        (ROW + ROW, "manifest.toml: two rows are named one"),
        ("model = [3]", "manifest.toml: row 1: Input should be a valid dictionary"),
    ],
)
def test_a_broken_manifest_is_refused(text: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        parse_manifest(text)
    assert caught.value.message.startswith(message)
    assert caught.value.hint == "reinstall livecut"


def _twins(**changes: str) -> str:
    second = ROW.replace('name = "one"', 'name = "two"')
    for old, new in changes.items():
        second = second.replace(old, new)
    return ROW.replace('title = "One"', 'title = "One"\nupright = "two"') + second


def test_a_row_names_its_network_for_upright_pictures() -> None:
    rows = parse_manifest(_twins())
    assert (rows["one"].upright, rows["two"].upright) == ("two", "")


@pytest.mark.parametrize(
    "text",
    [
        ROW.replace('title = "One"', 'title = "One"\nupright = "nowhere"'),
        ROW.replace('title = "One"', 'title = "One"\nupright = "one"'),
        _twins(matte="depth", **{'task = "matte"': 'task = "depth"'}),
    ],
    ids=["no row", "itself", "gives something else"],
)
def test_the_upright_network_must_give_the_same(text: str) -> None:
    with pytest.raises(ModelError, match=r"one: upright: '.*' names no row that gives the same"):
        parse_manifest(text)


def _part(change: tuple[str, str] = ("", ""), wanted: str = "part") -> str:
    whole = ROW.replace('title = "One"', f'title = "One"\nmatte_only = "{wanted}"')
    return whole + ROW.replace('name = "one"', 'name = "part"').replace(*change)


def test_a_row_names_its_network_for_the_matte_alone() -> None:
    rows = parse_manifest(_part())
    assert (rows["one"].matte_only, rows["part"].matte_only) == ("part", "")


@pytest.mark.parametrize(
    "text",
    [
        _part(wanted="nowhere"),
        _part(('task = "matte"\n', 'task = "joint"\ndepth = { name = "depth" }\n')),
        _part(("width = 16", "width = 32")),
    ],
    ids=["no row", "gives more", "sees a picture of another size"],
)
def test_the_network_for_the_matte_alone_must_give_it_and_see_as_much(text: str) -> None:
    with pytest.raises(ModelError, match=r"one: matte_only: '.*' names no row that gives the matte alone"):
        parse_manifest(text)
