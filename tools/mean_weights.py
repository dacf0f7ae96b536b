# /// script
# requires-python = ">=3.11"
# dependencies = ["torch"]
# ///
"""The mean of trained weights: python tools/mean_weights.py OUT.pt 0.75:RUN1/checkpoint.pt 0.25:RUN2/checkpoint.pt.

Means of runs that began at the same weights are often better than each (Wortsman et al. 2022, "Model soups"). `--less`
takes so much from the matte's bias, in logits: fewer doubtful pixels count as somebody. What people hold keeps its own.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from joint.network import trained
from torch import Tensor

MATTE, HELD = 0, 2
"""Channels of `head`: logits of the matte, and what is added to them for what is held."""
SILENT = ("project.gain", "project.bias")
"""What is zero in a block that passes its input on (`Block.silence`)."""


def mean(parts: list[tuple[float, dict[str, Tensor]]]) -> dict[str, Tensor]:
    """Return the mean of PARTS, each with its share; raises ValueError unless the shares add up to 1.

    A part may have fewer blocks than the deepest: there it counts as passing its input on.
    """
    if abs(sum(share for share, _ in parts) - 1.0) > 1e-6:
        raise ValueError("shares must add up to 1")
    deepest = max((part for _, part in parts), key=len)
    return {
        name: torch.stack([share * _of(part, name, value).float() for share, part in parts]).sum(0).to(value.dtype)
        for name, value in deepest.items()
    }


def _of(part: dict[str, Tensor], name: str, other: Tensor) -> Tensor:
    if name in part:
        return part[name]
    return torch.zeros_like(other) if name.endswith(SILENT) else other


def lessen(found: dict[str, Tensor], less: float) -> None:
    """Take LESS from the matte's bias, in place."""
    found["head.bias"][MATTE] -= less
    found["head.bias"][HELD] += less


def main() -> None:
    """Read, average, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("parts", nargs="+", metavar="SHARE:CHECKPOINT")
    parser.add_argument("--less", type=float, default=0.0, help="taken from the matte's bias, in logits")
    arguments = parser.parse_args()
    split = [part.split(":", 1) for part in arguments.parts]
    found = mean([(float(share), trained(Path(path))) for share, path in split])
    lessen(found, arguments.less)
    torch.save(found, arguments.out)


if __name__ == "__main__":
    main()
