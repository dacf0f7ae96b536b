"""Single pictures: sizes, transparency, profiles and types survive; remote services are asked only when allowed."""

from __future__ import annotations

import io
import logging
import os
import struct
import threading
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import GifImagePlugin, Image, ImageCms, ImageOps
from skimage.data import astronaut
from support.webserver import body, serving

import livecut
from livecut.app.still_image import MAX_FILE_BYTES, StillImage, encode_as, encode_depth, load_still
from livecut.app.still_services import Services
from livecut.app.stills import StillWork, Via
from livecut.errors import EstimateError, ImageError, ModelError, RemoteRefused, SettingsError
from livecut.kernels.still import on_white
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Pixels, Plane8

NULL = apply(Settings(), {"model": {"name": "null"}})


def _picture(width: int = 96, height: int = 64) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)


def _encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("size", [(1, 1), (31, 17), (96, 64), (64, 160)])
def test_every_way_of_giving_a_picture_gives_the_same_cutout(size: tuple[int, int], tmp_path: Path) -> None:
    bgr = _picture(*size)
    image = Image.fromarray(np.ascontiguousarray(bgr[:, :, ::-1]))
    path = tmp_path / "a.png"
    path.write_bytes(_encoded(image))
    results = [livecut.cutout(given, settings=NULL) for given in (bgr, image, path, str(path), path.read_bytes())]
    assert all(result.shape == (size[1], size[0], 4) for result in results)
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


def test_where_alpha_is_full_the_colours_are_the_pictures_own_and_where_it_is_none_they_are_gone() -> None:
    bgr = _picture()
    result = livecut.cutout(bgr, settings=NULL)
    inside, outside = result[:, :, 3] == 255, result[:, :, 3] == 0
    assert inside.any()
    assert outside.any()
    np.testing.assert_array_equal(result[inside][:, :3], bgr[inside])
    assert (result[outside] == 0).all()


def test_a_mask_is_the_alpha_and_a_background_fills_the_rest() -> None:
    bgr = _picture()
    cut = livecut.cutout(bgr, settings=NULL)
    mask = livecut.cutout(bgr, mode="mask", settings=NULL)
    np.testing.assert_array_equal(mask, cut[:, :, 3])
    over = livecut.cutout(bgr, background="#ff0000", settings=NULL)
    np.testing.assert_array_equal(over[mask == 0], np.broadcast_to([0, 0, 255], over[mask == 0].shape))
    with pytest.raises(SettingsError, match="a mask has no background"):
        livecut.cutout(bgr, mode="mask", background="red", settings=NULL)


def test_the_pictures_own_transparency_stays() -> None:
    own = np.full((64, 96), 128, np.uint8)
    opaque = livecut.cutout(on_white(_picture(), own), settings=NULL)[:, :, 3]
    half = livecut.cutout(np.dstack([_picture(), own]), settings=NULL)[:, :, 3]
    np.testing.assert_allclose(half, opaque * (128 / 255), atol=1)


class _Spy:
    """Stands in for the loaded networks: what is red is a person; keeps what it was shown."""

    def __init__(self) -> None:
        self.seen: list[Pixels] = []

    def cutout(self, bgr: Pixels) -> tuple[Pixels, Plane8]:
        self.seen.append(bgr)
        return bgr.copy(), np.where(bgr[..., 2] > bgr[..., 0], 255, 0).astype(np.uint8)

    def depth(self, bgr: Pixels) -> tuple[NDArray[np.float32], Plane8]:
        self.seen.append(bgr)
        return np.full(bgr.shape[:2], 0.5, np.float32), np.full(bgr.shape[:2], 255, np.uint8)

    def close(self) -> None:
        pass


