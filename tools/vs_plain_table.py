"""The table of docs/measures.md out of the JSON of `bench quality --vs plain`: python tools/vs_plain_table.py FILE"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

MEASURES = {
    "halo": "halo",
    "flicker_matte": "flicker, matte",
    "flicker_still": "flicker, picture",
    "trailing_1": "trailing, 1 frame",
    "trailing_2": "trailing, 2 frames",
}
BOTH = ("trailing_1", "trailing_2")
"""Their mean stands beside them: trailing is one measure of two frames."""
OURS, PLAIN = "livecut", "plain"


def cell(ours: float | None, plain: float | None) -> str:
    """Ours, the plain way's, and how much less ours is."""
    if ours is None or plain is None:
        return ""
    return f"{ours:.4f} / {plain:.4f} / {1 - ours / plain:+.0%}" if plain > 0.0 else f"{ours:.4f} / {plain:.4f} / -"


def rows(found: dict[str, Any]) -> list[str]:
    """Markdown: a line a video, one of the means."""

    def mean(of: dict[str, Any], measure: str) -> float | None:
        value = of.get(measure)
        return value["mean"] if isinstance(value, dict) else value

    def both(of: dict[str, Any]) -> float | None:
        values = [value for value in (mean(of, measure) for measure in BOTH) if value is not None]
        return sum(values) / len(values) if values else None

    def line(name: str, ways: dict[str, Any]) -> str:
        cells = [cell(mean(ways[OURS], measure), mean(ways[PLAIN], measure)) for measure in MEASURES]
        return f"| {name} | {' | '.join([*cells, cell(both(ways[OURS]), both(ways[PLAIN]))])} |"

    titles = [*MEASURES.values(), "trailing, both"]
    head = [f"| video | {' | '.join(titles)} |", f"|---{'|---' * len(titles)}|"]
    return [*head, *(line(name, ways) for name, ways in found["sets"].items()), line("**mean**", found["means"])]


if __name__ == "__main__":
    content = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    print(", ".join(f"{name} {about['digest'][:19]}" for name, about in content["networks"].items()))
    print("\n".join(rows(content["vs_plain"])))
