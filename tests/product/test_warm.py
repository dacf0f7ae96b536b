"""A plan that is warm compiles nothing more: on the very first run a kernel takes seconds, and the picture stands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

WORKER = Path(__file__).with_name("late_kernels.py")


@pytest.mark.parametrize(
    "patch",
    [
        {},
        {"effect": {"name": "bokeh"}},
        {"effect": {"name": "bokeh", "bokeh": {"focus": "distance", "least_blur": 0, "quality": "draft"}}},
        {"effect": {"name": "replace"}, "matte": {"keep": "near"}, "look": {"low_light": 0.5}},
        {"matte": {"keep": "person+held", "refine": "guided-half"}, "motion_gate": {"enabled": True}},
        {"effect": {"name": "split"}, "matte": {"stride": 2, "sync": True}, "layers": {"clock": {"show": True}}},
        {"effect": {"name": "depth", "depth": {"person_only": True, "sixteen_bits": True}}, "depth": {"stride": 3}},
        {"effect": {"name": "cutout"}, "output": {"mirror": True}, "look": {"framing": {"follow": True}}},
    ],
    ids=json.dumps,
)
def test_nothing_is_compiled_when_the_first_picture_is_there(patch: dict[str, Any]) -> None:
    command = [sys.executable, str(WORKER), json.dumps(patch)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["late"] == []
