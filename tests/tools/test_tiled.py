"""The graph that is exported for CPUs answers as the one it is made of."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livecut.inference.accelerator import runtime

onnx = pytest.importorskip("onnx")
TILED = Path(__file__).parents[2] / "tools" / "joint" / "tiled.py"
WIDTH, HEIGHT = 32, 24


def tool() -> Any:
    spec = importlib.util.spec_from_file_location("joint_tiled", TILED)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def exported(half: bool, fine: int = 1, maps: int = 2) -> Any:
    """The ends of the joint network as it is exported: pixels to features, features to a matte and a depth map.

    `maps` 1: to the matte alone; `fine`: to how many of them fine detail is added.
    """
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(3)
    weights, nodes = [], []
    for name, shape in (
        ("stem", (16, 3, 3, 3)),
        ("head", (maps, 16, 3, 3)),
        ("edge", (16, 16, 3, 3)),
        ("detail", (4 * fine, 16, 3, 3)),
    ):
        kind = np.float16 if half else np.float32
        stored = f"net.{name}.weight{'.half' if half else ''}"
        weights.append(numpy_helper.from_array(rng.normal(0, 0.2, shape).astype(kind), stored))
        weights.append(numpy_helper.from_array(rng.normal(0, 0.2, shape[0]).astype(np.float32), f"net.{name}.bias"))
        if half:
            nodes.append(helper.make_node("Cast", [stored], [f"net.{name}.weight"], to=TensorProto.FLOAT))

    def number(name: str, value: float) -> Any:
        return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.array(value, np.float32)))

    def conv(given: str, name: str, stride: int = 1) -> Any:
        return helper.make_node(
            "Conv", [given, f"net.{name}.weight", f"net.{name}.bias"], [f"{name}.out"], kernel_shape=[3, 3],
            pads=[1, 1, 1, 1], strides=[stride, stride],
        )  # fmt: skip

    weights.append(numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "twice"))
    weights.append(numpy_helper.from_array(np.array([1, 1], np.int64), "halves"))
    nodes += [
        helper.make_node("Transpose", ["image"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["planes"], ["numbers"], to=TensorProto.FLOAT),
        number("middle", 127.5),
        helper.make_node("Sub", ["numbers", "middle"], ["centred"]),
        number("range", 127.5),
        helper.make_node("Div", ["centred", "range"], ["given"]),
        conv("given", "stem", 2),
        conv("stem.out", "head"),
        helper.make_node(
            "Resize", ["head.out", "", "twice"], ["maps"], mode="linear", coordinate_transformation_mode="half_pixel"
        ),
        conv("stem.out", "edge"),
        helper.make_node("Relu", ["edge.out"], ["edges"]),
        conv("edges", "detail"),
        helper.make_node("DepthToSpace", ["detail.out"], ["fine"], blocksize=2, mode="CRD"),
    ]
    if maps == 1:
        nodes.append(helper.make_node("Add", ["maps", "fine"], ["matte"]))
    elif fine == 1:
        nodes.append(helper.make_node("Split", ["maps", "halves"], ["coarse", "depth"], axis=1))
        nodes.append(helper.make_node("Add", ["coarse", "fine"], ["matte"]))
    else:
        nodes.append(helper.make_node("Add", ["maps", "fine"], ["both"]))
        nodes.append(helper.make_node("Split", ["both", "halves"], ["matte", "depth"], axis=1))
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, [1, HEIGHT, WIDTH, 3])
    answers = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, HEIGHT, WIDTH])
        for name in ("matte", "depth")[:maps]
    ]
    graph = helper.make_graph(nodes, "joint", [image], answers, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def answers(model: Any, image: Any) -> list[Any]:
    session = runtime().InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return list(session.run(None, {"image": image}))


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize(
    ("fine", "maps", "kernels"),
    [(1, 2, {3, 4}), (2, 2, {3, 4}), (1, 1, {3, 4, 6})],
    ids=["fine matte", "fine matte and depth", "matte alone"],
)
def test_the_arranged_graph_answers_the_same(half: bool, fine: int, maps: int, kernels: set[int]) -> None:
    image = np.random.default_rng(1).integers(0, 256, (1, HEIGHT, WIDTH, 3), np.uint8)
    model = exported(half, fine, maps)
    before = answers(model, image)
    tool().arrange(model)
    onnx.checker.check_model(model, full_check=True)
    for one, other in zip(before, answers(model, image), strict=True):
        assert np.abs(one).max() > 0.1
        assert np.allclose(one, other, atol=2e-5)
    shapes = {tuple(a.ints) for node in model.graph.node for a in node.attribute if a.name == "kernel_shape"}
    assert shapes == {(side, side) for side in kernels}


def test_the_weights_stay_in_the_file_as_they_were() -> None:
    model = exported(False)
    before = {tensor.name: tensor.SerializeToString() for tensor in model.graph.initializer}
    tool().arrange(model)
    after = {tensor.name: tensor.SerializeToString() for tensor in model.graph.initializer}
    assert {name: after[name] for name in before} == before
