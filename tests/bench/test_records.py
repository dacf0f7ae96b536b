"""The JSON file has exactly the fields that are promised, and is read again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from livecut.bench.records import FIELDS, Change, changes, document, read_records, record, write_json
from livecut.bench.speed import Measured, Ratio
from livecut.bench.spread import Spread
from livecut.bench.turns import Turn
from livecut.errors import LivecutError, SettingsError

MEASURED = Measured(
    effect="blur",
    frames_per_s=123.456,
    wall_ms=Spread(8.0, 9.0, 10.0),
    cpu_ms=Spread(7.0, 8.0, 9.0),
    stages={"matte": Spread(3.0, 4.0, 5.0), "effect": Spread(2.0, 2.5, 3.0)},
    age_ms=Spread(20.0, 30.0, 31.0),
    peak_memory_mb=301.25,
    provider="CPUExecutionProvider",
    model="livecut-joint-small",
    settings={"effect": {"name": "blur"}},
    inferences_per_frame=1.0,
    output_size="1280x720",
    machine={"processor": "test", "cores": 2},
)
VERSUS = replace(MEASURED, ratio=Ratio(0.321987, 0.4, 0.5), ordinary_ms=Turn(25.0, 30.0, 28.0))


def test_the_fields_are_these_and_no_others() -> None:
    assert set(record(MEASURED)) == {
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
    }
    assert set(record(VERSUS)) == {*FIELDS, "ratio"}
    assert record(VERSUS)["ratio"] == {"wall": 0.322, "cpu": 0.4, "cpu_until_rest": 0.5}


@pytest.mark.parametrize("path", [("wall_ms",), ("cpu_ms",), ("age_ms",), ("stages", "matte"), ("stages", "effect")])
def test_what_has_percentiles(path: tuple[str, ...]) -> None:
    found: Any = record(MEASURED)
    for key in path:
        found = found[key]
    assert list(found) == ["p50", "p95", "p99"]


def test_what_was_not_measured_is_null() -> None:
    found = record(replace(MEASURED, age_ms=None, peak_memory_mb=None))
    assert found["age_ms"] is None
    assert found["peak_memory_mb"] is None


def test_one_case_is_the_file_itself_and_several_are_its_runs(tmp_path: Path) -> None:
    one, other = record(MEASURED), record(replace(MEASURED, output_size="1920x1080"))
    path = tmp_path / "bench.json"
    write_json(path, document([one]))
    assert json.loads(path.read_text())["frames_per_s"] == 123.46
    assert read_records(path) == [one]
    write_json(path, document([one, other]))
    assert json.loads(path.read_text()) == {"runs": [one, other]}
    assert read_records(path) == [one, other]


def test_before_and_now() -> None:
    before = [record(MEASURED)]
    now = [
        record(
            replace(
                VERSUS,
                frames_per_s=246.91,
                wall_ms=Spread(4.0, 5.0, 6.0),
                stages={"matte": Spread(1.5, 2.0, 2.0), "fit": Spread(1.0, 1.0, 1.0)},
                peak_memory_mb=None,
            )
        ),
        record(replace(MEASURED, output_size="640x360")),
    ]
    found = changes(before, now)
    case = "blur 1280x720 CPUExecutionProvider"
    assert found == [
        Change(case, "frames/s", 123.46, 246.91),
        Change(case, "wall ms", 8.0, 4.0),
        Change(case, "CPU ms", 7.0, 7.0),
        Change(case, "age ms", 30.0, 30.0),
        Change(case, "matte ms", 3.0, 1.5),
    ]
    assert [round(change.ratio, 2) for change in found] == [2.0, 0.5, 1.0, 1.0, 0.5]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "old.json does not exist"),
        ("{", "old.json cannot be read as JSON: "),
        ("[]", "old.json is no file of livecut bench"),
        ('{"runs": [{"frames_per_s": 1}]}', "old.json is no file of livecut bench"),
        ('{"runs": 3}', "old.json is no file of livecut bench"),
    ],
)
def test_another_file_is_refused(
    content: str | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("old.json").write_text(content)
    with pytest.raises(SettingsError) as caught:
        read_records(Path("old.json"))
    assert caught.value.message.startswith(message)


def test_a_file_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LivecutError, match=r"^absent/bench.json cannot be written: No such file or directory$"):
        write_json(Path("absent/bench.json"), {})
