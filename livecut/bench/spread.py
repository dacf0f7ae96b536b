"""Percentiles of a measurement's samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

__all__ = ["Spread", "median", "median_ratio"]


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, 95th and 99th percentile, by nearest rank: each is a sample that was really seen."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> Spread:
        """Percentiles of `samples`; raises `ValueError` when there are none."""
        if not samples:
            raise ValueError("nothing was measured")
        ordered = sorted(samples)
        last = len(ordered) - 1
        return cls(ordered[round(last * 0.5)], ordered[round(last * 0.95)], ordered[round(last * 0.99)])

    def as_dict(self) -> dict[str, float]:
        """For JSON, rounded to what a clock can tell."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def median(samples: Sequence[float]) -> float:
    """The middle one, of an even number the mean of the middle two; raises `ValueError` when there are none."""
    if not samples:
        raise ValueError("nothing was measured")
    ordered = sorted(samples)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The middle one of the frames' own ratios.

    Frame about, both sides of a pair meet the same weather: a neighbour on the machine that comes or goes shifts single
    ratios and not their median, where a ratio of medians would compare a calm minute with a busy one.
    """
    if len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} samples of ours, {len(theirs)} of theirs")
    return median([ours_one / theirs_one for ours_one, theirs_one in zip(ours, theirs, strict=True)])
