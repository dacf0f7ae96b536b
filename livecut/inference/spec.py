"""What a network is: one row of models/manifest.toml, checked and frozen."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from livecut.errors import ModelError
from livecut.protocols import Need
from livecut.types import Size

__all__ = ["LOOPBACK", "DepthOutput", "InputSpec", "MatteOutput", "ModelSpec", "StatePair", "parse_manifest"]

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^(sha256:[0-9a-f]{64}|git-blob:[0-9a-f]{40})$")]
Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
Triple = tuple[float, float, float]


LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
"""Hosts that may be spoken to without TLS."""
_AS_IT_IS: Final = ("nhwc", "bgr", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


class Row(BaseModel):
    """A frozen table of the manifest; keys it does not know are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class InputSpec(Row):
    """The picture as the network wants it: `(pixel - mean) / std`, pixels counting 0 … 255."""

    name: str
    """Of the tensor in the ONNX graph; empty: its only input."""
    width: int = Field(ge=8, le=4096)
    height: int = Field(ge=8, le=4096)
    layout: Literal["nchw", "nhwc"]
    colour: Literal["bgr", "rgb"]
    dtype: Literal["uint8", "float32"] = "float32"
    mean: Triple = (0.0, 0.0, 0.0)
    """In the network's own channel order."""
    std: Triple = (1.0, 1.0, 1.0)

    @property
    def size(self) -> Size:
        """Width and height of the picture the network sees."""
        return Size(self.width, self.height)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Of the tensor, one picture a batch."""
        if self.layout == "nhwc":
            return (1, self.height, self.width, 3)
        return (1, 3, self.height, self.width)

    @model_validator(mode="after")
    def _normalisation_is_possible(self) -> Self:
        if any(value <= 0.0 for value in self.std):
            raise ValueError("std must be above 0")
        if self.dtype == "uint8" and (self.layout, self.colour, self.mean, self.std) != _AS_IT_IS:
            raise ValueError("a uint8 input is nhwc and bgr, without mean and std")
        return self


class MatteOutput(Row):
    """Where in the network's answer the person is, or the person and what she holds."""

    name: str
    """Of the tensor in the ONNX graph; empty: its only output."""
    channel: int = Field(0, ge=0, le=15)
    activation: Literal["none", "sigmoid", "softmax"] = "none"
    """What makes 0 … 1 of it; none: it is that already."""


class DepthOutput(Row):
    """Where in the network's answer nearness is."""

    name: str
    """Of the tensor in the ONNX graph; empty: its only output."""
    channel: int = Field(0, ge=0, le=15)
    far: float = 0.0
    """Raw value that becomes nearness 0; larger than `near` for a network that answers distance."""
    near: float = 1.0
    """Raw value that becomes nearness 1."""

    @model_validator(mode="after")
    def _range_is_not_empty(self) -> Self:
        if self.far == self.near:
            raise ValueError("far and near must differ")
        return self


class StatePair(Row):
    """A recurrent state: what the network answered under `output` it is given under `input` with the next frame."""

    input: str
    output: str


