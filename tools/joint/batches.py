"""Batches of samples, made in a process of their own beside the training."""

from __future__ import annotations

from collections.abc import Iterator
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

EDGE_REACH = 7
"""Width in pixels of the band at the outline that counts more."""


@dataclass
class Batch:
    """Bytes as the worker hands them over; the last len(shifts) frames are twins of those before them."""

    image: Tensor
    matte: Tensor
    trust: Tensor
    edge: Tensor
    depth: Tensor
    depth_trust: Tensor
    shifts: Tensor

    def to(self, device: torch.device) -> Batch:
        """Return the batch on DEVICE."""
        return Batch(*(getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)))

    def target(self) -> Target:
        """Return the labels as floats."""
        matte, trust, edge = (p[:, None].float() / 255 for p in (self.matte, self.trust, self.edge))
        return Target(matte, trust, edge, self.depth[:, None].float() / DEPTH_STEPS, self.depth_trust)


class Batches(IterableDataset[Batch]):
    """Endless batches from a set of pictures."""

    def __init__(self, folder: Path, size: tuple[int, int], count: int, twins: int, seed: tuple[int, ...]) -> None:
        """Draw COUNT frames of SIZE (width, height) a batch, of which the last TWINS are others moved a little."""
        self.folder, self.size, self.count, self.twins, self.seed = folder, size, count, twins, seed

    def __iter__(self) -> Iterator[Batch]:
        """Yield batches for ever; each worker draws its own."""
        cv2.setNumThreads(1)
        worker = get_worker_info()
        random = np.random.default_rng((*self.seed, worker.id if worker else 0))
        sampler = Sampler(Pictures(self.folder), self.size, random)
        while True:
            yield self._batch(sampler, random)

    def _batch(self, sampler: Sampler, random: np.random.Generator) -> Batch:
        samples = [sampler.draw() for _ in range(self.count - self.twins)]
        moves = random.integers(-MARGIN, MARGIN + 1, (self.twins, 2))
        still = [self._window(s, 0, 0, random) for s in samples]
        # Those moved are the last of the still ones, so that maps of both line up by place.
        moved = [
            self._window(s, int(dx), int(dy), random)
            for s, (dx, dy) in zip(samples[len(samples) - self.twins :], moves, strict=True)
        ]
        planes = [np.stack(p) for p in zip(*(still + moved), strict=True)]
        trusts = [s.depth_trust for s in samples + samples[len(samples) - self.twins :]]
        image, matte, trust, edge, depth = (torch.from_numpy(p) for p in planes)
        return Batch(image, matte, trust, edge, depth, torch.tensor(trusts), torch.from_numpy(moves))

    def _window(
        self, sample: Sample, dx: int, dy: int, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return image, matte, trust, edge and depth of SAMPLE moved by DX, DY, as a camera records it."""
        width, height = self.size
        x, y = MARGIN + dx, MARGIN + dy
        place = np.s_[y : y + height, x : x + width]
        image = camera.record(np.ascontiguousarray(sample.image[place]), random)
        matte = np.ascontiguousarray(sample.matte[place])
        kernel = np.ones((EDGE_REACH, EDGE_REACH), np.uint8)
        edge = ((cv2.morphologyEx(matte, cv2.MORPH_GRADIENT, kernel) > 127) * 255).astype(np.uint8)
        return image, matte, sample.trust[place], edge, sample.depth[place]


def loader(batches: Batches, workers: int) -> DataLoader[Batch]:
    """Return BATCHES drawn by WORKERS processes."""
    return DataLoader(
        batches,
        batch_size=None,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        multiprocessing_context="fork" if workers else None,
    )
