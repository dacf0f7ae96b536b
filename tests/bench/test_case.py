"""Which cases a command line means, and the settings each is measured with."""

from __future__ import annotations

import pytest

from livecut.bench.case import Case, announced, cases
from livecut.errors import SettingsError
from livecut.types import Size

HD, FULL_HD = Size(1280, 720), Size(1920, 1080)


@pytest.mark.parametrize(
    ("sizes", "effects", "devices", "expected"),
    [
        (
            [],
            [],
            [],
            [(size, effect, "auto") for size in (HD, FULL_HD) for effect in ("blur", "bokeh", "replace")],
        ),
        (["640x360"], [], [], [(Size(640, 360), "blur", "auto")]),
        ([], ["bokeh"], [], [(HD, "bokeh", "auto")]),
        ([], ["bokeh", "none"], ["cpu"], [(HD, "bokeh", "cpu"), (HD, "none", "cpu")]),
        (["1280x720"], ["blur"], ["cpu", "cuda"], [(HD, "blur", "cpu"), (HD, "blur", "cuda")]),
    ],
)
def test_combinations(
    sizes: list[str], effects: list[str], devices: list[str], expected: list[tuple[Size, str, str]]
) -> None:
    made = cases(sizes, effects, devices, template=Case(Size(1, 1), frames=77, versus_ordinary=True))
    assert [(case.size, case.effect, case.device) for case in made] == expected
    assert {(case.frames, case.versus_ordinary) for case in made} == {(77, True)}


def test_a_size_that_is_none() -> None:
    with pytest.raises(SettingsError) as caught:
        cases(["large"], [], [])
    assert caught.value.message == "output.size: a size is written WxH, e.g. 1280x720"


def test_settings_are_those_shipped_but_for_what_is_named() -> None:
    settings = Case(Size(640, 360), "bokeh", "cpu", ("effect.bokeh.aperture=1.5",), fps=15.0).settings()
    assert (settings.effect.name, settings.effect.bokeh.aperture, settings.device) == ("bokeh", 1.5, "cpu")
    assert (settings.output.size, settings.output.fps, settings.source.input) == (Size(640, 360), 15.0, "demo")
    assert settings.model.name == "livecut-joint-small"
    assert settings.matte.refine == "guided"
    assert not settings.governor.enabled and not settings.motion_gate.enabled


@pytest.mark.parametrize("assignment", ["matte.stride=2", "depth.stride=2", "motion_gate.enabled=true"])
def test_two_ways_are_compared_with_one_inference_a_frame(assignment: str) -> None:
    assert Case(HD, assignments=(assignment,)).settings()
    with pytest.raises(SettingsError) as caught:
        Case(HD, assignments=(assignment,), versus_ordinary=True).settings()
    assert caught.value.message == "--vs compares one inference a frame"


def test_its_name() -> None:
    assert Case(HD, "bokeh").label == "bokeh 1280x720"


def test_what_is_measured_is_announced_in_one_line() -> None:
    template = Case(Size(1, 1), frames=60, live_s=0, versus_ordinary=True)
    assert announced(cases(["64x36", "128x72"], ["blur"], ["cpu", "auto"], template=template)) == (
        "measuring blur 64x36, blur 128x72 on a moving portrait beside the ordinary way: each 60 frames one by one "
        "(on the very first run kernels compile for a minute before that)"
    )
