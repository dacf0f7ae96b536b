"""Tables are plain columns where nobody watches."""

from __future__ import annotations

import io
import sys
from dataclasses import replace

import pytest

from livecut.bench.records import Change
from livecut.bench.speed import Measured
from livecut.bench.spread import Spread
from livecut.bench.tables import change_rows, plain, show, speed_rows, stage_rows

BLUR = Measured(
    effect="blur",
    frames_per_s=120.0,
    wall_ms=Spread(8.0, 9.0, 10.0),
    cpu_ms=Spread(7.0, 8.0, 9.0),
    stages={"matte": Spread(3.0, 4.0, 5.0)},
    age_ms=Spread(20.0, 30.0, 31.0),
    peak_memory_mb=301.25,
    provider="CPUExecutionProvider",
    model="livecut-joint-small",
    settings={},
    inferences_per_frame=1.0,
    output_size="1280x720",
    machine={},
)
BOKEH = replace(BLUR, effect="bokeh", stages={"depth+matte": Spread(6.0, 7.0, 8.0)}, age_ms=None, peak_memory_mb=None)


def test_a_row_a_case() -> None:
    assert plain(speed_rows([BLUR, BOKEH])) == (
        "case       size  frames/s  wall ms  CPU ms  age ms p95  memory MB  inferences  provider\n"
        "blur   1280x720     120.0      8.0     7.0        30.0        301           1       CPU\n"
        "bokeh  1280x720     120.0      8.0     7.0                                  1       CPU"
    )


def test_a_row_a_stage() -> None:
    assert plain(stage_rows([BLUR, BOKEH])) == (
        "stage              blur 1280x720       bokeh 1280x720\n"
        "matte         3.00 / 4.00 / 5.00\n"
        "depth+matte                        6.00 / 7.00 / 8.00\n"
        "whole frame  8.00 / 9.00 / 10.00  8.00 / 9.00 / 10.00\n"
        "CPU time      7.00 / 8.00 / 9.00   7.00 / 8.00 / 9.00"
    )


def test_a_row_a_change() -> None:
    assert plain(change_rows([Change("blur", "CPU ms", 8.0, 4.0)]), words=2) == (
        "case  what    before   now  now / before\nblur  CPU ms    8.00  4.00          0.50"
    )


def test_a_terminal_gets_a_table_with_the_same_cells(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = speed_rows([BLUR])
    show(rows)
    assert capsys.readouterr().out == plain(rows) + "\n"
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "200")
    show(rows)
    shown = terminal.getvalue()
    assert shown != plain(rows) + "\n"
    assert all(cell in shown for row in rows for cell in row)
