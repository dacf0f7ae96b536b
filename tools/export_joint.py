# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2", "onnx>=1.17", "torch>=2.5"]
# ///
"""Export a checkpoint of train_joint.py to ONNX, fixed shapes, fp32 and where asked fp16, with metadata.

The graph takes a camera's bytes (uint8 BGR, rows first) and answers a matte (0-1), a depth map, and a matte of people
with what they hold; with --matte nothing but the matte, in an eighth less time.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import onnx
import torch
from joint.network import SIZES, Contract, JointNet, MatteContract, start_from
from joint.tiled import arrange

OPSET = 17
MOST_BYTES = 8_000_000
"""A network that ships in the clone is no larger than this."""


OUTPUTS = ("matte", "depth", "held")


def metadata(name: str, version: str, size: tuple[int, int], trained_on: str, matte: bool = False) -> dict[str, str]:
    """Return what the file says about itself; SIZE is (width, height), with MATTE it answers nothing else."""
    width, height = size
    shape = f"float32 [1, 1, {height}, {width}]"
    return {
        "name": name,
        "version": version,
        "licence": "Apache-2.0",
        "input": f"image: uint8 [1, {height}, {width}, 3], 0-255",
        "color_order": "BGR",
        "outputs": f"matte: {shape}; 0-1"
        if matte
        else f"matte, depth, held: {shape}; 0-1; relative nearness, larger is nearer; 0-1, people with what they hold",
        "trained_on": trained_on,
    }


def export(
    network: JointNet,
    size: tuple[int, int],
    path: Path,
    notes: dict[str, str],
    half: bool = False,
    matte: bool = False,
) -> None:
    """Write NETWORK for inputs of SIZE (width, height) to PATH with NOTES as metadata, with MATTE for that alone.

    HALF stores its weights in 16 bits, cast back when loaded.

    Arithmetic stays in 32 bits on a CPU, which has no fast 16-bit convolutions; the file is half as large.
    """
    width, height = size
    image = torch.randint(0, 256, (1, height, width, 3), dtype=torch.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            (MatteContract if matte else Contract)(network).eval(),
            (image,),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=["image"],
            output_names=list(OUTPUTS[:1] if matte else OUTPUTS),
        )
    model = onnx.load(str(path))
    if half:
        _halve(model.graph)
    arrange(model)
    for key, value in notes.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    model.producer_name = "livecut"
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    if path.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{path} has {path.stat().st_size} bytes, more than {MOST_BYTES}")


def _halve(graph: onnx.GraphProto) -> None:
    """Store the float32 weights of GRAPH as float16 behind a cast."""
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or len(tensor.dims) != 4:
            continue
        name, array = tensor.name, onnx.numpy_helper.to_array(tensor)
        tensor.CopyFrom(onnx.numpy_helper.from_array(array.astype("float16"), f"{name}.half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    for place, cast in enumerate(casts):
        graph.node.insert(place, cast)


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="checkpoint.pt of train_joint.py, or what was exported before")
    parser.add_argument("out", type=Path, help="ONNX file to write")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--version", default="0.2.0")
    parser.add_argument("--upright", action="store_true", help="with the input for upright and square pictures")
    parser.add_argument("--matte", action="store_true", help="without depth, and without what is held")
    parser.add_argument("--half", action="store_true", help="store the weights in 16 bits")
    parser.add_argument("--trained-on", default="pictures and teachers listed in the model card")
    arguments = parser.parse_args()

    network = JointNet(SIZES[arguments.size])
    missing = start_from(network, arguments.checkpoint)
    if missing:
        raise SystemExit(f"{arguments.checkpoint} is no {arguments.size} network, it lacks {', '.join(missing)}")
    name = f"livecut-joint-{arguments.size}"
    name += "-upright" * arguments.upright + "-matte" * arguments.matte
    size = network.size.shapes()["upright" if arguments.upright else "wide"]
    notes = metadata(name, arguments.version, size, arguments.trained_on, arguments.matte)
    export(network, size, arguments.out, notes, arguments.half, arguments.matte)
    print(f"{arguments.out}: {arguments.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