def test_networks_see_white_under_transparency_and_answers_keep_the_pictures_own_colours() -> None:
    bgr = np.full((4, 6, 3), (20, 30, 200), np.uint8)
    own = np.repeat(np.array([255, 255, 128, 128, 0, 0], np.uint8)[None], 4, axis=0)
    picture = np.dstack([bgr, own])
    work, spy = StillWork(NULL), _Spy()
    work._loaded = lambda: spy  # type: ignore[method-assign, assignment, return-value]
    cut = work.cut(picture).pixels
    work.depth(picture)
    work.depth(picture, scene=True)
    work.close()
    assert len(spy.seen) == 3
    for seen in spy.seen:
        assert (seen[:, :2] == (20, 30, 200)).all()
        np.testing.assert_allclose(seen[:, 2:4], np.broadcast_to((137, 142, 227), (4, 2, 3)), atol=1)
        assert (seen[:, 4:] == 255).all()
    np.testing.assert_array_equal(cut[..., 3], own)
    assert (cut[:, :4, :3] == (20, 30, 200)).all()
    assert (cut[:, 4:] == 0).all()


def test_colours_that_transparency_hides_change_nothing() -> None:
    bgr = np.ascontiguousarray(astronaut()[::4, ::4, ::-1])  # type: ignore[no-untyped-call]
    clear = np.full((128, 128), 255, np.uint8)
    clear[:, 96:] = 0  # what is beside her
    other = bgr.copy()
    other[:, 96:] = 255 - other[:, 96:]
    small = apply(Settings(), {"model": {"name": "livecut-joint-small", "still": "livecut-joint-small"}})
    one, two = (livecut.cutout(np.dstack([pixels, clear]), settings=small) for pixels in (bgr, other))
    np.testing.assert_array_equal(one, two)
    assert (one[..., 3] == 255).any()


def test_depth_is_nothing_outside_people_unless_the_scene_is_wanted() -> None:
    bgr = _picture()
    alpha = livecut.cutout(bgr, mode="mask", settings=NULL)
    person, scene = livecut.depth(bgr, settings=NULL), livecut.depth(bgr, scene=True, settings=NULL)
    assert person.dtype == scene.dtype == np.float32
    assert person.shape == scene.shape == (64, 96)
    assert (person[alpha == 0] == 0).all()
    assert (person[alpha == 255] > 0).all()
    assert person.max() <= 1
    assert (scene[alpha == 0] > 0).any()


def test_depth_of_people_ends_where_the_picture_is_transparent() -> None:
    clear = np.full((64, 96), 255, np.uint8)
    clear[:, 48:] = 0
    bgra = np.dstack([_picture(), clear])
    person, scene = livecut.depth(bgra, settings=NULL), livecut.depth(bgra, scene=True, settings=NULL)
    assert (person[:, :48] > 0).any()
    assert (person[:, 48:] == 0).all()
    assert (scene[:, 48:] > 0).any()


def test_sixteen_bit_depth_keeps_more_steps_than_eight() -> None:
    ramp = np.linspace(0, 1, 4096, dtype=np.float32).reshape(64, 64)
    deep = np.asarray(Image.open(io.BytesIO(encode_depth(ramp, "png16"))))
    flat = np.asarray(Image.open(io.BytesIO(encode_depth(ramp, "png"))))
    assert (len(np.unique(deep)), len(np.unique(flat))) == (4096, 256)
    assert (int(deep.max()), int(flat.max())) == (65535, 255)
    assert encode_depth(ramp, "jpeg")[:2] == b"\xff\xd8"


def test_orientation_palette_grey_sixteen_bits_and_cmyk() -> None:
    rgb = Image.fromarray(_picture(40, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = load_still(_encoded(rgb, "JPEG", exif=exif, quality=100))
    assert turned.bgr.shape == (40, 20, 3)
    for image in (rgb.convert("P"), rgb.convert("L"), rgb.convert("CMYK")):
        kind = "TIFF" if image.mode == "CMYK" else "PNG"
        assert load_still(_encoded(image, kind)).bgr.shape == (20, 40, 3)
    deep = Image.fromarray(np.full((20, 40), 32896, np.uint16))
    assert (load_still(_encoded(deep)).bgr == 128).all()


def test_a_colour_profile_stays_with_the_values() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = load_still(_encoded(Image.fromarray(_picture()), icc_profile=profile))
    assert picture.icc_profile == profile
    work = StillWork(NULL)
    png = work.cut(_encoded(Image.fromarray(_picture()), icc_profile=profile)).encoded()
    work.close()
    assert Image.open(io.BytesIO(png)).info["icc_profile"] == profile


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"plain text", "x is no picture"),
        (b"", "x is no picture"),
        (_encoded(Image.fromarray(_picture()))[:900], "x is broken"),
        *(
            (
                _encoded(
                    Image.new("RGB", (8, 8)), kind, save_all=True, append_images=[Image.new("RGB", (8, 8), "red")]
                ),
                "x has 2 frames",
            )
            for kind in ("GIF", "PNG", "WEBP", "TIFF")
        ),
    ],
)
def test_what_is_no_single_whole_picture_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        load_still(data, name="x")


