"""An answer of `POST .../results`: what became of each page, the picture and the people found."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from livecut.wire.malformed import Malformed

__all__ = ["Box", "ImageEntity", "Objects", "OtherEntity", "Person", "Result", "Results", "Status"]

Finite = Annotated[float, Field(allow_inf_nan=False)]
Box: TypeAlias = tuple[Finite, Finite, Finite, Finite]
"""x, y, width and height as fractions of the picture's width and height, from its top left corner."""


class _Part(BaseModel):
    # Fields the document does not have are let through: a service may grow.
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Status(_Part):
    """How it went."""

    code: Literal["ok", "failure"]
    message: str


class ImageEntity(_Part):
    """The picture of an answer."""

    kind: Literal["image"] = "image"
    name: str
    image: str = Field(repr=False)
    """base64, or an address when `representation` is `url`."""
    format: str = "PNG"
    representation: Literal["base64", "url"] = "base64"

    @classmethod
    def of(cls, name: str, png: bytes) -> Self:
        """The entity for a PNG file."""
        return cls(name=name, image=base64.b64encode(png).decode("ascii"))

    def content(self) -> bytes:
        """The file; `Malformed` when it is not base64 or not in the answer but at an address."""
        if self.representation != "base64":
            raise Malformed("the picture is at an address, not in the answer")
        try:
            return base64.b64decode(self.image, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Malformed("the picture is not base64") from error


class Classes(_Part):
    """What an object is, with its certainty."""

    kind: Literal["classes"] = "classes"
    name: str = "classes"
    classes: dict[str, int | float]


class Person(_Part):
    """One object: a separate person."""

    box: Box
    entities: tuple[Classes, ...] = ()

    @classmethod
    def at(cls, box: Box) -> Self:
        """The object the people service reports at a box."""
        return cls(box=box, entities=(Classes(classes={"opaque-content": 1}),))


class Objects(_Part):
    """The people found."""

    kind: Literal["objects"] = "objects"
    name: str = "objects"
    objects: tuple[Person, ...]


class OtherEntity(_Part):
    """An entity of a kind the document does not have; its content is not kept."""

    kind: str


def _tag(value: Any) -> str:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return kind if kind in ("image", "objects") else "other"


Entity: TypeAlias = Annotated[
    Annotated[ImageEntity, Tag("image")] | Annotated[Objects, Tag("objects")] | Annotated[OtherEntity, Tag("other")],
    Discriminator(_tag),
]


class Result(_Part):
    """What became of one page of the input. Without width, height and entities when it could not be processed."""

    status: Status
    name: str = ""
    md5: str = ""
    page: int | None = None
    """For inputs of several pages only."""
    width: int | None = Field(None, gt=0)
    height: int | None = Field(None, gt=0)
    entities: tuple[Entity, ...] = ()

    @classmethod
    def failure(cls, message: str, *, name: str, md5: str) -> Self:
        """A picture that cannot be processed, and why."""
        return cls(status=Status(code="failure", message=message), name=name, md5=md5)

    @classmethod
    def success(
        cls, picture: ImageEntity, boxes: tuple[Box, ...], *, name: str, md5: str, width: int, height: int
    ) -> Self:
        """A picture that was processed."""
        return cls(
            status=Status(code="ok", message="Success"),
            name=name,
            md5=md5,
            width=width,
            height=height,
            entities=(picture, Objects(objects=tuple(Person.at(box) for box in boxes))),
        )

    @property
    def ok(self) -> bool:
        """True when the page was processed."""
        return self.status.code == "ok"

    @property
    def picture(self) -> ImageEntity | None:
        """The picture, when there is one."""
        return next((entity for entity in self.entities if isinstance(entity, ImageEntity)), None)

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Where the people are."""
        return tuple(one.box for entity in self.entities if isinstance(entity, Objects) for one in entity.objects)


class Results(_Part):
    """The whole answer: one result, or one for each page."""

    results: tuple[Result, ...] = Field(min_length=1)

    def __bytes__(self) -> bytes:
        return self.model_dump_json(exclude_none=True).encode("utf-8")

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """The answer in a body; `Malformed` names the first field that is wrong."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            # The parser's own words quote no input; the place does, at most by a field's name.
            where = ".".join(str(step) for step in first["loc"]) or "the answer"
            raise Malformed(f"{where}: {first['msg']}") from None
