"""Measurements as rows of text, shown as a table on a terminal and in plain columns elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from livecut.bench.records import Change
from livecut.bench.speed import Measured
from livecut.bench.spread import Spread

__all__ = ["Rows", "change_rows", "plain", "show", "speed_rows", "stage_rows"]

Rows = Sequence[Sequence[str]]
"""The first row is the head; the first column or columns are words, the others numbers."""


def speed_rows(found: Sequence[Measured]) -> Rows:
    """One row a case."""
    head = ("case", "size", "frames/s", "wall ms", "CPU ms", "age ms p95", "memory MB", "inferences", "provider")
    rows = [head]
    for one in found:
        rows.append(
            (
                one.effect,
                one.output_size,
                f"{one.frames_per_s:.1f}",
                f"{one.wall_ms.p50:.1f}",
                f"{one.cpu_ms.p50:.1f}",
                "" if one.age_ms is None else f"{one.age_ms.p95:.1f}",
                "" if one.peak_memory_mb is None else f"{one.peak_memory_mb:.0f}",
                f"{one.inferences_per_frame:g}",
                one.provider.removesuffix("ExecutionProvider"),
            )
        )
    return rows


def stage_rows(found: Sequence[Measured]) -> Rows:
    """One row a stage, one column a case."""
    names = dict.fromkeys(name for one in found for name in one.stages)
    rows = [("stage", *(f"{one.effect} {one.output_size}" for one in found))]
    for name in names:
        rows.append((name, *(_triple(one.stages.get(name)) for one in found)))
    rows.append(("whole frame", *(_triple(one.wall_ms) for one in found)))
    rows.append(("CPU time", *(_triple(one.cpu_ms) for one in found)))
    return rows


def change_rows(found: Sequence[Change]) -> Rows:
    """One row a number."""
    rows = [("case", "what", "before", "now", "now / before")]
    rows += [(one.case, one.what, f"{one.before:.2f}", f"{one.now:.2f}", f"{one.ratio:.2f}") for one in found]
    return rows


def plain(rows: Rows, words: int = 1) -> str:
    """Columns of equal width, a line a row; the first `words` columns are aligned to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = (
            f"{cell:{'<' if number < words else '>'}{width}}"
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def show(rows: Rows, words: int = 1) -> None:
    """Print the rows; the first `words` columns are aligned to the left."""
    if not sys.stdout.isatty():
        print(plain(rows, words))
        return
    from rich.console import Console
    from rich.table import Table

    head, *body = rows
    table = Table(box=None, header_style="bold")
    for number, title in enumerate(head):
        table.add_column(title, justify="left" if number < words else "right", no_wrap=True)
    for row in body:
        table.add_row(*row)
    Console().print(table)


def _triple(spread: Spread | None) -> str:
    return "" if spread is None else f"{spread.p50:.2f} / {spread.p95:.2f} / {spread.p99:.2f}"
