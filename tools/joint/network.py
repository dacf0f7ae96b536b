"""The joint network: one encoder and decoder, a matte and a depth map from the same features."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

MIDDLE, HALF_RANGE = 127.5, 127.5
"""Pixels become (x - MIDDLE) / HALF_RANGE."""


@dataclass(frozen=True)
class Size:
    """What tells one joint network from another."""

    width: int
    height: int
    blocks: tuple[int, int, int, int]
    """Inverted residual blocks after the strided one, for each of the four stages."""
    channels: tuple[int, int, int, int, int] = (16, 24, 40, 72, 112)
    kernels: tuple[int, int, int, int] = (3, 3, 5, 5)
    upright: tuple[int, int] = (288, 288)
    """Width and height of the input for pictures that are no wider than high; the layers are the same."""

    def shapes(self) -> dict[str, tuple[int, int]]:
        """Return the inputs that the network is trained for, width and height."""
        return {"wide": (self.width, self.height), "upright": self.upright}


SIZES = {
    "small": Size(288, 160, (1, 2, 3, 3)),
    "quality": Size(512, 288, (1, 3, 6, 7), upright=(352, 416)),
}
"""The larger one has more blocks where the picture is small and they cost little; it can start from the smaller one."""


class Conv(nn.Module):
    """A convolution whose output channels have a gain of their own.

    It stands where others put batch normalisation, which costs as much as the convolutions when training on a CPU:
    gains start from the statistics of the first pictures (standardise) and are then learnt.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True
    ) -> None:
        """Make a KERNEL x KERNEL convolution, followed by a ReLU where ACT."""
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs // groups, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.gain: nn.Parameter | None = nn.Parameter(torch.ones(outputs))
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")
        self.stride, self.padding, self.groups, self.act = stride, kernel // 2, groups, act
        # oneDNN's backward pass in bfloat16 is six times slower than in float32 for these, on CPUs.
        self.wide = groups > 1 and (stride > 1 or kernel > 3)

    def forward(self, x: Tensor) -> Tensor:
        """Return the filtered X."""
        weight = self.weight if self.gain is None else self.weight * self.gain[:, None, None, None]
        if self.wide and x.dtype == torch.bfloat16 and x.device.type == "cpu":
            with torch.autocast("cpu", enabled=False):
                y = functional.conv2d(x.float(), weight, self.bias, self.stride, self.padding, 1, self.groups).to(
                    x.dtype
                )
        else:
            y = functional.conv2d(x, weight, self.bias, self.stride, self.padding, 1, self.groups)
        return functional.relu(y) if self.act else y

    def fold(self) -> None:
        """Multiply the gain into the weights, for export."""
        if self.gain is not None:
            self.weight.data *= self.gain.data[:, None, None, None]
            self.gain = None


class Block(nn.Module):
    """An inverted residual block (MobileNetV2): expand, filter each channel, project."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int, kernel: int) -> None:
        """Make a block; it adds its input where shape allows."""
        super().__init__()
        hidden = inputs * expansion
        self.residual = stride == 1 and inputs == outputs
        self.expand = Conv(inputs, hidden, 1)
        self.filter = Conv(hidden, hidden, kernel, stride, groups=hidden)
        self.project = Conv(hidden, outputs, 1, act=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return X after the block."""
        y: Tensor = self.project(self.filter(self.expand(x)))
        return x + y if self.residual else y

    def silence(self) -> None:
        """Make a residual block pass its input on, so that it can be added to a trained network."""
        if self.residual and self.project.gain is not None:
            nn.init.zeros_(self.project.gain)
            nn.init.zeros_(self.project.bias)