def _damaged(data: bytes) -> Iterator[bytes]:
    """Cut short and changed here and there, the same way each time."""
    random = np.random.default_rng(3)
    yield from (data[:length] for length in range(0, len(data), max(1, len(data) // 60)))
    for _ in range(60):
        changed = np.frombuffer(data, np.uint8).copy()
        changed[random.integers(0, min(len(data), 400), 3)] = random.integers(0, 256, 3)
        yield changed.tobytes()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "PPM"])
@pytest.mark.parametrize("tagged", [False, True])
def test_whatever_is_damaged_is_an_image_error_without_a_warning(kind: str, tagged: bool) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "turned"
    options = {"exif": exif} if tagged and kind in ("PNG", "JPEG", "WEBP", "TIFF") else {}
    refused = 0
    for data in _damaged(_encoded(Image.fromarray(_picture(20, 12)), kind, **options)):
        try:
            load_still(data, name="x")
        except ImageError as error:
            refused += 1
            assert error.message.startswith("x ")
            assert error.hint
    assert refused


@pytest.mark.parametrize("step", ["open", "n_frames", "exif_transpose"])
def test_whatever_pillow_raises_at_any_step_is_an_image_error(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = _encoded(Image.fromarray(_picture()), "GIF")
    for error in (struct.error, zlib.error, IndexError, TypeError, KeyError, EOFError):

        def fails(*_: object, raised: type[Exception] = error, **__: object) -> None:
            raise raised("unpack requires\na buffer")

        owner = {"open": Image, "n_frames": GifImagePlugin.GifImageFile, "exif_transpose": ImageOps}[step]
        monkeypatch.setattr(owner, step, property(fails) if step == "n_frames" else fails)
        with pytest.raises(ImageError, match=r"^x is broken: "):
            load_still(data, name="x")


def test_a_file_is_read_only_when_it_is_a_picture_and_not_too_large(tmp_path: Path) -> None:
    movie, large = tmp_path / "movie.mp4", tmp_path / "large.png"
    with movie.open("wb") as file:
        file.write(b"\0\0\0\x18ftypmp42")
        file.truncate(3 << 30)
    with large.open("wb") as file:
        file.write(_encoded(Image.fromarray(_picture())))
        file.truncate(MAX_FILE_BYTES + 1)
    tracemalloc.start()
    with pytest.raises(ImageError, match=r"movie\.mp4 is no picture$"):
        load_still(movie)
    with pytest.raises(ImageError, match=r"large\.png has more than 1024 MiB$"):
        load_still(str(large))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 << 20


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_named_pipe_is_read_once(tmp_path: Path) -> None:
    pipe, data = tmp_path / "pipe", _encoded(Image.fromarray(_picture()))
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(data), daemon=True)
    writer.start()
    assert load_still(pipe).bgr.shape == (64, 96, 3)
    writer.join(10)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_named_pipe_that_nobody_writes_into_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livecut.files.PATIENCE_S", 0.1)
    os.mkfifo(tmp_path / "pipe")
    for options in ({"image": tmp_path / "pipe"}, {"image": _picture(), "background": tmp_path / "pipe"}):
        with pytest.raises(ImageError, match="pipe cannot be read: nobody writes into this pipe"):
            livecut.cutout(**options, settings=NULL)


@pytest.mark.parametrize("name", ["~nosuchuser/a.jpg", "a\0b", "a" * 300])
def test_a_path_that_can_be_none_is_told(name: str) -> None:
    for options in ({"image": name}, {"image": _picture(), "background": name}):
        with pytest.raises(ImageError, match=r"no such file$|cannot be read: |neither a colour nor a file$"):
            livecut.cutout(**options, settings=NULL)


@pytest.mark.parametrize("shape", [(20, 65_501), (65_501, 20)])
def test_a_side_too_long_for_a_jpeg_is_told(shape: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match=r"^\d+x\d+ is too long for a JPEG$") as caught:
        encode_as("jpeg", np.zeros((*shape, 3), np.uint8))
    assert caught.value.hint
    with pytest.raises(ImageError, match="too long for a JPEG"):
        encode_depth(np.zeros(shape, np.float32), "jpeg")
    assert encode_depth(np.zeros(shape, np.float32), "png")
    assert encode_as("jpeg", np.zeros((20, 65_500, 3), np.uint8))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
@pytest.mark.parametrize("space", [b"GRAY", b"CMYK", b"Lab ", b""])
def test_a_profile_of_other_values_is_not_kept_beside_rgb(mode: str, space: bytes) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.fromarray(_picture()).convert(mode)
    other = profile[:16] + space + profile[20:] if space else b"short"
    assert load_still(_encoded(image, icc_profile=other)).icc_profile is None
    assert load_still(_encoded(image, icc_profile=profile)).icc_profile == profile


def test_what_a_backgrounds_transparency_hides_does_not_come_out() -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    half = Image.new("RGBA", (8, 8), (255, 0, 0, 128))
    shown = [livecut.cutout(_picture(), background=image, settings=NULL)[0, 0] for image in (clear, half)]
    assert shown[0].tolist() == [255, 255, 255]
    np.testing.assert_allclose(shown[1], (127, 127, 255), atol=1)


def test_grey_arrays_are_pictures_too() -> None:
    grey = _picture()[:, :, 0]
    same = np.dstack([grey, grey, grey])
    for given in (grey, grey[:, :, None]):
        np.testing.assert_array_equal(livecut.cutout(given, settings=NULL), livecut.cutout(same, settings=NULL))
        np.testing.assert_array_equal(livecut.depth(given, settings=NULL), livecut.depth(same, settings=NULL))


def test_a_mode_nobody_knows_is_said() -> None:
    with pytest.raises(ValueError, match=r"^mode is 'image' or 'mask', not 'nope'$"):
        livecut.cutout(_picture(), mode="nope", settings=NULL)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "array",
    [np.zeros((4,), np.uint8), np.zeros((4, 4, 2), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3))],
)
def test_arrays_of_another_kind_are_refused(array: NDArray[np.uint8]) -> None:
    with pytest.raises(ImageError, match="an array must be uint8"):
        load_still(array)


