# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2", "onnxruntime>=1.19", "opencv-python-headless>=4.10", "tqdm>=4.66"]
# ///
"""Label a folder of pictures and videos for train_joint.py: mattes, trust in them, and depth.

DATA holds one folder a set, each with images/ and, where the people are masked, masks/ (PNG, 255 = person, 128 = nobody
can say, same names); sets whose name begins with bg_ show nobody. Things that were laid at people's hands may be masked
in things/: they are labelled as near as those who hold them. Where people are boxed (boxes/, a line each as YOLO writes
them) a network of livecut's says what of each box is theirs. VIDEOS is a folder of clips without masks.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from joint import labels
from joint.boxed import boxed, read_boxes
from joint.pictures import DEPTH_SIZE, UNKNOWN, Box, Writer, shrunk
from joint.rivals import Joint, Rival
from joint.teachers import Image, Map, Teachers
from tqdm import tqdm

LEAST_SIDE = 90
"""Pictures with a shorter side than this are left out."""
LONGEST_SIDE = 512
"""Larger pictures are shrunk to this."""
BYSTANDER = 0.9
"""Teachers' matte over which a pixel that the mask calls empty is trusted little: people nobody masked."""
BYSTANDER_TRUST = 0.25


def frames(clip: Path, count: int) -> Iterator[Image]:
    """Yield COUNT frames of CLIP, evenly spread."""
    video = cv2.VideoCapture(str(clip))
    total = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted = set(np.linspace(0, max(total - 1, 0), count).astype(int).tolist())
    for number in range(total):
        if not video.grab():
            break
        if number in wanted:
            image = video.retrieve()[1]
            yield image
    video.release()


def kind_of(folder: Path) -> str:
    """Return what is known of the people in a set's FOLDER, as `joint.pictures.Picture.kind` says it."""
    if folder.name.startswith("bg_"):
        return "empty"
    return "truth" if (folder / "masks").is_dir() else "boxes" if (folder / "boxes").is_dir() else "teachers"


def _at(plane: npt.NDArray[np.uint8], box: Box) -> Map:
    """Return the part of PLANE (0-255) in BOX, 0-1, at the size of depth."""
    part = cv2.resize(labels.cut(plane, box), DEPTH_SIZE, interpolation=cv2.INTER_AREA)
    return np.asarray(part, np.float32) / np.float32(255)


class Labeller:
    """Labels pictures with the teachers and writes them to a set."""

    def __init__(self, writer: Writer, teachers: Teachers, own: Rival | None = None) -> None:
        """Label with TEACHERS into WRITER; OWN looks into boxes."""
        self.writer = writer
        self.teachers = teachers
        self.own = own

    def add(
        self,
        source: str,
        kind: str,
        image: Image,
        mask: npt.NDArray[np.uint8] | None,
        thing: npt.NDArray[np.uint8] | None = None,
        *,
        complete: bool = False,
        people: list[Box] | None = None,
    ) -> bool:
        """Label IMAGE and write it; return False when it was left out because the teachers disagree.

        Where MASK is COMPLETE it holds everybody: then teachers that see more people are wrong. PEOPLE are boxes where
        there is no mask.
        """
        height, width = image.shape[:2]
        trust: Map = np.ones((height, width), np.float32)
        if kind == "empty":
            matte: Map = np.zeros((height, width), np.float32)
            boxes = labels.views(height, width, None)[:3]
        elif mask is not None:
            unsure = cv2.resize(np.asarray(mask == UNKNOWN, np.uint8), (width, height)) > 0
            mask = labels.filled(cv2.resize(mask, (width, height)) if mask.shape != (height, width) else mask)
            matte = np.asarray(mask / 255, np.float32)
            boxes = labels.views(height, width, mask)
            second, _ = labels.agreed(image, boxes[:1], self.teachers)
            if mask.any() and not complete:
                trust[(second > BYSTANDER) & (matte < 0.1)] = BYSTANDER_TRUST
            trust[unsure] = 0.0
        elif people is not None:
            assert self.own is not None
            matte, trust = boxed(image, people, self.own)
            boxes = labels.views(height, width, (matte * 255).astype(np.uint8))
        else:
            first, _ = labels.agreed(image, [(0, 0, width, height)], self.teachers)
            boxes = labels.views(height, width, (first * 255).astype(np.uint8))
            matte, trust = labels.agreed(image, boxes, self.teachers)
            if float(trust.mean()) < labels.LEAST_TRUST:
                return False
        if thing is not None:
            thing = cv2.resize(thing, (width, height))
        matte_bytes, trust_bytes = (np.asarray(plane * 255 + 0.5, np.uint8) for plane in (matte, trust))
        number = self.writer.add(source, kind, image, matte_bytes, trust_bytes, thing)
        for box in boxes:
            depth = self.teachers.depth(labels.cut(image, box))
            outline = _at((matte * 255).astype(np.uint8), box)
            if thing is not None:
                held = _at(thing, box)
                depth = labels.in_hand(depth, outline * (1 - held), held)
                outline = np.maximum(outline, held)
            self.writer.add_view(number, box, labels.crisp(depth, outline))
        return True


