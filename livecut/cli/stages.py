"""The table of stage times, for a terminal or plain."""

from __future__ import annotations

from livecut.pipeline.meter import Snapshot

__all__ = ["print_stages"]


def print_stages(seen: Snapshot) -> None:
    """Print median and 95th percentile of each stage in milliseconds."""
    from rich.console import Console
    from rich.table import Table

    table = Table("stage", title="milliseconds a frame", title_justify="left")
    table.add_column("median", justify="right")
    table.add_column("p95", justify="right")
    for name, times in seen.stages.items():
        table.add_row(name, f"{times.p50_ms:.2f}", f"{times.p95_ms:.2f}")
    Console().print(table)
