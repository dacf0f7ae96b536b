"""Paints the privacy card: what the sinks get whenever the room must not be shown."""

from __future__ import annotations

import os

import numpy as np
from PIL import Image, ImageDraw

from livecut.colours import is_colour, parse_colour
from livecut.errors import SettingsError
from livecut.layers.typeface import typeface
from livecut.paths import without_secrets
from livecut.settings.tree import PrivacySettings
from livecut.types import Canvas, Size

__all__ = ["paint_card"]

_INK = (226, 232, 236)


def paint_card(settings: PrivacySettings, size: Size, *, alpha: bool = False) -> Canvas:
    """The card at the output's size, opaque. Raises `ImageError` or `SettingsError` for a wrong picture or colour."""
    canvas = Canvas.empty(size, alpha=alpha)
    if canvas.alpha is not None:
        canvas.alpha.fill(255)
    if not is_colour(settings.card):
        if os.path.isfile(settings.card) and _has_painted(settings.card, canvas):  # noqa: PTH113  it may be too long
            return canvas
        raise SettingsError(
            f"privacy.card: {without_secrets(settings.card)} is neither a colour nor a picture",
            hint="write #rrggbb, a basic colour's name (red, navy, white) or a picture's path",
        )
    blue, green, red = parse_colour(settings.card)
    image = Image.new("RGB", size, (red, green, blue))
    _draw(image, settings.card_text)
    canvas.bgr[:] = np.asarray(image)[:, :, ::-1]
    return canvas


def _has_painted(path: str, canvas: Canvas) -> bool:
    """Fill the canvas with a picture; False where the file is none."""
    # Not before: a plain card is at the output before OpenCV and the kernels could be read.
    from livecut.kernels.cpu.geometry import fit
    from livecut.sources.picture import is_picture, read_picture

    if not is_picture(path):
        return False
    fit(read_picture(path), canvas.bgr, mode="cover")
    return True


def _draw(image: Image.Image, text: str) -> None:
    """A crossed-out camera above the text, in the middle; each scales with the smaller side."""
    draw = ImageDraw.Draw(image)
    unit = min(image.size) / 100
    if unit < 0.5:
        return
    centre_x, centre_y = image.width / 2, image.height / 2 - 6 * unit
    width = max(1, round(1.4 * unit))
    body = (centre_x - 13 * unit, centre_y - 8 * unit, centre_x + 7 * unit, centre_y + 8 * unit)
    draw.rounded_rectangle(body, radius=2.5 * unit, outline=_INK, width=width)
    lens = [(9.5, -2.5), (14, -6), (14, 6), (9.5, 2.5)]
    points = [(centre_x + x * unit, centre_y + y * unit) for x, y in lens]
    draw.line([*points, points[0]], fill=_INK, width=width, joint="curve")
    slash = (centre_x - 15 * unit, centre_y + 11 * unit, centre_x + 13 * unit, centre_y - 11 * unit)
    draw.line(slash, fill=image.getpixel((0, 0)), width=4 * width)
    draw.line(slash, fill=_INK, width=width)
    if text:
        em = max(6.0, 5 * unit)
        left, _, right, _ = draw.textbbox((0, 0), text, font=typeface(em, text))
        font = typeface(em * min(1.0, 0.92 * image.width / max(right - left, 1)), text)
        draw.text((image.width / 2, centre_y + 19 * unit), text, fill=_INK, font=font, anchor="mm")