class ModelSpec(Row):
    """One network: its file, where it comes from, under which licence, and what goes in and comes out."""

    name: Name
    title: str = Field(min_length=1, max_length=100)
    """One line for people."""
    task: Literal["matte", "depth", "joint"]
    file: str = ""
    """Below models/, of a shipped network; a fetched one is stored as `NAME.onnx`."""
    url: str = ""
    """Of the file upstream, pinned to a commit."""
    bytes: int | None = Field(None, gt=0)
    """Size of the file; None where only its git blob id is known (which covers the size too)."""
    digest: Digest
    """`sha256:…`, or `git-blob:…`: sha1 of `blob SIZE\\0` and the content, as git names it."""
    licence: str = Field(min_length=1)
    """SPDX identifier."""
    licence_note: str = ""
    """What a user should know before fetching."""
    source: str = ""
    """Repository the file comes from."""
    commit: Commit | None = None
    input: InputSpec
    matte: MatteOutput | None = None
    depth: DepthOutput | None = None
    held: MatteOutput | None = None
    """Of the person or of a thing she holds, beside `matte`."""
    states: tuple[StatePair, ...] = ()
    constants: Mapping[str, float] = Field(default_factory=dict)
    """Further inputs of one element that never change."""
    fit: Literal["pad", "stretch"] = "pad"
    """What becomes of a frame whose aspect ratio is another than the network's."""
    upright: str = ""
    """Name of the row with the same network for upright pictures, if there is one."""
    matte_only: str = ""
    """Name of the row with the same network cut down to its matte, if there is one."""
    shipped: bool = False
    fetch: bool = False

    @property
    def gives(self) -> frozenset[Need]:
        """What it answers."""
        return frozenset(self.outputs)

    @property
    def outputs(self) -> Mapping[Need, MatteOutput | DepthOutput]:
        """Where each of its answers is, in the order in which they are bound."""
        present = {Need.MATTE: self.matte, Need.DEPTH: self.depth, Need.HELD: self.held}
        return {need: output for need, output in present.items() if output is not None}

    def without_held(self) -> ModelSpec:
        """The same network where nobody asks what is held: that output is neither bound nor read."""
        return self if self.held is None else self.model_copy(update={"held": None})

    @field_validator("url")
    @classmethod
    def _url_is_safe(cls, url: str) -> str:
        if url:
            parsed = TypeAdapter(HttpUrl).validate_python(url)
            if parsed.scheme != "https" and parsed.host not in LOOPBACK:
                raise ValueError("only https is fetched from")
        return url

    @field_validator("file")
    @classmethod
    def _file_stays_inside(cls, file: str) -> str:
        path = PurePosixPath(file)
        if path.is_absolute() or ".." in path.parts or "\\" in file:
            raise ValueError("must lie below models/")
        return file

    @model_validator(mode="after")
    def _row_is_whole(self) -> Self:
        wanted = {"matte": {Need.MATTE}, "depth": {Need.DEPTH}, "joint": {Need.MATTE, Need.DEPTH}}[self.task]
        if self.gives - {Need.HELD} != wanted:
            raise ValueError(f"task {self.task} needs exactly the outputs {sorted(need.value for need in wanted)}")
        if self.held is not None and (self.matte is None or not self.held.name):
            raise ValueError("what is held is a named output beside the matte")
        if self.shipped == self.fetch:
            raise ValueError("a network is either shipped or fetched")
        if self.shipped and not self.file:
            raise ValueError("a shipped network needs its file")
        if self.fetch and not self.url:
            raise ValueError("a network to fetch needs its url")
        if self.digest.startswith("sha256:") and self.bytes is None:
            raise ValueError("a sha256 digest needs the size in bytes")
        return self


def parse_manifest(text: str, *, where: str = "manifest.toml") -> Mapping[str, ModelSpec]:
    """Rows of a manifest by name, in its own order; raises `ModelError` that names the row and the key."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"{where} is not TOML: {error}", hint="reinstall livecut") from error
    rows: dict[str, ModelSpec] = {}
    for number, table in enumerate(document.get("model", ()), start=1):
        label = table.get("name", f"row {number}") if isinstance(table, dict) else f"row {number}"
        try:
            spec = ModelSpec.model_validate(table)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            detail = f"{key}: {first['msg']}" if key else first["msg"]
            raise ModelError(f"{where}: {label}: {detail}", hint="reinstall livecut") from error
        if spec.name in rows:
            raise ModelError(f"{where}: two rows are named {spec.name}", hint="reinstall livecut")
        rows[spec.name] = spec
    for spec in rows.values():
        twin = rows.get(spec.upright)
        if spec.upright and (twin is None or twin.gives != spec.gives or twin.upright):
            reason = f"upright: {spec.upright!r} names no row that gives the same"
            raise ModelError(f"{where}: {spec.name}: {reason}", hint="reinstall livecut")
        part = rows.get(spec.matte_only)
        if spec.matte_only and (part is None or part.gives != {Need.MATTE} or part.input.size != spec.input.size):
            reason = f"matte_only: {spec.matte_only!r} names no row that gives the matte alone of as large a picture"
            raise ModelError(f"{where}: {spec.name}: {reason}", hint="reinstall livecut")
    if not rows:
        raise ModelError(f"{where} has no rows", hint="reinstall livecut")
    return MappingProxyType(rows)
