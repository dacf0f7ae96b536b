"""Batches of samples, made in a process of their own beside the training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from joint import camera
from joint.losses import Target
from joint.pictures import DEPTH_STEPS, Pictures
from joint.samples import MARGIN, Sample, Sampler

EDGE_REACH = 1 / 31
"""Width of the band at the outline that counts more, as a share of the frame's side (the root of its area)."""


@dataclass
class Batch:
    """Bytes as the worker hands them over; the last len(shifts) frames are twins of those before them."""

    image: Tensor
    matte: Tensor
    trust: Tensor
    edge: Tensor
    depth: Tensor
    depth_trust: Tensor
    held: Tensor
    held_edge: Tensor
    held_known: Tensor
    shifts: Tensor

    def to(self, device: torch.device) -> Batch:
        """Return the batch on DEVICE."""
        return Batch(*(getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)))

    def target(self) -> Target:
        """Return the labels as floats."""
        planes = (self.matte, self.trust, self.edge, self.held, self.held_edge)
        matte, trust, edge, held, held_edge = (p[:, None].float() / 255 for p in planes)
        depth = self.depth[:, None].float() / DEPTH_STEPS
        return Target(matte, trust, edge, depth, self.depth_trust, held, held_edge, self.held_known)


@dataclass(frozen=True)
class Shape:
    """One of the inputs that a network is trained for."""

    size: tuple[int, int]
    """Width and height."""
    share: float
    """Of the batches."""
    count: int
    """Frames a batch."""
    twins: int
    """Of which moved copies of others."""


class Batches(IterableDataset[Batch]):
    """Endless batches from a set of pictures, each of one shape."""

    def __init__(self, folders: Sequence[Path], shapes: Sequence[Shape], seed: tuple[int, int], rank: int = 0) -> None:
        """Draw batches of SHAPES from FOLDERS; processes of other RANK draw other samples, of the same shapes."""
        self.folders, self.shapes, self.seed, self.rank = list(folders), list(shapes), seed, rank

    def __iter__(self) -> Iterator[Batch]:
        """Yield batches for ever; each worker draws its own."""
        cv2.setNumThreads(1)
        worker = get_worker_info()
        number = worker.id if worker else 0
        random, turns = (np.random.default_rng((*self.seed, *own, number)) for own in ((1 + self.rank,), (0,)))
        pictures = Pictures(*self.folders)
        samplers = [Sampler(pictures, s.size, random) for s in self.shapes]
        shares = np.array([s.share for s in self.shapes])
        while True:
            chosen = int(turns.choice(len(shares), p=shares / shares.sum()))
            yield self._batch(samplers[chosen], self.shapes[chosen], random)

    def _batch(self, sampler: Sampler, shape: Shape, random: np.random.Generator) -> Batch:
        samples = [sampler.draw() for _ in range(shape.count - shape.twins)]
        moves = random.integers(-MARGIN, MARGIN + 1, (shape.twins, 2))
        still = [self._window(s, shape.size, 0, 0, random) for s in samples]
        # Those moved are the last of the still ones, so that maps of both line up by place.
        moved = [
            self._window(s, shape.size, int(dx), int(dy), random)
            for s, (dx, dy) in zip(samples[len(samples) - shape.twins :], moves, strict=True)
        ]
        planes = [np.stack(p) for p in zip(*(still + moved), strict=True)]
        drawn = samples + samples[len(samples) - shape.twins :]
        trusts, known = (torch.tensor(v) for v in zip(*((s.depth_trust, s.held_known) for s in drawn), strict=True))
        image, matte, trust, edge, depth, held, held_edge = (torch.from_numpy(p) for p in planes)
        return Batch(image, matte, trust, edge, depth, trusts, held, held_edge, known, torch.from_numpy(moves))

    def _window(
        self, sample: Sample, size: tuple[int, int], dx: int, dy: int, random: np.random.Generator
    ) -> tuple[np.ndarray, ...]:
        """Return the planes of a batch from SAMPLE, cut to SIZE, moved by DX, DY, as a camera records it."""
        width, height = size
        x, y = MARGIN + dx, MARGIN + dy
        place = np.s_[y : y + height, x : x + width]
        image = camera.record(np.ascontiguousarray(sample.image[place]), random)
        matte, held = (np.ascontiguousarray(p[place]) for p in (sample.matte, sample.held))
        reach = round(EDGE_REACH * float(np.sqrt(width * height)))
        kernel = np.ones((reach, reach), np.uint8)
        edge, held_edge = (
            ((cv2.morphologyEx(p, cv2.MORPH_GRADIENT, kernel) > 127) * 255).astype(np.uint8) for p in (matte, held)
        )
        return image, matte, sample.trust[place], edge, sample.depth[place], held, held_edge


def loader(batches: Batches, workers: int) -> DataLoader[Batch]:
    """Return BATCHES drawn by WORKERS processes."""
    return DataLoader(
        batches,
        batch_size=None,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        multiprocessing_context="fork" if workers else None,
    )