class JointNet(nn.Module):
    """Matte logits and depth from pixels."""

    def __init__(self, size: Size) -> None:
        """Make the layers of SIZE with random weights."""
        super().__init__()
        c = size.channels
        self.size = size
        self.stem = Conv(3, c[0], 3, 2)
        self.stages = nn.ModuleList(
            nn.Sequential(
                Block(c[i], c[i + 1], 2, 4 if i else 3, size.kernels[i]),
                *[Block(c[i + 1], c[i + 1], 1, 3, size.kernels[i]) for _ in range(size.blocks[i])],
            )
            for i in range(4)
        )
        self.context = Conv(c[4], c[4], 1, act=False)
        self.lateral = nn.ModuleList(Conv(c[i + 1], c[i], 1, act=False) for i in range(4))
        self.merge = nn.ModuleList(Block(c[i], c[i], 1, 2, 3) for i in range(4))
        self.head = Conv(c[0], 3, 3, act=False)
        self.edge = Conv(c[0], c[0], 3)
        self.detail = Conv(c[0], 8, 3, act=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits of the matte, depth, and logits of the person with what she holds, of X scaled to -1..1.

        X is [N, 3, H, W], each answer [N, 1, H, W].
        """
        y = self.decoded(x)
        coarse = self.head(y)
        both = functional.interpolate(coarse[:, :2], scale_factor=2.0, mode="bilinear") + self.fine(y)
        # What is held is added to the person, and has no fine detail: it would cost as much as the matte's.
        held = functional.interpolate(coarse[:, :1] + coarse[:, 2:], scale_factor=2.0, mode="bilinear")
        return both[:, :1], both[:, 1:], held

    def decoded(self, x: Tensor) -> Tensor:
        """Return what all answers are made of, at half the size of X."""
        features = [self.stem(x)]
        for stage in self.stages:
            features.append(stage(features[-1]))
        y = features[-1]
        y = y * functional.hardsigmoid(self.context(functional.adaptive_avg_pool2d(y, 1)))
        for i in reversed(range(4)):
            below = features[i]
            y = functional.interpolate(self.lateral[i](y), size=list(below.shape[-2:]), mode="bilinear") + below
            y = self.merge[i](y)
        return y

    def fine(self, y: Tensor) -> Tensor:
        """Return what is added to the enlarged coarse maps of Y, at twice its size."""
        return functional.pixel_shuffle(self.detail(self.edge(y)), 2)

    def freeze(self, parts: int) -> None:
        """Hold the first PARTS of the encoder, the stem being one: what they see is learnt early and costs most."""
        for part in [self.stem, *self.stages][:parts]:
            part.requires_grad_(False)

    def folded(self) -> JointNet:
        """Return a copy whose gains are multiplied into its weights."""
        twin = copy.deepcopy(self).eval()
        for module in twin.modules():
            if isinstance(module, Conv):
                module.fold()
        return twin


class Contract(nn.Module):
    """A folded network behind the inputs and outputs that livecut's manifest promises."""

    def __init__(self, network: JointNet) -> None:
        """Wrap NETWORK."""
        super().__init__()
        self.net = network.folded()

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return matte (0-1), depth, and the matte with what is held, of IMAGE, uint8 [1, H, W, 3], BGR."""
        logits, depth, held = self.net(pixels(image))
        return torch.sigmoid(logits), depth, torch.sigmoid(held)


class MatteContract(nn.Module):
    """The same with nothing but the matte: who needs no depth does not pay for it."""

    def __init__(self, network: JointNet) -> None:
        """Wrap what NETWORK has for its matte, the first of its coarse maps and of its fine ones."""
        super().__init__()
        self.net = network.folded()
        for layer, maps in ((self.net.head, 1), (self.net.detail, 4)):
            layer.weight, layer.bias = nn.Parameter(layer.weight[:maps]), nn.Parameter(layer.bias[:maps])

    def forward(self, image: Tensor) -> Tensor:
        """Return the matte (0-1) of IMAGE, uint8 [1, H, W, 3], BGR."""
        y = self.net.decoded(pixels(image))
        coarse = functional.interpolate(self.net.head(y), scale_factor=2.0, mode="bilinear")
        return torch.sigmoid(coarse + self.net.fine(y))


def pixels(image: Tensor) -> Tensor:
    """Return uint8 [N, H, W, 3] as float [N, 3, H, W] in -1..1."""
    x: Tensor = (image.permute(0, 3, 1, 2).float() - MIDDLE) / HALF_RANGE
    return x


def standardise(network: JointNet, x: Tensor) -> None:
    """Set gains and biases so that each layer's output on X has mean 0 and spread 1 (Mishkin and Matas 2015).

    Residual projections get a small gain, heads are left small.
    """
    quiet = {id(m.project): 0.3 for m in network.modules() if isinstance(m, Block) and m.residual}
    quiet |= {id(network.head): 0.3, id(network.context): 0.3, id(network.detail): 0.0}
    handles = []

    def scale(module: nn.Module, _inputs: Any, _output: Tensor) -> Tensor:
        assert isinstance(module, Conv) and module.gain is not None
        y = functional.conv2d(_inputs[0], module.weight, None, module.stride, module.padding, 1, module.groups)
        mean, spread = y.mean((0, 2, 3)), y.std((0, 2, 3)) + 1e-3
        module.gain.data = quiet.get(id(module), 1.0) / spread
        module.bias.data = -mean * module.gain.data
        y = y * module.gain[:, None, None] + module.bias[:, None, None]
        return functional.relu(y) if module.act else y

    for module in network.modules():
        if isinstance(module, Conv):
            handles.append(module.register_forward_hook(scale))
    with torch.no_grad():
        network(x)
    for handle in handles:
        handle.remove()


def trained(path: Path) -> dict[str, Tensor]:
    """Return the weights of a checkpoint, their running average where there is one."""
    found: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    weights: dict[str, Tensor] = found.get("average", found)
    return weights


def start_from(network: JointNet, path: Path) -> list[str]:
    """Load what fits from a checkpoint (.pt) or an exported network (.onnx); return the layers that are new.

    New residual blocks pass their input on and a new detail head adds nothing, so that the network starts out as
    good as the one it came from.
    """
    if path.suffix == ".onnx":
        import onnx

        graph = onnx.load(str(path)).graph
        found = {
            i.name.removeprefix("net."): torch.from_numpy(onnx.numpy_helper.to_array(i).copy()).float()
            for i in graph.initializer
        }
    else:
        found = trained(path)
    own = network.state_dict()
    for name in [n for n in found if n.startswith(("detail.", "head.")) and n in own]:
        # An older network has fine detail for its matte only, and no output for what is held.
        lacking = own[name].shape[0] - found[name].shape[0]
        blank = torch.ones if name.endswith("gain") else torch.zeros
        found[name] = torch.cat([found[name], blank(lacking, *found[name].shape[1:])])
    fits = {k: v for k, v in found.items() if k in own and own[k].shape == v.shape}
    new = sorted({k.rsplit(".", 1)[0] for k in own if k.endswith("weight") and k not in fits})
    for name, module in network.named_modules():
        if isinstance(module, Block) and f"{name}.project" in new:
            module.silence()
    if "detail" in new:
        nn.init.zeros_(network.detail.weight)
    network.load_state_dict(fits, strict=False)
    return new
