"""The ladder holds what can give with these settings, and never betters what the user has set."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.app.ladder import FULL, ladder, printed
from livecut.inference import store
from livecut.inference.spec import ModelSpec
from livecut.inference.store import manifest
from livecut.protocols import Need
from livecut.settings import Settings
from livecut.settings.load import Patch, apply

MATTE, BOTH = frozenset({Need.MATTE}), frozenset({Need.MATTE, Need.DEPTH})


def names(patch: Patch, needs: frozenset[Need]) -> list[str]:
    return [rung.name for rung in ladder(apply(Settings(), patch), needs)]


@pytest.mark.parametrize(
    ("patch", "needs", "expected"),
    [
        (
            {},
            MATTE,
            ["edges on half the grid", "matte of every 2nd frame", "edges not followed", "matte of every 3rd frame"],
        ),
        ({"effect": {"name": "none"}}, frozenset(), []),
        (
            {"effect": {"name": "bokeh"}, "model": {"name": "rvm"}},
            BOTH,
            [
                "edges on half the grid",
                "coarser discs",
                "depth of every 2nd frame",
                "matte of every 2nd frame",
                "edges not followed",
                "depth of every 3rd frame",
                "matte of every 3rd frame",
            ],
        ),
        (
            {
                "effect": {"name": "split", "split": {"before": "bokeh", "after": "replace"}},
                "matte": {"refine": "bilinear", "stride": 2},
            },
            BOTH,
            ["coarser discs", "rim in the room's colour", "matte of every 3rd frame"],
        ),
        (
            {"effect": {"name": "depth"}, "depth": {"stride": 2}},
            frozenset({Need.DEPTH}),
            ["depth of every 3rd frame"],
        ),
        ({"matte": {"refine": "guided-half", "stride": 8}}, MATTE, ["edges not followed"]),
        ({"effect": {"name": "bokeh", "bokeh": {"quality": "draft"}}, "governor": {"max_steps": 1}}, BOTH, None),
        ({"governor": {"max_steps": 0}}, MATTE, []),
    ],
)
def test_what_can_give(patch: Patch, needs: frozenset[Need], expected: list[str] | None) -> None:
    expected = ["edges on half the grid"] if expected is None else expected
    assert names(patch, needs) == ["full quality", *expected]


_COST = {"guided": 2, "guided-half": 1, "bilinear": 0, "full": 1, "draft": 0}


@given(
    st.sampled_from(["guided", "guided-half", "bilinear"]),
    st.integers(1, 8),
    st.integers(1, 8),
    st.sampled_from(["full", "draft"]),
    st.sampled_from(["blur", "bokeh", "replace", "split"]),
    st.sampled_from([MATTE, BOTH, frozenset[Need]()]),
)
def test_each_rung_costs_less_than_the_one_above(
    refine: str, stride: int, depth_stride: int, quality: str, effect: str, needs: frozenset[Need]
) -> None:
    user = apply(
        Settings(),
        {
            "effect": {"name": effect, "bokeh": {"quality": quality}},
            "matte": {"refine": refine, "stride": stride},
            "depth": {"stride": depth_stride},
            "model": {"name": "rvm"},
        },
    )

    def costs(settings: Settings) -> list[float]:
        matte = settings.matte
        return [
            _COST[matte.refine],
            _COST[settings.effect.bokeh.quality],
            1 / matte.stride,
            1 / settings.depth.stride,
            matte.decontaminate,
        ]

    rungs = ladder(user, needs)
    assert rungs[0] is FULL and rungs[0].over(user) is user
    for above, below in itertools.pairwise(rungs):
        better, worse = costs(above.over(user)), costs(below.over(user))
        assert worse != better
        assert all(low <= high for low, high in zip(worse, better, strict=True))
    assert apply(rungs[-1].over(user), {"source": {"input": "demo"}}).matte.guide_radius == user.matte.guide_radius


def test_a_smaller_shipped_network_of_the_same_kind_is_a_rung(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = manifest()["livecut-joint-small"]

    def sized(name: str, width: int, **changes: object) -> ModelSpec:
        given = shipped.input.model_copy(update={"width": width})
        return shipped.model_copy(update={"name": name, "input": given, **changes})

    rows: Mapping[str, ModelSpec] = {
        row.name: row
        for row in (
            shipped,
            manifest()["rvm"],
            sized("tiny", 96),
            sized("less", 192, upright="upright-less", matte_only="matte-of-less"),
            sized("upright-less", 224),
            sized("matte-of-less", 200),
            sized("more", 384),
            sized("not-shipped", 256, shipped=False),
            sized("another-kind", 256, task="matte"),
        )
    }
    monkeypatch.setattr(store, "manifest", lambda: rows)
    rungs = ladder(Settings(), MATTE)
    assert rungs[2].name == "network less"
    assert rungs[2].patch == {"matte": {"refine": "guided-half"}, "model": {"name": "less"}}
    assert "network" not in printed(ladder(apply(Settings(), {"model": {"name": "rvm"}}), MATTE))


def test_it_is_printed_in_one_line() -> None:
    text = printed(ladder(apply(Settings(), {"governor": {"max_steps": 2}}), MATTE))
    assert text == "0 full quality, 1 edges on half the grid, 2 matte of every 2nd frame"
