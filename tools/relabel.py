# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2", "onnxruntime>=1.19", "opencv-python-headless>=4.10", "tqdm>=4.66"]
# ///
"""Let a network of livecut's correct, in place, what other projects' networks labelled in sets of make_training_set.py.

Only pictures without true masks are touched. The network looks at each part that the teachers looked at and at its
mirror image; where it disagrees with the teachers, the pixel hardly counts.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from joint import labels
from joint.pictures import Box, Bytes, Pictures
from joint.rivals import Joint, both_ways
from joint.teachers import Image, Map
from tqdm import tqdm

OWN_SHARE = 0.5
"""Share of the network's own answer in the new matte: looked at, now the one and now the other is right."""
LEAST_TRUST = 0.1
"""Trust left where both disagree wholly."""


def own_matte(network: Joint, image: Image, boxes: list[Box]) -> Map:
    """Return the mean answer of NETWORK for IMAGE, over BOXES and their mirror images, 0-1."""
    height, width = image.shape[:2]
    total, count = (np.zeros((height, width), np.float32) for _ in range(2))
    for box in boxes:
        left, top, right, bottom = (round(v) for v in box)
        total[top:bottom, left:right] += both_ways(network, labels.cut(image, box))
        count[top:bottom, left:right] += 1
    return np.asarray(total / np.maximum(count, 1), np.float32)


def corrected(image: Image, matte: Bytes, trust: Bytes, own: Map) -> tuple[Bytes, Bytes]:
    """Return MATTE and TRUST (0-255) of IMAGE with the network's OWN matte (0-1) heard."""
    first = matte.astype(np.float32) / 255
    firm = np.clip((labels.guided(image, own) - 0.5) * 1.5 + 0.5, 0, 1)
    both = OWN_SHARE * firm + (1 - OWN_SHARE) * first
    apart = np.maximum(np.abs(own - first) / 2 - 0.06, 0)
    sure = np.clip(1 - labels.DISAGREEMENT * apart, LEAST_TRUST, 1) * np.maximum(trust / 255, LEAST_TRUST)
    new, weight = (np.asarray(np.clip(plane, 0, 1) * 255 + 0.5, np.uint8) for plane in (both, sure))
    return new, weight


def main() -> None:
    """Read the command line and correct every set it names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path, nargs="+", metavar="SET", help="folders that make_training_set.py wrote")
    parser.add_argument("--own", type=Path, required=True, metavar="ONNX", help="model.onnx of livecut-joint-quality")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    cv2.setNumThreads(1)
    network = Joint(arguments.own, threads=arguments.threads)
    for folder in arguments.set:
        pictures = Pictures(folder)
        pixels = np.memmap(folder / "pixels.bin", np.uint8, "r+")
        boxes: dict[int, list[Box]] = {}
        for view in pictures.views:
            boxes.setdefault(view.picture, []).append(view.box)
        chosen = [n for n, p in enumerate(pictures.pictures) if p.kind == "teachers"]
        change = 0.0
        for number in tqdm(chosen, desc=folder.name, mininterval=5):
            place = pictures.pictures[number]
            image, matte, trust = (np.ascontiguousarray(p) for p in pictures.planes(number))
            new, weight = corrected(image, matte, trust, own_matte(network, image, boxes.get(number, [])))
            change += float(np.mean((new > 127) != (matte > 127)))
            area = place.height * place.width
            start = place.offset + 3 * area
            pixels[start : start + 2 * area] = np.concatenate([new.ravel(), weight.ravel()])
        pixels.flush()
        share = change / max(len(chosen), 1)
        print(f"{folder.name}: {len(chosen)} pictures, {share:.2%} of their pixels changed sides", flush=True)


if __name__ == "__main__":
    main()
