"""Several processes that train one network together, each on frames of its own.

On shared cores this is faster than one process with several threads, which wait for each other at every layer.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import distributed, nn

ADDRESS, PORT = "127.0.0.1", "29517"
PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True)
class Team:
    """One process's place among all."""

    rank: int = 0
    size: int = 1

    def join(self) -> None:
        """Meet the others."""
        if self.size > 1:
            os.environ.update(MASTER_ADDR=ADDRESS, MASTER_PORT=PORT)
            distributed.init_process_group("gloo", rank=self.rank, world_size=self.size, timeout=PATIENCE)

    def align(self, network: nn.Module) -> None:
        """Give all processes the first one's weights."""
        if self.size > 1:
            for value in network.state_dict().values():
                distributed.broadcast(value, 0)

    def average(self, network: nn.Module, share: float) -> float:
        """Replace NETWORK's gradients by their mean over the team; return the first process's SHARE to all."""
        if self.size == 1:
            return share
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        flat = torch.cat([g.flatten() for g in gradients] + [torch.tensor([share if self.rank == 0 else 0.0])])
        distributed.all_reduce(flat)
        start = 0
        for gradient in gradients:
            gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient)).div_(self.size)
            start += gradient.numel()
        return float(flat[-1])