class _Service(Services):
    """Answers a half-transparent picture without asking anybody."""

    def __init__(self) -> None:
        super().__init__(Settings())
        self.asked = 0

    def cut(self, picture: StillImage) -> tuple[Pixels, Plane8]:
        self.asked += 1
        return picture.bgr, np.full(picture.bgr.shape[:2], 77, np.uint8)


def test_a_picture_leaves_the_machine_only_when_allowed_and_it_is_said(caplog: pytest.LogCaptureFixture) -> None:
    broken = {"model": {"name": "absent"}}
    service = _Service()
    work = StillWork(apply(Settings(), broken), services=service)
    with pytest.raises(ModelError, match="absent"):
        work.cut(_picture())
    assert service.asked == 0
    allowed = StillWork(apply(Settings(), {**broken, "remote": {"allow": True}}), services=service)
    caplog.set_level(logging.WARNING)
    cuts = [allowed.cut(_picture(), name="me.jpg") for _ in range(2)]
    assert [cut.via for cut in cuts] == ["api4ai", "api4ai"]
    assert (cuts[0].pixels[:, :, 3] == 77).all()
    warnings = [record.message for record in caplog.records if "leave this machine" in record.message]
    assert warnings == ["pictures leave this machine: me.jpg goes to api4ai (no network named 'absent')"]


