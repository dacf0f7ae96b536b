"""Sections of the settings tree that shape the picture: matte, depth and one table for each effect."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from livecut.colours import parse_colour

__all__ = [
    "Background",
    "BlurSettings",
    "BokehSettings",
    "Colour",
    "CutoutSettings",
    "DepthSettings",
    "DepthViewSettings",
    "EffectSettings",
    "Fraction",
    "GreenSettings",
    "MatteSettings",
    "MatteViewSettings",
    "ReplaceSettings",
    "Section",
    "SplitSettings",
]

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


def _known_colour(text: str) -> str:
    parse_colour(text)
    return text


Colour = Annotated[str, AfterValidator(_known_colour), WithJsonSchema({"type": "string", "format": "color"})]
"""`#rrggbb`, `#rgb` or one of the CSS basic names."""
Background = Annotated[str, StringConstraints(min_length=1)]
"""`#rrggbb`, a colour name, the path of an image or a video; for `replace` also a camera or a screen."""


class Section(BaseModel):
    """A frozen table of the tree; keys it does not know are refused."""

    # What was put in stays out of errors, and so of tracebacks: it may be a key.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


class MatteSettings(Section):
    """From the network's soft matte to an alpha that follows the picture's edges."""

    refine: Literal["guided", "guided-half", "bilinear"] = Field(
        "guided",
        description="Upsampling to the frame: guided by the picture (fast guided filter), guided on half the network's "
        "grid, or bilinear.",
    )
    guide_radius: int = Field(2, ge=1, le=4, description="Radius of the guided filter, in network pixels.")
    # A wide filter that follows the faintest edges draws the room's own into what little a network doubts.
    guide_epsilon: float = Field(
        0.0008,
        ge=0.0004,
        le=0.1,
        description="Regularisation of the guided filter; smaller follows fainter edges.",
    )
    smooth: Fraction = Field(
        0.75,
        description="How much of the matte before, moved along with the picture, stays where that looks the same "
        "(0 off, 0.9 at most); what is new follows at once.",
    )
    # Networks take an empty wall for a few hundredths of a person: less than that, and the room shines through. Most of
    # the shipped ones hold their mattes back a little, so that fewer things pass for people: the middle is below .5.
    curve_low: float = Field(0.13, ge=0.05, le=0.7, description="Alpha at and below this becomes 0 (coverage curve).")
    curve_high: float = Field(0.82, ge=0.5, le=1.0, description="Alpha at and above this becomes 1 (coverage curve).")
    specks: float = Field(
        0.004,
        ge=0.0,
        le=0.05,
        description="Islands and holes smaller than this share of the frame are removed (0 off; holes: 0.01 at most).",
    )
    keep: Literal["person", "person+held", "near"] = Field(
        "person",
        description="What stays besides people: what is joined to them and as near (a cup, a book, an arm stretched "
        "out), or all that is as near or nearer. Goes by what the network tells of it, else by depth.",
    )
    light_wrap: Fraction = Field(0.15, description="Backdrop light on the person's rim under `replace` (0 off).")
    decontaminate: bool = Field(True, description="Remove the old background's colour from the rim under `replace`.")
    stride: int = Field(1, ge=1, le=8, description="Run the network on every n-th frame only.")
    sync: bool = Field(
        False,
        description="Between frames the network saw (matte.stride, motion_gate) show the last it saw: later, but never "
        "with another frame's matte.",
    )

    @model_validator(mode="after")
    def _curve_rises(self) -> Self:
        if self.curve_low >= self.curve_high:
            raise ValueError(f"curve_low ({self.curve_low}) must be below curve_high ({self.curve_high})")
        return self


class DepthSettings(Section):
    """How depth is made stable over time."""

    stabilise: Fraction = Field(
        0.9, description="How much of the earlier range is kept a frame (robust percentiles; 0 off)."
    )
    cut_threshold: float = Field(
        0.25,
        gt=0.0,
        description="Mean change of nearness between frames that counts as a scene cut; two fifths of it do where the "
        "picture looks like none before.",
    )
    stride: int = Field(1, ge=1, le=8, description="Run a separate depth network on every n-th frame only.")


class BlurSettings(Section):
    """Blur of the background only."""

    radius_px: float = Field(
        24.0,
        ge=12.0,  # with 8 a code of squares as large can still be read, now and then
        le=200.0,
        description="Standard deviation of the blur, in pixels of a 720-line frame.",
    )
    dim: Fraction = Field(0.0, description="How much darker the background is (0 as it is, 1 black).")
    saturation: Fraction = Field(1.0, description="How much of the background's colour stays (0 grey).")


class BokehSettings(Section):
    """Depth blur as a lens makes it."""

    focus: Literal["person", "follow", "point", "distance"] = Field(
        "person",
        description="What is in focus: all of the person, her head as depth has it, a point, or a distance.",
    )
    focus_x: Fraction = Field(0.5, description="Focus point, share of the width (focus = point).")
    focus_y: Fraction = Field(0.4, description="Focus point, share of the height (focus = point).")
    focus_distance: Fraction = Field(0.8, description="Nearness that is sharp, 0 far … 1 near (focus = distance).")
    focus_pull_s: float = Field(
        0.6, ge=0.1, le=10.0, description="About how long the focus takes to where it is wanted, in seconds."
    )
    aperture: float = Field(
        0.8,
        ge=0.05,
        le=4.0,
        description="Strength: blur radius at a nearness 1 away from the focus, in 1/20 of the frame's height.",
    )
    max_radius_px: float = Field(
        32.0, ge=12.0, le=128.0, description="Largest blur radius, in pixels of a 720-line frame."
    )
    depth_of_field: Fraction = Field(0.08, description="Range of nearness round the focus that stays sharp.")
    highlights: Fraction = Field(0.5, description="How much bright points bloom to discs (0 none).")
    least_blur: Fraction = Field(
        0.5,
        description="Least blur of all but the person, as a share of the strongest; at least 12 px of 720 lines.",
    )
    blades: int = Field(
        0, ge=0, le=9, description="Blades of the aperture: 5 to 9 make polygons of bright points, fewer discs."
    )
    blades_turned_deg: float = Field(
        0.0, ge=0.0, le=360.0, description="How far the polygon is turned, in degrees; at 0 a corner is above."
    )
    quality: Literal["full", "draft"] = Field("full", description="Round discs, or coarser ones in half the time.")


class ReplaceSettings(Section):
    """Another background."""

    background: Background = Field(
        "#2b3a4a",
        description="Colour, camera:N or screen:N; else the path of an image, or of a video that is played in a loop. "
        "A colour's name is the colour also where a file has that name: ./red is the file.",
    )
    fit: Literal["cover", "contain", "stretch"] = Field("cover", description="How it fills the frame.")
    fallback: Literal["blur", "card"] = Field(
        "blur",
        description="When it is there and cannot be opened, or is lost: your own room, strongly blurred, or the "
        "privacy card. A path where nothing is counts as a mistake.",
    )
    match: Fraction = Field(
        0.2,
        description="How far the person's exposure, and less far the colour, go towards the background's: 0 leaves "
        "them, 1 goes the whole way.",
    )


class GreenSettings(Section):
    """A plain key colour behind the person."""

    colour: Colour = Field("#00b140", description="The key colour.")


class CutoutSettings(Section):
    """The person on transparency; over `colour` where a sink has no alpha."""

    colour: Colour = Field("#00b140", description="What stands behind where the sink has no alpha.")


class DepthViewSettings(Section):
    """Live depth preview."""

    colour_map: Literal["turbo", "inferno", "gray"] = Field("turbo", description="Colour map, near is its bright end.")
    legend: bool = Field(True, description="Draw the near/far scale.")
    person_only: bool = Field(False, description="Everything but the person is black.")
    sixteen_bits: bool = Field(
        False, description="Files get plain nearness of 16 bits (.mkv: FFV1, or PNG frames), all else the preview."
    )


class MatteViewSettings(Section):
    """The alpha itself as a grey picture."""

    over: Literal["gray", "tint"] = Field("gray", description="Grey alpha, or the picture with the background tinted.")


class SplitSettings(Section):
    """Two effects side by side; the raw picture stands there only when `none` is written here by name."""

    before: str = Field("matte", description="Effect of the left side.")
    after: str = Field("blur", description="Effect of the right side.")
    position: Fraction = Field(0.5, description="Where the line stands, share of the width.")


class EffectSettings(Section):
    """Which effect, and one table for each."""

    name: str = Field(
        "blur", description="blur, bokeh, replace, green, cutout, depth, matte, split, none, or a plug-in's."
    )
    blur: BlurSettings = Field(default_factory=BlurSettings, description="Table of `blur`.")
    bokeh: BokehSettings = Field(default_factory=BokehSettings, description="Table of `bokeh`.")
    replace: ReplaceSettings = Field(default_factory=ReplaceSettings, description="Table of `replace`.")
    green: GreenSettings = Field(default_factory=GreenSettings, description="Table of `green`.")
    cutout: CutoutSettings = Field(default_factory=CutoutSettings, description="Table of `cutout`.")
    depth: DepthViewSettings = Field(default_factory=DepthViewSettings, description="Table of `depth`.")
    matte: MatteViewSettings = Field(default_factory=MatteViewSettings, description="Table of `matte`.")
    split: SplitSettings = Field(default_factory=SplitSettings, description="Table of `split`.")
    plugin: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Tables of plug-in effects, by their names."
    )
