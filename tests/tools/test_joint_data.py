"""A set in several folders is read as one, and processes of one run draw the same shapes in turn."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))
    monkeypatch.setitem(sys.modules, "tqdm", SimpleNamespace(tqdm=lambda numbers, **_: numbers))  # the tools' own need


@pytest.mark.usefixtures("tools")
def test_folders_are_read_as_one_set(tmp_path: Path) -> None:
    pictures_of = importlib.import_module("joint.pictures")

    random = np.random.default_rng(1)
    wanted = []
    for part, count in enumerate((2, 3)):
        writer = pictures_of.Writer(tmp_path / str(part))
        for number in range(count):
            height, width = 4 + number, 6 + part
            image = random.integers(0, 256, (height, width, 3), np.uint8)
            matte, trust = random.integers(0, 256, (2, height, width), np.uint8)
            things = random.integers(0, 256, (height, width), np.uint8) if number % 2 else None
            place = writer.add(f"set{part}", "truth", image, matte, trust, things)
            depth = random.integers(0, 256, pictures_of.DEPTH_SIZE[::-1]).astype(np.float32)
            writer.add_view(place, (0, 0, width, height), depth / np.float32(pictures_of.DEPTH_STEPS))
            wanted.append((f"set{part}", image, matte, trust, depth, things))
        writer.close()
    pictures = pictures_of.Pictures(tmp_path / "0", tmp_path / "1")
    assert len(pictures) == len(wanted)
    for view, (source, image, matte, trust, depth, things) in enumerate(wanted):
        assert pictures.of(view).source == source
        found = pictures.planes(pictures.views[view].picture)
        for own, other in zip(found, (image, matte, trust), strict=True):
            np.testing.assert_array_equal(own, other)
        np.testing.assert_array_equal(pictures.depth(view), depth.astype(np.uint8))
        held = pictures.things(pictures.views[view].picture)
        assert (held is None) == (things is None)
        if things is not None:
            np.testing.assert_array_equal(held, things)


@pytest.mark.usefixtures("tools")
def test_what_is_held_is_known_where_somebody_said_so(tmp_path: Path) -> None:
    pictures_of, samples = importlib.import_module("joint.pictures"), importlib.import_module("joint.samples")

    writer = pictures_of.Writer(tmp_path)
    image = np.full((90, 160, 3), 120, np.uint8)
    matte, things = np.zeros((2, 90, 160), np.uint8)
    matte[20:, 60:100], things[50:70, 100:130] = 255, 255
    trust = np.full_like(matte, 255)
    depth = np.full(pictures_of.DEPTH_SIZE[::-1], 0.5, np.float32)
    for source, kind, held in (("held", "truth", things), ("ccp", "truth", None), ("bg_rooms", "empty", None)):
        mask = np.zeros_like(matte) if kind == "empty" else matte
        writer.add_view(writer.add(source, kind, image, mask, trust, held), (0, 0, 160, 90), depth)
    writer.close()
    sampler = samples.Sampler(pictures_of.Pictures(tmp_path), (160, 96), np.random.default_rng(0))
    for _ in range(20):
        held, unknown, empty = (sampler.plain(view) for view in range(3))
        assert (held.held_known, unknown.held_known, empty.held_known) == (1.0, 0.0, 1.0)
        assert (held.held >= held.matte).all()
        assert int(held.held.sum()) > int(held.matte.sum())
        np.testing.assert_array_equal(unknown.held, unknown.matte)
        assert not empty.held.any()
    seen = [sampler.composite() for _ in range(20)]
    assert all((one.held >= one.matte).all() for one in seen)
    assert any(one.held_known and one.held.sum() > one.matte.sum() for one in seen)


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("factor", [1, 2])
def test_what_nobody_can_say_counts_nothing(tmp_path: Path, factor: int) -> None:
    make, pictures_of = (importlib.import_module(name) for name in ("make_training_set", "joint.pictures"))

    nobody = SimpleNamespace(
        mattes=lambda image: [np.zeros(image.shape[:2], np.float32)],
        depth=lambda _: np.full(pictures_of.DEPTH_SIZE[::-1], 0.5, np.float32),
    )
    image = np.full((90, 160, 3), 120, np.uint8)
    mask = np.zeros((90 * factor, 160 * factor), np.uint8)
    mask[20 * factor :, 60 * factor : 100 * factor] = 255
    mask[30 * factor : 60 * factor, 110 * factor : 140 * factor] = 128
    writer = pictures_of.Writer(tmp_path)
    assert make.Labeller(writer, nobody).add("crowd", "truth", image, mask)
    writer.close()
    _, matte, trust = pictures_of.Pictures(tmp_path).planes(0)
    assert not trust[31:59, 111:139].any()
    assert (trust[:, :108] == 255).all()
    assert (matte[22:, 62:98] == 255).all()
    assert not matte[:, :58].any()


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize(("complete", "trusted"), [(False, 0.25), (True, 1.0)])
def test_whom_only_teachers_see_is_doubted_unless_everybody_is_masked(
    tmp_path: Path, complete: bool, trusted: float
) -> None:
    make, pictures_of = (importlib.import_module(name) for name in ("make_training_set", "joint.pictures"))

    everybody = SimpleNamespace(
        mattes=lambda image: [np.ones(image.shape[:2], np.float32)],
        depth=lambda _: np.full(pictures_of.DEPTH_SIZE[::-1], 0.5, np.float32),
    )
    image, mask = np.full((90, 160, 3), 120, np.uint8), np.zeros((90, 160), np.uint8)
    mask[20:, 60:100] = 255
    writer = pictures_of.Writer(tmp_path)
    make.Labeller(writer, everybody).add("riders", "truth", image, mask, complete=complete)
    writer.close()
    _, _, trust = pictures_of.Pictures(tmp_path).planes(0)
    assert (trust[:, :50] == round(trusted * 255)).all()
    assert (trust[25:, 62:98] == 255).all()


@pytest.mark.usefixtures("tools")
def test_in_a_box_a_network_says_what_is_whose_and_outside_there_is_nobody() -> None:
    module, rivals = importlib.import_module("joint.boxed"), importlib.import_module("joint.rivals")

    class Bright(rivals.Rival):  # type: ignore[name-defined, misc]
        def matte(self, image: np.ndarray) -> SimpleNamespace:
            return SimpleNamespace(matte=np.asarray(image[..., 0] > 127, np.float32))

    image = np.zeros((120, 200, 3), np.uint8)
    image[30:90, 40:70] = 255  # somebody, boxed
    image[30:90, 150:180] = 255  # a thing that the network takes for somebody: no box
    boxes = module.read_boxes("0 0.275 0.5 0.15 0.5\n\n0 0.6 0.25 0.1 0.3\n", 120, 200)
    np.testing.assert_allclose(boxes, [(40, 30, 70, 90), (110, 12, 130, 48)])
    matte, trust = module.boxed(image, boxes, Bright("bright"))
    assert (matte[34:86, 44:66] > 0.9).all()
    assert (trust[34:86, 44:66] > 0.9).all()
    assert not matte[:, 75:].any()
    assert (trust[:, 145:] == 1).all()
    assert not trust[12:48, 110:130].any()  # somebody is there whom it does not see
    with pytest.raises(ValueError, match="not enough values"):
        module.read_boxes("0 0.5 0.5", 10, 10)


@pytest.mark.usefixtures("tools")
def test_people_of_a_crowd_and_who_moves_are_where_their_mattes_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures_of, samples = importlib.import_module("joint.pictures"), importlib.import_module("joint.samples")

    writer = pictures_of.Writer(tmp_path)
    matte = np.zeros((90, 160), np.uint8)
    matte[20:, 60:100] = 255
    trust, depth = np.full_like(matte, 255), np.full(pictures_of.DEPTH_SIZE[::-1], 0.5, np.float32)
    for source, kind, mask in (("ccp", "truth", matte), ("bg_rooms", "empty", np.zeros_like(matte))):
        image = np.repeat(mask[..., None], 3, axis=2)
        writer.add_view(writer.add(source, kind, image, mask, trust, None), (0, 0, 160, 90), depth)
    writer.close()
    # White people before a black room, whose light nothing changes: the picture is the matte.
    for name, value in (("CROWD", 1.0), ("DRAWN", 0.0), ("RECLOTHED", 0.0)):
        monkeypatch.setattr(samples, name, value)
    monkeypatch.setattr(samples, "matched", lambda image, *_: image)
    monkeypatch.setattr(importlib.import_module("joint.camera"), "light", lambda image, *_: image)
    monkeypatch.setattr(importlib.import_module("joint.camera"), "lamp", lambda image, _: image)
    pieces: list[int] = []
    soft: dict[float, list[float]] = {0.0: [], 1.0: []}
    for moving in (0.0, 1.0):
        monkeypatch.setattr(samples, "MOVING", moving)
        sampler = samples.Sampler(pictures_of.Pictures(tmp_path), (160, 96), np.random.default_rng(0))
        for _ in range(12):
            sample = sampler.composite()
            assert sample.depth_trust == 0.0
            around = np.ones((9, 9), np.uint8)
            inside = sample.image[cv2.erode(sample.matte, around) == 255]
            assert (inside > 200).mean() > 0.95, "but for seams where one stands before another"
            assert (sample.image[cv2.dilate(sample.matte, around) == 0] == 0).all()
            pieces.append(int(cv2.connectedComponents((sample.matte > 127).astype(np.uint8))[0]) - 1)
            soft[moving].append(float(((sample.matte > 20) & (sample.matte < 235)).mean()))
    assert np.mean(soft[1.0]) > 2 * np.mean(soft[0.0])
    assert max(pieces) > 1


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("shape", [(90, 160), (160, 90), (90, 300)])
def test_who_stands_farther_off_is_smaller_whatever_the_picture_s_shape(
    shape: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures_of, samples = importlib.import_module("joint.pictures"), importlib.import_module("joint.samples")

    height, width = shape
    matte = np.zeros(shape, np.uint8)
    matte[height // 4 :, width // 3 : width * 2 // 3] = 255
    writer = pictures_of.Writer(tmp_path)
    depth = np.full(pictures_of.DEPTH_SIZE[::-1], 0.5, np.float32)
    picture = writer.add("ccp", "truth", np.repeat(matte[..., None], 3, axis=2), matte, np.full_like(matte, 255), None)
    writer.add_view(picture, (0, 0, width, height), depth)
    writer.close()
    for name in ("MOVING", "TUMBLED"):
        monkeypatch.setattr(samples, name, 0.0)

    def tallest(away: float) -> float:
        sampler = samples.Sampler(pictures_of.Pictures(tmp_path), (160, 96), np.random.default_rng(3))
        shown = [sampler.set_before(sampler.backdrop(), 0, 0.0, away=away).matte for _ in range(20)]
        return float(np.median([(one > 127).any(1).sum() for one in shown]))

    assert tallest(4.0) < 0.6 * tallest(2.0) < 0.6 * 104


@pytest.mark.usefixtures("tools")
def test_a_post_before_somebody_is_nobody() -> None:
    posts, samples = importlib.import_module("joint.posts"), importlib.import_module("joint.samples")

    random = np.random.default_rng(2)
    texture = random.integers(0, 256, (96, 160, 3), np.uint8)
    widths = []
    for _ in range(40):
        image, alpha = posts.post(texture, random)
        assert image.shape == texture.shape
        assert 0 <= alpha.min() <= alpha.max() <= 1
        standing = alpha[20] > 0.5
        if standing.any():
            widths.append(int(standing.sum()))
            assert np.flatnonzero(standing).tolist() == list(range(*_ends(standing)))
    assert len(widths) > 30
    assert 1 <= min(widths) < max(widths) < 0.13 * 160

    room = samples.Sample(texture, *np.zeros((4, 96, 160), np.uint8), 0.0)
    sampler = SimpleNamespace(room=lambda: room, random=random)
    full = np.full((96, 160), 255, np.uint8)
    person = samples.Sample(np.full((96, 160, 3), 200, np.uint8), full, full // 4, full, full, 1.0)
    samples.Sampler.set_before_all(sampler, person)
    hidden = person.matte < 128
    assert hidden.any()
    np.testing.assert_array_equal(person.matte, person.held)
    assert (person.image[hidden].mean() < 190) or (person.image[hidden].std() > 1)
    assert (person.image[person.matte == 255] == 200).all()
    assert (person.trust[person.matte == 0] >= 250).all()


def _ends(row: np.ndarray) -> tuple[int, int]:
    places = np.flatnonzero(row)
    return int(places[0]), int(places[-1]) + 1


@pytest.mark.usefixtures("tools")
def test_a_smear_keeps_all_light_and_goes_one_way() -> None:
    smear = importlib.import_module("joint.camera").smear

    for seed in range(30):
        kernel = smear(2.0 + seed / 3, np.random.default_rng(seed))
        assert kernel.sum() == pytest.approx(1.0)
        assert (kernel >= 0).all()
        assert np.count_nonzero(kernel) <= 2 * max(kernel.shape)


@pytest.mark.usefixtures("tools")
def test_a_thing_before_a_plain_ground_is_cut_out() -> None:
    cut_out = importlib.import_module("make_held_set").cut_out

    bgr = np.full((100, 140, 3), 250, np.uint8)
    bgr[30:80, 40:100] = (40, 90, 160)
    mask = cut_out(bgr)
    assert mask is not None
    np.testing.assert_array_equal(mask > 0, (bgr < 250).any(2))
    assert cut_out(np.full_like(bgr, 250)) is None
    assert cut_out(np.random.default_rng(0).integers(0, 256, bgr.shape, np.uint8)) is None


@pytest.mark.usefixtures("tools")
def test_clothes_change_and_the_rest_stays() -> None:
    reclothed = importlib.import_module("joint.samples").reclothed

    image = np.full((120, 80, 3), (200, 90, 30), np.uint8)
    matte = np.zeros((120, 80), np.uint8)
    matte[10:110, 20:60] = 255
    for seed in range(20):
        out = reclothed(image, matte, np.random.default_rng(seed))
        far = np.ones(matte.shape, bool)
        far[10:120, 12:68] = False
        np.testing.assert_array_equal(out[far], image[far])
        np.testing.assert_array_equal(out[:20], image[:20])
        assert np.abs(out[70:100, 30:50].astype(int) - image[70:100, 30:50]).mean() > 5
    empty = np.zeros_like(matte)
    assert reclothed(image, empty, np.random.default_rng(0)) is image


@pytest.mark.usefixtures("tools")
def test_what_is_held_is_as_near_as_who_holds_it() -> None:
    in_hand = importlib.import_module("joint.labels").in_hand

    depth = np.full((192, 320), 0.2, np.float32)
    person, thing = np.zeros_like(depth), np.zeros_like(depth)
    person[40:190, 120:200], thing[100:140, 200:230] = 1, 1
    depth[person > 0] = 0.7
    out = in_hand(depth, person, thing)
    assert (out[thing > 0] >= 0.69).all()
    assert (out[thing > 0] <= 0.75).all()
    np.testing.assert_array_equal(out[thing == 0], depth[thing == 0])
    # A thing that the teacher sees before its holder stays where it is.
    depth[thing > 0] = 0.9
    np.testing.assert_array_equal(in_hand(depth, person, thing), depth)
    assert in_hand(depth, np.zeros_like(person), thing) is depth
    assert in_hand(depth, person, np.zeros_like(thing)) is depth


@pytest.mark.usefixtures("tools")
def test_a_network_that_remembers_is_asked_with_its_own_states(monkeypatch: pytest.MonkeyPatch) -> None:
    rivals = importlib.import_module("joint.rivals")

    class Counts:
        """Answers how often it was asked since its state was blank."""

        def get_inputs(self) -> list[SimpleNamespace]:
            return [SimpleNamespace(name="src", shape=[1, 3, 8, 8]), SimpleNamespace(name="r1i", shape=[1])]

        def run(self, wanted: list[str], feed: dict[str, np.ndarray]) -> list[np.ndarray]:
            assert wanted == ["pha", "r1o"]
            assert feed["src"].shape == (1, 3, 8, 8) and 0 <= feed["src"].min() <= feed["src"].max() <= 1
            state = feed["r1i"] + 1
            return [np.full((1, 1, 8, 8), state[0] / 10, np.float32), state]

    monkeypatch.setattr(rivals, "session", lambda *_: Counts())
    network = rivals.Matting(Path("remembers.onnx"), (8, 8))
    image = np.full((20, 30, 3), 255, np.uint8)
    answers = [network.matte(image).matte for _ in range(2)]
    network.forget()
    answers.append(network.matte(image).matte)
    assert [one.shape for one in answers] == [(20, 30)] * 3
    assert [float(one.mean()) for one in answers] == pytest.approx([0.1, 0.2, 0.1])


@pytest.mark.usefixtures("tools")
def test_a_network_of_ours_corrects_only_what_teachers_labelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures_of, relabel = importlib.import_module("joint.pictures"), importlib.import_module("relabel")
    rivals = importlib.import_module("joint.rivals")

    class Half:
        """Sees somebody in the left half, whatever is there, and where it is mirrored in the right one."""

        def __init__(self, path: Path, threads: int) -> None:
            self.mirrored = False

        def matte(self, image: np.ndarray) -> object:
            self.mirrored = not self.mirrored
            out = np.zeros_like(image[..., 0], np.float32)
            out[:, : image.shape[1] // 2] = 1
            return rivals.Answer(np.ascontiguousarray(out[:, ::-1]) if self.mirrored else out)

    monkeypatch.setattr(relabel, "Joint", Half)
    writer = pictures_of.Writer(tmp_path)
    image = np.full((60, 100, 3), 120, np.uint8)
    matte = np.zeros((60, 100), np.uint8)
    matte[:, :50] = 255  # as the network has it, but for a quarter that it does not see
    matte[:15, 70:] = 255
    trust = np.full_like(matte, 255)
    for kind in ("truth", "teachers"):
        number = writer.add("some", kind, image, matte, trust)
        for box in ((0, 0, 100, 60), (0, 0, 100, 60)):
            writer.add_view(number, box, np.zeros(pictures_of.DEPTH_SIZE[::-1], np.float32))
    writer.close()
    depth = (tmp_path / "depth.bin").read_bytes()
    monkeypatch.setattr("sys.argv", ["relabel.py", str(tmp_path), "--own", "network"])
    relabel.main()

    found = pictures_of.Pictures(tmp_path)
    for own, before in zip(found.planes(0), (image, matte, trust), strict=True):
        np.testing.assert_array_equal(own, before)
    kept, new, weight = found.planes(1)
    np.testing.assert_array_equal(kept, image)
    agreed = np.zeros((60, 100), np.bool_)
    agreed[:, :40], agreed[30:, 60:] = True, True  # well off the edges, which are drawn along the picture's
    np.testing.assert_array_equal(new[agreed], matte[agreed])
    assert (weight[agreed] == 255).all()
    doubted = np.s_[:10, 80:]
    assert (new[doubted] == 128).all()
    assert (weight[doubted] < 30).all()
    assert (tmp_path / "depth.bin").read_bytes() == depth
