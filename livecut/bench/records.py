"""Measurements as JSON: written, read again, and set beside each other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from livecut.bench.speed import Measured
from livecut.bench.spread import Spread
from livecut.errors import LivecutError, SettingsError

__all__ = ["FIELDS", "Change", "changes", "document", "read_records", "record", "write_json"]

FIELDS = (
    "frames_per_s",
    "wall_ms",
    "cpu_ms",
    "stages",
    "age_ms",
    "peak_memory_mb",
    "provider",
    "model",
    "settings",
    "inferences_per_frame",
    "output_size",
    "machine",
)
"""Of every record; `ratio` is there with --vs."""


@dataclass(frozen=True, slots=True)
class Change:
    """One number before and now."""

    case: str
    what: str
    before: float
    now: float

    @property
    def ratio(self) -> float:
        """Now over before."""
        return self.now / self.before if self.before else float("nan")


def record(measured: Measured) -> dict[str, Any]:
    """One measurement as the JSON file has it; times in milliseconds, what was not measured is null."""
    found: dict[str, Any] = {
        "frames_per_s": round(measured.frames_per_s, 2),
        "wall_ms": measured.wall_ms.as_dict(),
        "cpu_ms": measured.cpu_ms.as_dict(),
        "stages": {name: spread.as_dict() for name, spread in measured.stages.items()},
        "age_ms": _or_null(measured.age_ms),
        "peak_memory_mb": None if measured.peak_memory_mb is None else round(measured.peak_memory_mb, 1),
        "provider": measured.provider,
        "model": measured.model,
        "settings": measured.settings,
        "inferences_per_frame": round(measured.inferences_per_frame, 4),
        "output_size": measured.output_size,
        "machine": measured.machine,
    }
    if measured.ratio is not None:
        found["ratio"] = {name: round(value, 4) for name, value in asdict(measured.ratio).items()}
    return found


def _or_null(spread: Spread | None) -> dict[str, float] | None:
    return None if spread is None else spread.as_dict()


def document(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the file holds: the record itself where there is one, else all of them under `runs`."""
    return records[0] if len(records) == 1 else {"runs": list(records)}


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write `content`; raises `LivecutError` when the file cannot be written."""
    try:
        path.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise LivecutError(f"{path} cannot be written: {error.strerror}") from error


def read_records(path: Path) -> list[dict[str, Any]]:
    """The records of a file that `write_json` made; raises `SettingsError` when it is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"{path} does not exist", hint="livecut bench --json FILE writes one") from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read as JSON: {error}") from error
    records = content.get("runs", [content]) if isinstance(content, dict) else None
    if not isinstance(records, list) or not all(isinstance(one, dict) and set(FIELDS) <= set(one) for one in records):
        raise SettingsError(f"{path} is no file of livecut bench", hint="livecut bench --json FILE writes one")
    return records


def changes(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Every number of a case that both have, medians of what has percentiles."""
    old = {_case(one): one for one in before}
    found: list[Change] = []
    for one in now:
        name = _case(one)
        if name not in old:
            continue
        then, today = _numbers(old[name]), _numbers(one)
        found += [Change(name, what, then[what], today[what]) for what in today if what in then]
    return found


def _case(one: Mapping[str, Any]) -> str:
    return f"{one['settings']['effect']['name']} {one['output_size']} {one['provider']}"


def _numbers(one: Mapping[str, Any]) -> dict[str, float]:
    """The figures that are compared, by the words they are shown under."""
    numbers = {
        "frames/s": one["frames_per_s"],
        "wall ms": one["wall_ms"]["p50"],
        "CPU ms": one["cpu_ms"]["p50"],
        "age ms": (one["age_ms"] or {}).get("p95"),
        "memory MB": one["peak_memory_mb"],
        **{f"{name} ms": spread["p50"] for name, spread in one["stages"].items()},
        **{f"{name} ratio": value for name, value in one.get("ratio", {}).items()},
    }
    return {name: value for name, value in numbers.items() if value is not None}
