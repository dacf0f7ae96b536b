"""The whole settings tree; everything that changes it is a patch, and the tree itself is frozen."""

from __future__ import annotations

import os.path
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from livecut.settings.economy import GovernorSettings, MotionGateSettings
from livecut.settings.layers import LayersSettings
from livecut.settings.look import LookSettings
from livecut.settings.presets import Presets, describe_presets
from livecut.settings.sections import (
    Background,
    DepthSettings,
    EffectSettings,
    MatteSettings,
    Section,
)
from livecut.settings.services import PanelSettings, RemoteSettings, ServerSettings
from livecut.types import Size

__all__ = [
    "ModelSettings",
    "OutputSettings",
    "PrivacySettings",
    "Settings",
    "SizeField",
    "SourceSettings",
    "ThreadSettings",
]

MAX_SIDE_PX = 16384


def _parse_size(value: object) -> object:
    """Accept `WxH` as well as a pair of whole numbers."""
    pair: tuple[object, ...] | list[object] | None
    if isinstance(value, str):
        match = re.fullmatch(r"(\d{1,5})[xX×](\d{1,5})", value.strip())
        pair = None if match is None else (int(match[1]), int(match[2]))
    else:
        pair = value if isinstance(value, (tuple, list)) and len(value) == 2 else None
    if pair is None:
        raise ValueError("a size is written WxH, e.g. 1280x720")
    width, height = map(_side, pair)
    return Size(width, height)


def _side(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("a side is a whole number of pixels")
    if not 0 < value <= MAX_SIDE_PX:
        raise ValueError(f"a side is between 1 and {MAX_SIDE_PX} pixels")
    return value


SizeField = Annotated[
    Size,
    BeforeValidator(_parse_size),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d+x\d+$", "examples": ["1280x720"]}),
]


HomePath = Annotated[str, AfterValidator(os.path.expanduser)]
"""What may be a path; a leading ~ is the user's home, also where no shell reads it."""


class SourceSettings(Section):
    """Where frames come from."""

    input: str = Field(
        "0",
        min_length=1,
        description="demo, camera index, /dev/videoN, camera name, file, image or URL (rtsp, http). A relative path "
        "in a settings file is of that file's folder, here and wherever a path may stand.",
    )
    size: SizeField | None = Field(
        None, description="Size asked of a camera; default: the output's, else the driver's."
    )
    fps: float | None = Field(None, ge=1.0, le=1000.0, description="Rate asked of a camera, from 1 on.")
    mjpg: bool = Field(True, description="Ask a camera for MJPG, without which many give 720p at 10 fps only.")
    loop: bool = Field(False, description="Start a file again at its end.")
    pace: Literal["auto", "realtime", "fast"] = Field(
        "auto",
        description="Files: at their own rate, or as fast as it goes; auto: fast when only files are written.",
    )
    stale_after_s: float = Field(
        3.0, gt=0.0, le=3600.0, description="A camera that answers the very same picture this long counts as lost."
    )
    timeout_s: float = Field(
        10.0, gt=0.0, le=3600.0, description="How long to wait for a stream or a camera to answer."
    )


class OutputSettings(Section):
    """Where pictures go, in which size and rate."""

    sinks: tuple[HomePath, ...] = Field(
        ("virtualcam",),
        description="virtualcam[:PATH|:LABEL], /dev/videoN, window, memory (the newest 60), null, or a file's path: "
        "a relative one in a settings file is written to that file's folder.",
    )
    size: SizeField | None = Field(None, description="Size of the picture; default: the source's.")
    fps: float | None = Field(
        None, ge=1.0, le=240.0, description="Rate of the picture, 1 to 240; default: the source's."
    )
    fit: Literal["cover", "contain", "stretch"] = Field("cover", description="How another aspect ratio is fitted.")
    mirror: bool = Field(False, description="Mirror left and right.")
    pixel_format: Literal["auto", "i420", "nv12"] = Field(
        "auto", description="What a virtual camera is given; auto takes what its driver uses natively."
    )
    on_demand: bool = Field(
        False,
        description="Open the camera only while a program looks at the virtual camera (Linux); the privacy card stands "
        "there until then.",
    )


class ModelSettings(Section):
    """Which networks."""

    name: str = Field("livecut-joint-small", description="Network for the matte (and depth, where it is joint).")
    depth: str | None = Field(
        None, description="Another network for depth; default: the joint one, else the shipped one."
    )
    still: str | None = Field(
        None,
        description="Another network for single pictures; default: the quality size of the shipped one.",
    )


class PrivacySettings(Section):
    """What keeps the room from being shown."""

    max_matte_age_ms: float = Field(
        500.0,
        gt=0.0,
        le=10_000.0,
        description="Older mattes and pictures are not shown; the privacy card is.",
    )
    card: Background = Field(
        "#20262c", description="Colour of the privacy card, or path of a picture: red is the colour, ./red a file."
    )
    card_text: str = Field(
        "camera paused", max_length=80, description="Text on the privacy card; on a picture none is drawn."
    )

    @property
    def max_age_ns(self) -> int:
        """`max_matte_age_ms` in the unit of frames' times."""
        return round(self.max_matte_age_ms * 1e6)


class ThreadSettings(Section):
    """How many cores each pool may use; 0 lets livecut choose."""

    inference: int = Field(0, ge=0, le=256, description="Threads of ONNX Runtime.")
    kernels: int = Field(0, ge=0, le=256, description="Threads of the pixel kernels.")


class Settings(Section):
    """Everything that can be set."""

    model_config = ConfigDict(json_schema_extra=describe_presets)

    source: SourceSettings = Field(default_factory=SourceSettings, description="Where frames come from.")
    output: OutputSettings = Field(default_factory=OutputSettings, description="Where pictures go.")
    effect: EffectSettings = Field(default_factory=EffectSettings, description="What is done with the picture.")
    model: ModelSettings = Field(default_factory=ModelSettings, description="Which networks.")
    matte: MatteSettings = Field(default_factory=MatteSettings, description="Refinement of the matte.")
    depth: DepthSettings = Field(default_factory=DepthSettings, description="Stability of depth.")
    look: LookSettings = Field(default_factory=LookSettings, description="The picture before anything is done with it.")
    layers: LayersSettings = Field(default_factory=LayersSettings, description="What lies on the picture.")
    privacy: PrivacySettings = Field(
        default_factory=PrivacySettings, description="What keeps the room from being shown."
    )
    governor: GovernorSettings = Field(
        default_factory=GovernorSettings, description="What gives when the machine is too busy."
    )
    motion_gate: MotionGateSettings = Field(
        default_factory=MotionGateSettings, description="Networks rest while nothing moves."
    )
    threads: ThreadSettings = Field(default_factory=ThreadSettings, description="Use of the cores.")
    remote: RemoteSettings = Field(default_factory=RemoteSettings, description="The remote services for stills.")
    server: ServerSettings = Field(default_factory=ServerSettings, description="`livecut serve`.")
    panel: PanelSettings = Field(default_factory=PanelSettings, description="`livecut run --panel`.")
    device: Literal["auto", "cpu", "cuda", "directml", "coreml"] = Field(
        "auto", description="Where networks run; auto takes CUDA where it works and says what runs."
    )
    presets: Presets = Field(
        default_factory=dict,
        description="Looks to choose from while it runs, by their names: each sets what may change then, over what the "
        "program was started with.",
    )
