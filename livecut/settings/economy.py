"""Sections of the settings tree that save work: the governor and the motion gate."""

from __future__ import annotations

from pydantic import Field

from livecut.settings.sections import Section

__all__ = ["GovernorSettings", "MotionGateSettings"]


class GovernorSettings(Section):
    """Quality gives when the machine is too busy, the output's rate and age never do."""

    enabled: bool = Field(True, description="Step down in quality when pictures are late; files are never governed.")
    target_fps: float | None = Field(
        None, ge=1.0, le=1000.0, description="New pictures a second that are to be kept; default: the source's."
    )
    max_age_ms: float = Field(
        50.0, gt=0.0, le=10_000.0, description="Pictures that reach the output older than this count as late."
    )
    max_steps: int = Field(16, ge=0, le=16, description="How many steps down may be taken at most.")
    down_after_s: float = Field(1.0, ge=0.5, le=60.0, description="How long it must be too slow for a step down.")
    up_after_s: float = Field(
        5.0,
        ge=1.0,
        le=600.0,
        description="How long there must be time to spare for a step up; longer after a wrong one.",
    )


class MotionGateSettings(Section):
    """Networks rest while nothing moves."""

    enabled: bool = Field(False, description="Keep the matte and depth of an earlier frame while nothing moves.")
    threshold: float = Field(
        4.0,
        gt=0.0,
        le=255.0,
        description="Change of brightness somewhere in the picture that counts as motion, in levels.",
    )
    max_age_ms: float = Field(
        250.0, ge=1.0, le=2000.0, description="The networks look again after this long at the latest."
    )
