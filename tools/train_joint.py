# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2", "onnx>=1.17", "opencv-python-headless>=4.10", "torch>=2.5"]
# ///
"""Train a joint matte and depth network on a set of make_training_set.py.

Stops when its minutes are spent; a run that was broken off goes on from OUT/checkpoint.pt. Runs on a CPU in bfloat16
or, where there is one, on a GPU.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from joint import losses
from joint.batches import Batch, Batches, loader
from joint.network import SIZES, JointNet, pixels, standardise, start_from
from torch import Tensor, nn

WARM_UP = 150
"""Steps over which the learning rate rises to its peak."""
LAST_RATE = 0.01
"""Share of the peak that the cosine ends at."""
CLIP = 1.0
DECAY = 1e-3
AVERAGE = 0.999
"""Decay of the average of the weights, which is what is exported."""
SAVE_EVERY, PRINT_EVERY = 200, 50


@dataclass
class State:
    """All that a run needs to go on."""

    network: JointNet
    average: dict[str, Tensor]
    optimiser: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0

    def save(self, path: Path) -> None:
        """Write to PATH, whole or not at all."""
        part = path.with_suffix(".part")
        content = {
            "network": self.network.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }
        torch.save(content, part)
        part.replace(path)

    def load(self, path: Path) -> None:
        """Read what save wrote."""
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        self.network.load_state_dict(content["network"])
        self.optimiser.load_state_dict(content["optimiser"])
        for name, value in content["average"].items():
            self.average[name].copy_(value)
        self.step, self.seconds = content["step"], content["seconds"]

    def blend(self) -> None:
        """Move the average a little towards the weights as they are."""
        decay = min(AVERAGE, (1 + self.step) / (20 + self.step))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                self.average[name].lerp_(value, 1 - decay)


def rate(step: int, share: float, peak: float) -> float:
    """Return the learning rate at STEP when SHARE of the time is spent: a rise, then a cosine."""
    cosine = 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))
    return peak * min(1.0, (step + 1) / WARM_UP) * (LAST_RATE + (1 - LAST_RATE) * cosine)


def step_loss(network: JointNet, batch: Batch, device: torch.device) -> tuple[Tensor, list[float]]:
    """Return the loss of BATCH, and its matte, depth and steadiness parts to print."""
    frames = pixels(batch.image).contiguous(memory_format=torch.channels_last)
    with torch.autocast(device.type, torch.bfloat16):
        logits, depth = network(frames)
    logits, depth = logits.float(), depth.float()
    target = batch.target()
    matte, depths = losses.matte_loss(logits, target), losses.depth_loss(depth, target)
    twins = len(batch.shifts)
    both = torch.cat([torch.sigmoid(logits), depth], 1)
    steady = matte.new_zeros(())
    if twins:
        steady = losses.steady_loss(both[-2 * twins : -twins], both[-twins:], batch.shifts)
    total = matte + losses.DEPTH_WEIGHT * depths + losses.STEADY_WEIGHT * steady
    return total, [matte.item(), depths.item(), steady.item()]


def train(state: State, batches: Any, arguments: argparse.Namespace, device: torch.device) -> None:
    """Train until the minutes are spent."""
    checkpoint = arguments.out / "checkpoint.pt"
    budget, started, before = arguments.minutes * 60, time.monotonic(), state.seconds
    sums, printed = [0.0, 0.0, 0.0], time.monotonic()
    for batch in batches:
        share = state.seconds / budget
        for group in state.optimiser.param_groups:
            group["lr"] = rate(state.step, share, arguments.rate)
        loss, parts = step_loss(state.network, batch.to(device), device)
        state.optimiser.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(state.network.parameters(), CLIP)
        if torch.isfinite(norm):
            state.optimiser.step()
        state.step += 1
        state.seconds = before + time.monotonic() - started
        state.blend()
        sums = [s + p for s, p in zip(sums, parts, strict=True)]
        if state.step % PRINT_EVERY == 0:
            matte, depth, steady = (s / PRINT_EVERY for s in sums)
            now = time.monotonic()
            pace = PRINT_EVERY * arguments.batch / (now - printed)
            print(
                f"{state.step} {state.seconds:.0f}s matte {matte:.4f} depth {depth:.4f} steady {steady:.4f} "
                f"norm {float(norm):.2f} {pace:.0f}/s",
                flush=True,
            )
            sums, printed = [0.0, 0.0, 0.0], now
        if state.step % SAVE_EVERY == 0:
            state.save(checkpoint)
        if state.seconds >= budget:
            break
    state.save(checkpoint)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path, metavar="SET", help="folder that make_training_set.py wrote")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder for checkpoint.pt")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument(
        "--init-from", type=Path, metavar="FILE", help="an exported .onnx or a checkpoint to start from"
    )
    parser.add_argument("--batch", type=int, default=32, help="frames a step (default: 32)")
    parser.add_argument("--twins", type=int, default=4, help="of which moved copies, for steadiness (default: 4)")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="peak learning rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1, help="processes that make batches")
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    size = SIZES[arguments.size]
    network = JointNet(size)
    arguments.out.mkdir(parents=True, exist_ok=True)
    checkpoint = arguments.out / "checkpoint.pt"
    seconds = int(torch.load(checkpoint, weights_only=True)["seconds"]) if checkpoint.exists() else 0
    batches = Batches(
        arguments.set, (size.width, size.height), arguments.batch, arguments.twins, arguments.seed + seconds
    )
    source = loader(batches, arguments.workers)
    if checkpoint.exists():
        print(f"going on from {checkpoint}")
    elif arguments.init_from:
        print("new layers:", ", ".join(start_from(network, arguments.init_from)) or "none")
    else:
        standardise(network, pixels(next(iter(batches)).image))
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(network.parameters(), arguments.rate, weight_decay=DECAY)
    state = State(network, {k: v.clone() for k, v in network.state_dict().items()}, optimiser)
    if checkpoint.exists():
        state.load(checkpoint)
    print(f"{sum(p.numel() for p in network.parameters())} parameters on {device}", flush=True)
    train(state, source, arguments, device)


if __name__ == "__main__":
    main()
