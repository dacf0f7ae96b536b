"""Losses of the joint network: a matte with clean edges, a depth map right in order and shape, both steady."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

EDGE_WEIGHT = 4.0
"""How much more a pixel at the outline counts in the cross-entropy."""
SHAPE_WEIGHT = 2.0
"""Weight of the loss on differences between neighbours of the matte."""
DEPTH_WEIGHT = 1.5
STEADY_WEIGHT = 0.5
HELD_WEIGHT = 0.6
"""Weight of the loss of the matte with what is held."""
UNKNOWN_TRUST = 0.8
"""Trust in that nothing is held beside people of whom nobody said so."""
PERSON_SHARE = 0.004
"""Share of a frame from which overlap (dice) is asked for; emptier frames have cross-entropy alone."""
EMPTY_WEIGHT = 2.0
"""Weight of the mean matte of frames with nobody in them."""
DEPTH_STEPS = (1, 4, 16)
"""Distances at which differences of depth are compared."""
DEPTH_EDGE_WEIGHT = 2.0
"""How much more depth counts at the person's outline, where it must step and not slope."""


@dataclass
class Target:
    """What a batch should become: [N, 1, H, W] floats in 0-1 (depth: nearness), depth_trust [N]."""

    matte: Tensor
    trust: Tensor
    edge: Tensor
    depth: Tensor
    depth_trust: Tensor
    held: Tensor
    held_edge: Tensor
    held_known: Tensor
    """[N]: whether what is held is known."""

    def with_held(self) -> Target:
        """Return the target for the matte with what is held in its place."""
        known = self.held_known[:, None, None, None]
        people = (self.matte.mean((1, 2, 3), keepdim=True) > PERSON_SHARE).float()
        doubt = (1 - known) * people * (1 - self.matte)
        trust = self.trust * (1 - (1 - UNKNOWN_TRUST) * doubt)
        # Things are small: each of their pixels counts as one at the outline does.
        edge = torch.maximum(self.held_edge, self.held - self.matte)
        return replace(self, matte=self.held, edge=edge, trust=trust)


def differences(x: Tensor, step: int = 1) -> tuple[Tensor, Tensor]:
    """Return the horizontal and vertical differences of X between pixels STEP apart."""
    return x[..., :, step:] - x[..., :, :-step], x[..., step:, :] - x[..., :-step, :]


def matte_loss(logits: Tensor, target: Target) -> Tensor:
    """Return the loss of matte LOGITS: edge-weighted cross-entropy, overlap, shape of the edge, empty frames."""
    matte = torch.sigmoid(logits)
    entropy = functional.binary_cross_entropy_with_logits(logits, target.matte, reduction="none")
    loss = (entropy * target.trust * (1 + EDGE_WEIGHT * target.edge)).mean()
    total = (1, 2, 3)
    sure, wanted = matte * target.trust, target.matte * target.trust
    overlap = (2 * (sure * wanted).sum(total) + 1) / ((sure * sure + wanted * wanted).sum(total) + 1)
    peopled = (target.matte.mean(total) > PERSON_SHARE).float()
    loss = loss + (peopled * (1 - overlap)).mean()
    loss = loss + EMPTY_WEIGHT * ((1 - peopled) * (matte * target.trust).mean(total)).mean()
    pairs = zip(differences(matte), differences(target.matte), strict=True)
    shape = sum(((own - other).abs()).mean() for own, other in pairs)
    return loss + SHAPE_WEIGHT * shape


def standard(depth: Tensor) -> Tensor:
    """Return DEPTH with mean 0 and spread 1 in each picture."""
    total = (1, 2, 3)
    return (depth - depth.mean(total, keepdim=True)) / (depth.std(total, keepdim=True) + 0.02)


def depth_loss(depth: Tensor, target: Target) -> Tensor:
    """Return the loss of DEPTH: its value, its order whatever scale and shift, and its steps at several distances."""
    trust = target.depth_trust[:, None, None, None]
    weight = trust * (1 + DEPTH_EDGE_WEIGHT * target.edge)
    wanted = target.depth
    error = (weight * (depth - wanted).abs()).mean()
    error = error + 0.45 * (trust * (standard(depth) - standard(wanted)).abs()).mean()
    for step in DEPTH_STEPS:
        weights = weight[..., :, step:], weight[..., step:, :]
        for own, other, heavy in zip(differences(depth, step), differences(wanted, step), weights, strict=True):
            error = error + 0.25 * (heavy * (own - other).abs()).mean()
    return error


def steady_loss(first: Tensor, second: Tensor, shifts: Tensor) -> Tensor:
    """Return how far the maps of a frame and of its twin, moved by whole pixels SHIFTS [N, 2] (x, y), disagree."""
    loss = first.new_zeros(())
    for one, two, (dx, dy) in zip(first, second, shifts.tolist(), strict=True):
        moved = torch.roll(one, (-dy, -dx), (-2, -1))
        inner = (Ellipsis, slice(8, -8), slice(8, -8))
        loss = loss + (moved[inner] - two[inner]).abs().mean()
    return loss / max(len(first), 1)