@pytest.mark.parametrize("via", ["auto", "api4ai"])
def test_no_picture_leaves_the_machine_any_more_where_the_run_was_interrupted(via: Via) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    service = _Service()
    broken = apply(Settings(), {"model": {"name": "absent"}, "remote": {"allow": True}})
    with pytest.raises(KeyboardInterrupt):
        StillWork(broken, via=via, services=service, before_leaving=interrupted).cut(_picture())
    assert service.asked == 0


def test_what_no_service_can_do_is_not_announced_and_the_first_error_is_told(caplog: pytest.LogCaptureFixture) -> None:
    service = _Service()
    settings = apply(Settings(), {"model": {"name": "absent"}, "remote": {"allow": True}})
    caplog.set_level(logging.WARNING)
    with pytest.raises(ModelError, match="no network named 'absent'"):
        StillWork(settings, services=service).depth(_picture(), scene=True)
    with pytest.raises(SettingsError, match="the depth of people only"):
        StillWork(settings, via="clipdrop", services=service).depth(_picture(), scene=True)
    assert caplog.messages == []
    assert service.first_use(), "nobody has been told of a first use"


def test_what_takes_too_long_here_is_said_with_the_setting(caplog: pytest.LogCaptureFixture) -> None:
    service, go = _Service(), threading.Event()
    work = StillWork(apply(NULL, {"remote": {"allow": True, "local_timeout_s": 0.05}}), services=service)
    work._loaded = lambda: go.wait(30)  # type: ignore[method-assign, assignment, return-value]
    caplog.set_level(logging.WARNING)
    assert work.cut(_picture(), name="me.jpg").via == "api4ai"
    here = StillWork(apply(NULL, {"remote": {"local_timeout_s": 0.05}}), services=service)
    here._loaded = lambda: go.wait(30)  # type: ignore[method-assign, assignment, return-value]
    with pytest.raises(EstimateError, match=r"^me\.jpg cannot be processed here: it takes longer than") as caught:
        here.cut(_picture(), name="me.jpg")
    assert caught.value.hint == "give it more time"
    go.set()
    here.close()
    assert caplog.messages == [
        "pictures leave this machine: me.jpg goes to api4ai (it takes longer than remote.local_timeout_s, 0.05 s)"
    ]
    work.close()


@pytest.mark.parametrize("allow", [(), ("127.0.0.1",)])
def test_a_background_from_a_private_address_is_allowed_by_the_setting(allow: tuple[str, ...]) -> None:
    with serving([body(_encoded(Image.new("RGB", (8, 8), "#ff0000")))]) as site:
        work = StillWork(apply(NULL, {"server": {"url_allow": allow}}))
        if allow:
            for _ in range(2):
                assert work.cut(_picture(), background=site.url).pixels[0, 0].tolist() == [0, 0, 255]
        else:
            with pytest.raises(RemoteRefused, match="the address leads into a private network") as caught:
                work.cut(_picture(), background=site.url)
            assert caught.value.hint.endswith("""--set 'server.url_allow=["HOST"]'""")
        work.close()
        assert len(site.requests) == len(allow), "once for all pictures"


def test_local_is_local_even_when_remote_is_allowed() -> None:
    service = _Service()
    settings = apply(Settings(), {"model": {"name": "absent"}, "remote": {"allow": True}})
    with pytest.raises(ModelError):
        StillWork(settings, via="local", services=service).cut(_picture())
    with pytest.raises(SettingsError, match="clipdrop does not do this"):
        StillWork(NULL, via="clipdrop", services=service).cut(_picture())
    assert service.asked == 0


def test_a_broken_picture_is_nobody_elses_business() -> None:
    service = _Service()
    work = StillWork(apply(NULL, {"remote": {"allow": True}}), services=service)
    with pytest.raises(ImageError):
        work.cut(b"plain text")
    work.close()
    assert service.asked == 0


def test_sixteen_bit_grey_of_either_byte_order_is_scaled() -> None:
    levels = np.arange(65536).reshape(256, 256)
    for mode, order in (("I;16", "<u2"), ("I;16B", ">u2")):
        stream = io.BytesIO()
        Image.frombytes(mode, (256, 256), levels.astype(order).tobytes()).save(stream, "TIFF")
        np.testing.assert_array_equal(load_still(stream.getvalue()).bgr[..., 1], levels // 257)