def main() -> None:
    """Read the command line and label everything it names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of sets")
    parser.add_argument("teachers", type=Path, metavar="TEACHERS", help="folder of the teachers' ONNX files")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write")
    parser.add_argument("--videos", type=Path, help="folder of clips to take frames from")
    parser.add_argument("--frames", type=int, default=40, help="frames a clip (default: 40)")
    parser.add_argument("--complete", nargs="*", default=[], metavar="SET", help="sets whose masks hold everybody")
    parser.add_argument("--own", type=Path, metavar="ONNX", help="model.onnx of livecut-joint-quality, for boxes/")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    cv2.setNumThreads(1)
    writer = Writer(arguments.out)
    own = Joint(arguments.own, threads=arguments.threads) if arguments.own else None
    labeller = Labeller(writer, Teachers(arguments.teachers, arguments.threads), own)
    for folder in sorted(p for p in arguments.data.iterdir() if (p / "images").is_dir()):
        masks = folder / "masks"
        kind = kind_of(folder)
        if kind == "boxes" and own is None:
            parser.error(f"{folder} has boxes: say --own ONNX")
        kept = 0
        paths = sorted((folder / "images").iterdir())
        for path in tqdm(paths, desc=folder.name, mininterval=5):
            image = cv2.imread(str(path))
            if image is None or min(image.shape[:2]) < LEAST_SIDE:
                continue
            mask = cv2.imread(str(masks / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE) if kind == "truth" else None
            if kind == "truth" and mask is None:
                continue
            things = folder / "things" / f"{path.stem}.png"
            thing = cv2.imread(str(things), cv2.IMREAD_GRAYSCALE) if things.exists() else None
            image, complete, people = shrunk(image, LONGEST_SIDE), folder.name in arguments.complete, None
            if kind == "boxes":
                people = read_boxes((folder / "boxes" / f"{path.stem}.txt").read_text(), *image.shape[:2])
            kept += labeller.add(folder.name, kind, image, mask, thing, complete=complete, people=people)
        print(f"{folder.name}: {kind}, {kept} of {len(paths)} pictures", flush=True)
    for clip in sorted(arguments.videos.iterdir()) if arguments.videos else []:
        found = [shrunk(f, LONGEST_SIDE) for f in frames(clip, arguments.frames)]
        kept = sum(labeller.add(f"video_{clip.stem}", "teachers", f, None) for f in found)
        print(f"{clip.name}: {kept} of {arguments.frames} frames", flush=True)
    writer.close()
    print(f"{len(writer.pictures)} pictures, {len(writer.views)} views")


if __name__ == "__main__":
    main()
