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
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from joint import losses
from joint.batches import Batch, Batches, Shape, loader
from joint.network import SIZES, JointNet, pixels, standardise, start_from
from joint.team import Team
from torch import Tensor, multiprocessing, nn

WARM_UP = 150
"""Steps over which the learning rate rises to its peak."""
LAST_RATE = 0.01
"""Share of the peak that the cosine ends at."""
CLIP = 1.0
DECAY = 1e-3
AVERAGE = 0.998
"""Decay of the average of the weights, which is what is exported."""
CHECKPOINT = "checkpoint.pt"
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


def step_loss(
    network: JointNet, batch: Batch, device: torch.device, weight: float = losses.DEPTH_WEIGHT
) -> tuple[Tensor, list[float]]:
    """Return the loss of BATCH, depth counting by WEIGHT, and its matte, depth, steadiness and held parts to print."""
    frames = pixels(batch.image).contiguous(memory_format=torch.channels_last)
    with torch.autocast(device.type, torch.bfloat16):
        logits, depth, held = (m.float() for m in network(frames))
    target = batch.target()
    matte, depths = losses.matte_loss(logits, target), losses.depth_loss(depth, target)
    helds = losses.matte_loss(held, target.with_held())
    twins = len(batch.shifts)
    both = torch.cat([torch.sigmoid(logits), depth, torch.sigmoid(held)], 1)
    steady = matte.new_zeros(())
    if twins:
        steady = losses.steady_loss(both[-2 * twins : -twins], both[-twins:], batch.shifts)
    total = matte + weight * depths + losses.STEADY_WEIGHT * steady + losses.HELD_WEIGHT * helds
    return total, [matte.item(), depths.item(), steady.item(), helds.item()]


def train(state: State, batches: Any, arguments: argparse.Namespace, device: torch.device, team: Team) -> None:
    """Train until the minutes are spent."""
    budget, started, before = arguments.minutes * 60, time.monotonic(), state.seconds
    sums, printed = [0.0] * 4, time.monotonic()
    for batch in batches:
        loss, parts = step_loss(state.network, batch.to(device), device, arguments.depth_weight)
        state.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        share = team.average(state.network, state.seconds / budget)
        norm = nn.utils.clip_grad_norm_(state.network.parameters(), CLIP)
        for group in state.optimiser.param_groups:
            group["lr"] = rate(state.step, share, arguments.rate)
        if torch.isfinite(norm):
            state.optimiser.step()
        state.step += 1
        state.seconds = before + time.monotonic() - started
        state.blend()
        sums = [s + p for s, p in zip(sums, parts, strict=True)]
        if team.rank == 0 and state.step % PRINT_EVERY == 0:
            matte, depth, steady, held = (s / PRINT_EVERY for s in sums)
            now = time.monotonic()
            pace = PRINT_EVERY * arguments.batch / (now - printed)
            print(
                f"{state.step} {state.seconds:.0f}s matte {matte:.4f} depth {depth:.4f} steady {steady:.4f} "
                f"held {held:.4f} norm {float(norm):.2f} {pace:.0f}/s",
                flush=True,
            )
            sums, printed = [0.0] * 4, now
        if team.rank == 0 and state.step % SAVE_EVERY == 0:
            state.save(arguments.out / CHECKPOINT)
        if share >= 1:
            break


def shapes(arguments: argparse.Namespace, processes: int) -> list[Shape]:
    """Return the inputs to train for, the frames of a batch divided among PROCESSES."""
    count, twins = arguments.batch // processes, arguments.twins // processes
    size, larger = SIZES[arguments.size], SIZES["quality"]
    wanted = [(size, 1 - arguments.larger, 1), (larger, arguments.larger, 2)]

    def scaled(inputs: tuple[int, int]) -> tuple[int, int]:
        width, height = (max(32, round(side * arguments.scale / 16) * 16) for side in inputs)
        return width, height

    return [
        Shape(scaled(inputs), part * share, max(count // fewer, 2), max(twins // fewer, 1))
        for layout, part, fewer in wanted
        for inputs, share in ((layout.shapes()["wide"], 1 - arguments.upright), (layout.upright, arguments.upright))
        if part * share > 0
    ]


def run(rank: int, arguments: argparse.Namespace) -> None:
    """Train as one process, the one of RANK, among as many as the command line asks for."""
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit("stopped"))
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    team = Team(rank, arguments.processes)
    team.join()
    device = torch.device("cuda" if torch.cuda.is_available() and team.size == 1 else "cpu")
    size = SIZES[arguments.size]
    network = JointNet(size)
    checkpoint = arguments.out / CHECKPOINT
    seconds = int(torch.load(checkpoint, weights_only=True)["seconds"]) if checkpoint.exists() else 0
    batches = Batches(arguments.set, shapes(arguments, team.size), (arguments.seed, seconds), rank)
    source = loader(batches, arguments.workers)
    if checkpoint.exists():
        print(f"going on from {checkpoint}")
    elif arguments.init_from:
        print("new layers:", ", ".join(start_from(network, arguments.init_from)) or "none")
    else:
        standardise(network, pixels(next(iter(batches)).image))
    team.align(network)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    network.freeze(arguments.freeze)
    optimiser = torch.optim.AdamW(network.parameters(), arguments.rate, weight_decay=DECAY)
    state = State(network, {k: v.clone() for k, v in network.state_dict().items()}, optimiser)
    if checkpoint.exists():
        state.load(checkpoint)
    print(f"{sum(p.numel() for p in network.parameters())} parameters on {device}", flush=True)
    try:
        train(state, source, arguments, device, team)
    finally:
        if rank == 0:
            state.save(checkpoint)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path, nargs="+", metavar="SET", help="folders that make_training_set.py wrote")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder for checkpoint.pt")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument(
        "--init-from", type=Path, metavar="FILE", help="an exported .onnx or a checkpoint to start from"
    )
    parser.add_argument("--batch", type=int, default=16, help="frames a step (default: 16)")
    parser.add_argument("--twins", type=int, default=2, help="of which moved copies, for steadiness (default: 2)")
    parser.add_argument("--upright", type=float, default=0.4, help="share of upright batches (default: 0.4)")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of all inputs: what to look for is learnt faster on smaller pictures"
    )
    parser.add_argument(
        "--larger", type=float, default=0.0, help="share of batches at the quality size, which can start from them"
    )
    parser.add_argument("--rate", type=float, default=7e-4, help="peak learning rate (default: 7e-4)")
    parser.add_argument(
        "--depth-weight",
        type=float,
        default=losses.DEPTH_WEIGHT,
        help=f"of depth's loss beside the matte's (default: {losses.DEPTH_WEIGHT})",
    )
    parser.add_argument("--freeze", type=int, default=0, metavar="N", help="hold the encoder's first N parts")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2, help="that share the batch, on a CPU (default: 2)")
    parser.add_argument("--threads", type=int, default=1, help="a process (default: 1)")
    parser.add_argument("--workers", type=int, default=1, help="processes that make batches, for each (default: 1)")
    arguments = parser.parse_args()

    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.processes == 1:
        run(0, arguments)
    else:
        multiprocessing.spawn(run, (arguments,), nprocs=arguments.processes)  # type: ignore[no-untyped-call,attr-defined]


if __name__ == "__main__":
    main()
