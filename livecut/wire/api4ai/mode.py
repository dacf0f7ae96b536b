"""What the picture in an answer shows."""

from __future__ import annotations

from enum import StrEnum

from livecut.wire.malformed import Malformed

__all__ = ["Mode"]


class Mode(StrEnum):
    """The query parameter `mode`; a name that no document of the vendor's has is refused."""

    FG_IMAGE = "fg-image"
    """The person over transparency, or over the background that was sent: RGBA PNG."""
    FG_MASK = "fg-mask"
    """Coverage of the person, white on black: grey PNG."""
    FG_IMAGE_SHADOW = "fg-image-shadow"
    """As `fg-image`, with a drawn shadow."""
    FG_IMAGE_HIDECLP = "fg-image-hideclp"
    """As `fg-image`: hiding car licence plates is another API of the vendor's, and changes nothing for people."""
    FG_IMAGE_SHADOW_HIDECLP = "fg-image-shadow-hideclp"
    """As `fg-image-shadow`; the mode of the document's own example of a background by URL."""

    @property
    def is_mask(self) -> bool:
        """True when the answer is a mask and a background means nothing."""
        return self is Mode.FG_MASK

    @property
    def has_shadow(self) -> bool:
        """True when a shadow is drawn."""
        return "shadow" in self.value.split("-")

    @property
    def entity_name(self) -> str:
        """Name of the entity that holds the picture."""
        return f"people-{self.value}"

    @classmethod
    def parse(cls, text: str | None) -> Mode:
        """The mode a query asks for, `fg-image` when it asks for none."""
        if not text:
            return cls.FG_IMAGE
        try:
            return cls(text)
        except ValueError as error:
            shown = text if len(text) <= 40 else text[:39] + "…"
            raise Malformed(f"Unknown mode: {shown}. Available modes: {', '.join(cls)}.") from error
