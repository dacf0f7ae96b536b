"""What networks scored, set by set, as means, as JSON and as rows of text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["FINAL_TABLES", "TABLES", "Scores", "Table"]


@dataclass(frozen=True, slots=True)
class Table:
    """Measures that are shown together, and how."""

    title: str
    measures: tuple[str, ...]
    digits: int


TABLES = (
    Table("mattes: IoU / boundary F / mean absolute difference", ("iou", "boundary_f", "mad"), 3),
    Table("nobody there: share of pixels with alpha above .5 / mean alpha", ("over_half", "mean_alpha"), 4),
    Table("depth: rank correlation / error after scale and shift", ("depth_rank", "depth_error"), 3),
    Table("flicker: warping error / the same smoothed / dtSSD", ("warping", "warping_smoothed", "dtssd"), 4),
)

FINAL_TABLES = (
    Table("finished picture: halo", ("halo",), 4),
    Table(
        "finished picture: flicker of the matte / of the picture where nothing moved",
        ("flicker_matte", "flicker_still"),
        4,
    ),
    Table("finished picture: trailing one frame / two frames after motion", ("trailing_1", "trailing_2"), 4),
)
"""With `--vs plain`; lower is better everywhere."""


class Scores:
    """Values by set, network and measure, one a picture or a pair of frames."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, dict[str, list[float]]]] = {}

    def add(self, source: str, network: str, **values: float) -> None:
        """Add values for one picture of the set `source`."""
        of_network = self._values.setdefault(source, {}).setdefault(network, {})
        for measure, value in values.items():
            of_network.setdefault(measure, []).append(value)

    def mean(self, source: str, network: str, measure: str) -> float | None:
        """Mean over the pictures of a set; None where it was not taken."""
        found = self._values.get(source, {}).get(network, {}).get(measure)
        return sum(found) / len(found) if found else None

    def mean_of_sets(self, network: str, measure: str) -> float | None:
        """Mean of the sets' means: a large set counts no more than a small one."""
        means = [mean for source in self._values if (mean := self.mean(source, network, measure)) is not None]
        return sum(means) / len(means) if means else None

    def count(self, source: str, measure: str) -> int:
        """Over how many pictures of a set it was taken."""
        return max((len(found.get(measure, ())) for found in self._values.get(source, {}).values()), default=0)

    def as_dict(self) -> dict[str, Any]:
        """`sets`: by set and network, each measure's `mean` and `count` of pictures; `means`: of the sets."""
        sets: dict[str, Any] = {}
        for source, networks in self._values.items():
            sets[source] = {network: _means(found) for network, found in networks.items()}
        names = dict.fromkeys(name for networks in self._values.values() for name in networks)
        means: dict[str, Any] = {}
        for name in names:
            taken = dict.fromkeys(m for networks in self._values.values() for m in networks.get(name, {}))
            means[name] = {measure: self.mean_of_sets(name, measure) for measure in taken}
        return {"sets": sets, "means": means}

    def rows(self, table: Table) -> list[tuple[str, ...]]:
        """One row a set, one column a network, the table's measures in each cell; empty when none was taken."""
        first = table.measures[0]
        sources = [source for source in self._values if self.count(source, first)]
        names = list(
            dict.fromkeys(name for source in sources for name, found in self._values[source].items() if first in found)
        )
        if not names:
            return []
        rows = [("set", "pictures", *names)]
        for source in sources:
            cells = (self._cell({m: self.mean(source, name, m) for m in table.measures}, table) for name in names)
            rows.append((source, str(self.count(source, first)), *cells))
        if len(sources) > 1:
            cells = (self._cell({m: self.mean_of_sets(name, m) for m in table.measures}, table) for name in names)
            rows.append(("mean of sets", "", *cells))
        return rows

    def _cell(self, values: Mapping[str, float | None], table: Table) -> str:
        shown = ["-" if value is None else f"{value:.{table.digits}f}" for value in values.values()]
        return " / ".join(shown) if any(value is not None for value in values.values()) else ""


def _means(found: Mapping[str, list[float]]) -> dict[str, dict[str, float | int]]:
    return {measure: {"mean": sum(values) / len(values), "count": len(values)} for measure, values in found.items()}
