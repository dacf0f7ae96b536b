"""Small networks whose answers can be worked out by hand, written to files as the real ones are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

from livecut.inference.spec import ModelSpec

WIDTH, HEIGHT = 24, 16
TYPES = {"uint8": TensorProto.UINT8, "float32": TensorProto.FLOAT}


def _constant(name: str, values: Sequence[float], dims: Sequence[int] = (), kind: int = TensorProto.FLOAT) -> Any:
    return helper.make_node("Constant", [], [name], value=helper.make_tensor(name, kind, dims, values))


def _save(path: Path, nodes: list[Any], inputs: list[Any], outputs: list[Any]) -> bytes:
    graph = helper.make_graph(nodes, "test", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    content = bytes(model.SerializeToString())
    path.write_bytes(content)
    return content


def _value(name: str, shape: Sequence[int | str], kind: str = "float32") -> Any:
    return helper.make_tensor_value_info(name, TYPES[kind], shape)


def joint_graph(path: Path, *, held: bool = False) -> bytes:
    """uint8 [1, h, w, 3] BGR: `matte` is blue / 255, `depth` is 2 * red / 255, `held` blue or green / 255."""
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["planes"], perm=[0, 3, 1, 2]),
        _constant("blue_of", [0], [1], TensorProto.INT64),
        _constant("red_of", [2], [1], TensorProto.INT64),
        _constant("full", [255.0]),
        _constant("half", [127.5]),
        helper.make_node("Gather", ["planes", "blue_of"], ["blue"], axis=1),
        helper.make_node("Gather", ["planes", "red_of"], ["red"], axis=1),
        helper.make_node("Div", ["blue", "full"], ["matte"]),
        helper.make_node("Div", ["red", "half"], ["depth"]),
    ]
    outputs = ["matte", "depth"]
    if held:
        outputs.append("held")
        nodes += [
            _constant("green_of", [1], [1], TensorProto.INT64),
            helper.make_node("Gather", ["planes", "green_of"], ["green"], axis=1),
            helper.make_node("Max", ["blue", "green"], ["larger"]),
            helper.make_node("Div", ["larger", "full"], ["held"]),
        ]
    image = _value("image", (1, HEIGHT, WIDTH, 3), "uint8")
    return _save(path, nodes, [image], [_value(name, (1, 1, HEIGHT, WIDTH)) for name in outputs])


def identity_graph(path: Path, *, nhwc: bool = False, dynamic: bool = False) -> bytes:
    """float32 picture in, the same out under `y`: what a row's channel order and normalisation make of it."""
    height, width = ("h", "w") if dynamic else (HEIGHT, WIDTH)
    shape = (1, height, width, 3) if nhwc else (1, 3, height, width)
    return _save(path, [helper.make_node("Identity", ["x"], ["y"])], [_value("x", shape)], [_value("y", shape)])


def nan_graph(path: Path) -> bytes:
    """uint8 picture in, `matte` that is NaN all over out."""
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["planes"], perm=[0, 3, 1, 2]),
        _constant("nothing", [0.0]),
        _constant("blue_of", [0], [1], TensorProto.INT64),
        helper.make_node("Gather", ["planes", "blue_of"], ["blue"], axis=1),
        helper.make_node("Mul", ["blue", "nothing"], ["zero"]),
        helper.make_node("Div", ["zero", "zero"], ["matte"]),
    ]
    return _save(
        path,
        nodes,
        [_value("image", (1, HEIGHT, WIDTH, 3), "uint8")],
        [_value("matte", (1, 1, HEIGHT, WIDTH))],
    )


def recurrent_graph(path: Path) -> bytes:
    """`state` doubles and takes on the red plane: `out` = `state` = 0.5 * given + gain * red, as RVM's is shaped."""
    nodes = [
        _constant("red_of", [0], [1], TensorProto.INT64),
        _constant("half", [0.5]),
        helper.make_node("Gather", ["src", "red_of"], ["red"], axis=1),
        helper.make_node("Mul", ["red", "gain"], ["new"]),
        helper.make_node("Mul", ["r1i", "half"], ["old"]),
        helper.make_node("Add", ["new", "old"], ["r1o"]),
        helper.make_node("Identity", ["r1o"], ["pha"]),
        helper.make_node("Identity", ["src"], ["fgr"]),
    ]
    plane = (1, 1, HEIGHT, WIDTH)
    return _save(
        path,
        nodes,
        [_value("src", (1, 3, "h", "w")), _value("r1i", (1, "c", "sh", "sw")), _value("gain", (1,))],
        [_value("fgr", (1, 3, "h", "w")), _value("pha", plane), _value("r1o", plane)],
    )


def spec_for(content: bytes, **changes: Any) -> ModelSpec:
    """A row for `content`, of a joint network unless `changes` say otherwise."""
    row: dict[str, Any] = {
        "name": "small",
        "title": "A small network",
        "task": "joint",
        "url": "http://127.0.0.1:9/small.onnx",
        "bytes": len(content),
        "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "licence": "Apache-2.0",
        "fetch": True,
        "input": {
            "name": "image",
            "width": WIDTH,
            "height": HEIGHT,
            "layout": "nhwc",
            "colour": "bgr",
            "dtype": "uint8",
        },
        "matte": {"name": "matte"},
        "depth": {"name": "depth", "far": 0.0, "near": 2.0},
    }
    row.update(changes)
    return ModelSpec.model_validate({key: value for key, value in row.items() if value is not None})


RECURRENT: dict[str, Any] = {
    "task": "matte",
    "input": {"name": "src", "width": WIDTH, "height": HEIGHT, "layout": "nchw", "colour": "rgb", "std": (255.0,) * 3},
    "matte": {"name": "pha"},
    "depth": None,
    "states": [{"input": "r1i", "output": "r1o"}],
    "constants": {"gain": 0.25},
}
"""What makes `spec_for` a row of `recurrent_graph`."""
