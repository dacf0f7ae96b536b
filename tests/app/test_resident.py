"""Which settings leave the picture on the GPU, and what is said where they do not."""

from __future__ import annotations

import logging
import sys
from types import ModuleType
from typing import Any

import pytest

from livecut.app import resident
from livecut.app.build import build_plan, chosen_networks
from livecut.app.resident import new_pool, resident_plan, why_not
from livecut.errors import AcceleratorError
from livecut.inference.accelerator import Accelerator
from livecut.inference.resident import NotResident, ResidentPool
from livecut.pipeline.meter import Meter
from livecut.pipeline.plan import Plan
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Size

SIZE = Size(64, 36)


def settings(**patch: Any) -> Settings:
    return apply(Settings(), patch)


@pytest.mark.parametrize("effect", ["blur", "bokeh", "replace", "green", "cutout", "matte"])
def test_what_ships_stays_on_the_gpu(effect: str) -> None:
    assert why_not(settings(effect={"name": effect}), chosen_networks) == ""


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ({"effect": {"name": "depth"}}, "the effect depth is painted by the CPU"),
        ({"effect": {"name": "split"}}, "the effect split is painted by the CPU"),
        ({"effect": {"name": "matte", "matte": {"over": "tint"}}}, "the effect matte is painted by the CPU"),
        ({"look": {"framing": {"follow": True}}}, "look.framing.follow looks at the matte"),
        ({"matte": {"sync": True}}, "matte.sync keeps pictures"),
        ({"matte": {"keep": "near"}}, "matte.keep looks for more than the person"),
        ({"look": {"low_light": 0.5}}, "look.low_light looks at the picture first"),
        ({"motion_gate": {"enabled": True}}, "motion_gate looks at the picture first"),
        ({"layers": {"clock": {"show": True, "behind": True}}}, "layers.clock stands behind the person"),
        ({"model": {"name": "null"}}, "the network null is none"),
        (
            {"model": {"depth": "livecut-joint-small", "name": "null"}, "effect": {"name": "bokeh"}},
            "matte and depth come from two networks",
        ),
    ],
)
def test_what_keeps_it_on_the_cpu_is_named(patch: dict[str, Any], reason: str) -> None:
    assert why_not(settings(**patch), chosen_networks) == reason


def test_a_layer_that_is_not_shown_stands_nowhere() -> None:
    assert why_not(settings(layers={"clock": {"show": False, "behind": True}}), chosen_networks) == ""


def test_the_cpu_takes_over_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    resident._say.cache_clear()
    wanted = settings(look={"low_light": 0.5})
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert resident_plan(wanted, SIZE, Meter(), Accelerator("cuda"), chosen_networks) is None
    assert [record.message for record in caplog.records] == [
        "networks run on CUDA, pictures are worked on by the CPU: look.low_light looks at the picture first"
    ]


@pytest.mark.parametrize("required", [False, True])
def test_a_network_that_is_not_bound_runs_on_the_gpu_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, required: bool
) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise NotResident("rvm has no fixed output shape")

    resident._say.cache_clear()
    monkeypatch.setattr(ResidentPool, "take", refused)
    with caplog.at_level(logging.WARNING):
        assert resident_plan(Settings(), SIZE, Meter(), Accelerator("cuda", required=required), chosen_networks) is None
    assert [record.message for record in caplog.records] == [
        "networks run on CUDA, pictures are worked on by the CPU: rvm has no fixed output shape"
    ]


@pytest.fixture
def no_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resident, "_why_no_kernels", lambda: "numba-cuda is not installed")


def test_kernels_that_cannot_be_had_are_an_error_where_cuda_was_asked_for(no_kernels: None) -> None:
    cuda = Accelerator("cuda", required=True)
    with pytest.raises(AcceleratorError, match=r"^CUDA kernels cannot be used: numba-cuda is not installed$") as caught:
        resident_plan(Settings(), SIZE, Meter(), cuda, chosen_networks)
    assert caught.value.hint == "pip install 'livecut[cuda]' brings numba-cuda and its compiler; or --device cpu"


def test_by_itself_it_goes_on_without_them(no_kernels: None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert resident_plan(Settings(), SIZE, Meter(), Accelerator("cuda"), chosen_networks) is None
    assert [record.message for record in caplog.records] == [
        "CUDA kernels cannot be used: numba-cuda is not installed; pictures are worked on by the CPU"
    ]


def test_a_numba_cuda_that_does_not_load_is_one_line_whatever_it_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise RuntimeError('Failure finding "libcudart.so.13": No such file\n  listdir("/usr/lib")')

    name = "livecut.kernels.cuda.device"
    monkeypatch.setitem(sys.modules, name, Broken(name))
    with pytest.raises(AcceleratorError, match=r'^CUDA kernels cannot be used: Failure finding "libcudart[^\n]*file$'):
        resident_plan(Settings(), SIZE, Meter(), Accelerator("cuda", required=True), chosen_networks)


def test_where_cuda_is_had_plans_come_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Size | None, ResidentPool | None]] = []
    plan = object()

    def built(wanted: Settings, *_: Any, source: Size | None, pool: ResidentPool | None, warm: bool) -> object:
        asked.append((wanted.effect.name, source, pool))
        return plan

    monkeypatch.setattr("livecut.app.build.choose", lambda _: Accelerator("cuda"))
    monkeypatch.setattr("livecut.app.build.resident_plan", built)
    pool = new_pool()
    assert build_plan(Settings(), SIZE, Meter(), source=Size(40, 30), residents=pool) is plan
    assert asked == [("blur", Size(40, 30), pool)]
    # What needs no network needs no GPU, and the CPU was asked for by name.
    for patch in ({"effect": {"name": "none"}}, {"device": "cpu"}):
        assert isinstance(build_plan(settings(**patch), SIZE, Meter(), warm=False), Plan)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("patch", "wanted"),
    [
        ({"output": {"sinks": ["null"]}}, None),
        ({"output": {"sinks": ["window", "virtualcam"]}}, "i420"),
        ({"output": {"sinks": ["/dev/video10"], "pixel_format": "nv12"}}, "nv12"),
        ({"output": {"sinks": ["virtualcam"]}, "effect": {"name": "cutout"}}, None),
    ],
)
def test_pictures_are_converted_for_virtual_cameras(patch: dict[str, Any], wanted: str | None) -> None:
    assert resident._planar(settings(**patch)) == wanted
