from __future__ import annotations

import pytest

from livecut.wire.api4ai.mode import Mode
from livecut.wire.malformed import Malformed


@pytest.mark.parametrize(
    ("text", "mask", "shadow", "name"),
    [
        (None, False, False, "people-fg-image"),
        ("", False, False, "people-fg-image"),
        ("fg-image", False, False, "people-fg-image"),
        ("fg-mask", True, False, "people-fg-mask"),
        ("fg-image-shadow", False, True, "people-fg-image-shadow"),
        ("fg-image-hideclp", False, False, "people-fg-image-hideclp"),
        ("fg-image-shadow-hideclp", False, True, "people-fg-image-shadow-hideclp"),
    ],
)
def test_documented_modes(text: str | None, mask: bool, shadow: bool, name: str) -> None:
    mode = Mode.parse(text)
    assert (mode.is_mask, mode.has_shadow, mode.entity_name) == (mask, shadow, name)


@pytest.mark.parametrize("text", ["fg", "fg-mask-shadow", "fg-image-hideclp-shadow", "fg-image ", "FG-MASK", "x" * 99])
def test_a_mode_nobody_documents(text: str) -> None:
    with pytest.raises(Malformed, match=r"^Unknown mode: ") as caught:
        Mode.parse(text)
    assert len(str(caught.value)) < 180
