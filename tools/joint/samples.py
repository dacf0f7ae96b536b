"""Training samples: views of labelled pictures framed as a webcam sees them, people set before other backdrops."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from joint import backdrops, camera
from joint.people import matched, reclothed, smeared
from joint.pictures import DEPTH_SIZE, Pictures, View
from joint.posts import post

Plane = npt.NDArray[np.uint8]
Random = np.random.Generator
Matrix = npt.NDArray[np.float64]

MARGIN = 4
"""Pixels around each sample, from which the shifted twin of a frame is cut."""
SHARES = {
    "ccp": 0.17, "vikram": 0.15, "ecoreal360": 0.10, "pennfudan": 0.06, "davis": 0.045, "coco128": 0.08,
    "coco_": 0.44, "voc_": 0.32, "clips": 0.06, "stanford40": 0.20, "held": 0.18, "caltech": 0.04, "facemask": 0.03,
    "celeb": 0.02, "deepface": 0.02, "mmpose": 0.03, "video": 0.06, "webcam": 0.03, "yeshey": 0.01, "cutouts": 0.04,
    "bg_houses": 0.03, "bg_rooms": 0.05, "bg_pets": 0.05, "bg_dogs": 0.07, "bg_animals": 0.07, "bg_bears": 0.05,
    "bg_voc": 0.10, "bg_coco": 0.07, "bg_cartoons": 0.04, "bg_outside": 0.05, "bg": 0.24,
}  # fmt: skip
"""How often a sample comes from the sets whose name begins so."""
OTHER_SHARE = 0.03
"""How often from each set not named above."""
BROAD = ("pennfudan", "davis", "coco128", "coco_", "voc_", "clips")
"""Sets whose outlines are too broad, or whose masks hold too little of a person, to set them before other backdrops."""
COMPOSITES, TWO_PEOPLE, DRAWN, DRAWN_EMPTY, BESIDE = 0.22, 0.15, 0.4, 0.03, 0.05
"""Chances: a person before another backdrop, a second person there, a drawn backdrop, a backdrop alone, a part of a
picture beside its people."""
CROWD, CROWD_AWAY = 0.2, (1.3, 4.0)
"""Chance that a composite shows three to seven people, and how many times as far off as in their pictures they are."""
MOVING = 0.2
"""Chance that somebody set before a backdrop moves while the shutter is open."""
TRIES = 6
"""How often a part without people is looked for in a picture."""
SQUEEZE = (1.0, 1.5)
"""How much wider a tall picture may be made before bars fill the rest."""
ALIKE = (0.81, 1.24)
"""A view's shape over the sample's, between which it is framed as it is."""
FITS = ("squeeze", "bars", "frame")
OTHER_FITS = {False: (0.6, 0.3, 0.1), True: (0.35, 0.1, 0.55)}
"""Chances of each fit for views that are too tall for the sample, and too wide."""
TUMBLED = 0.09
"""Chance that a frame is turned any way: people lie, lean, dance and stand on their hands."""
ROOTED = 0.85
"""Chance that a frame does not reach below its picture: cameras cut people at the frame's edge, and plain cloth down
there must not look like the bar below a picture."""
BORDERS = {cv2.BORDER_REFLECT_101: 0.75, cv2.BORDER_REPLICATE: 0.13, cv2.BORDER_CONSTANT: 0.12}
"""Chances of what lies beyond a picture; livecut mirrors."""
WHOLE = 2.0
"""How much more often a whole picture is drawn than a view of its parts."""
RECLOTHED = 0.18
"""Chance that a masked person wears other clothes."""
COMPOSITE_DEPTH_TRUST = 0.3
"""Weight of the depth loss on composites, whose depth no teacher has seen as a whole."""
HELD_DEPTH_TRUST = 2.5
"""Weight of the depth loss on people with things in their hands: the thing is a small part of the picture."""
BEHIND = 0.2
"""Chance that a piece of another picture is laid behind a masked person: not all that was pasted is held."""
POST = 0.12
"""Chance that a trunk, a pole or a pillar stands before all."""
LEAST_PERSON, LEAST_IN_CROWD = 0.02, 0.002
"""Share of a frame that a person must fill to be set before another backdrop, alone or among others."""


@dataclass
class Sample:
    """Planes of one size: image [H, W, 3] BGR, the others [H, W]; and the weight of its depth."""

    image: Plane
    matte: Plane
    trust: Plane
    depth: Plane
    held: Plane
    """The matte with what is held."""
    depth_trust: float
    held_known: float = 0.0
    """1 where it is known what is held, else 0."""


def frame(view: View, size: tuple[int, int], random: Random, *, reach: tuple[float, float]) -> Matrix:
    """Return the matrix from a sample of SIZE (width, height) to the picture that VIEW is a part of.

    Views of the sample's own shape are framed as they are, moved, turned and scaled within REACH. Others are squeezed
    into the frame, fitted between bars, or framed in part, since a user's picture may come any of these ways.
    """
    left, top, right, bottom = view.box
    width, height = right - left, bottom - top
    out_width, out_height = size
    aspect = width / height
    shape = aspect / (out_width / out_height)
    fit = "frame" if ALIKE[0] < shape < ALIKE[1] else str(random.choice(FITS, p=OTHER_FITS[shape > 1]))
    if fit == "frame" and random.random() < 0.12:
        fit = "squeeze"
    scale = random.uniform(*reach)
    if fit == "squeeze":
        sx, sy = width / out_width, height / out_height
        scale = random.uniform(0.8, 1.12)
    elif fit == "bars":
        sx = sy = max(width / out_width, height / out_height)
        scale = random.uniform(0.9, 1.08)
        if aspect < out_width / out_height:
            sx /= min(random.uniform(*SQUEEZE), out_width / out_height / aspect)
    else:
        sx = sy = min(width / out_width, height / out_height * 1.15)
    stretch = random.uniform(0.92, 1.08)
    sx, sy = sx * scale * stretch, sy * scale / stretch
    mirror = -1 if random.random() < 0.5 else 1
    turn = random.normal(0, 0.12) if random.random() < 0.3 else 0.0
    if random.random() < TUMBLED:
        turn = random.uniform(-np.pi, np.pi)
    cos, sin = np.cos(turn), np.sin(turn)
    linear = np.array([[sx * cos * mirror, -sy * sin], [sx * sin * mirror, sy * cos]])
    slack = 0.04 if fit == "bars" else 0.12
    cx = (left + right) / 2 + random.uniform(-slack, slack) * width
    cy = (top + bottom) / 2 + random.uniform(-slack, slack) * height
    middle = np.array([out_width / 2, out_height / 2])
    offset = np.array([cx, cy]) - linear @ middle
    return np.column_stack([linear, offset])


def farther(matrix: Matrix, times: float, size: tuple[int, int]) -> Matrix:
    """Return MATRIX, from a sample of SIZE, that shows TIMES as much of the picture each way round the same middle."""
    middle = np.array([size[0] / 2, size[1] / 2])
    linear = matrix[:, :2] * times
    return np.column_stack([linear, matrix[:, :2] @ middle + matrix[:, 2] - linear @ middle])


def rooted(matrix: Matrix, bottom: float, size: tuple[int, int]) -> Matrix:
    """Return MATRIX moved so that the frame does not reach below BOTTOM: a person cut there must not float."""
    width, height = size
    lowest = max(float((matrix @ [x, height, 1])[1]) for x in (0, width))
    if lowest > bottom:
        matrix = matrix.copy()
        matrix[1, 2] -= lowest - bottom
    return matrix


def warp(plane: Plane, matrix: Matrix, size: tuple[int, int], border: int, value: int = 0) -> Plane:
    """Return the sample that MATRIX cuts from PLANE; shrinking by more than half is smoothed first."""
    shrink = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if shrink > 1.4:
        plane = cv2.blur(plane, (2, 2)) if shrink < 2.2 else cv2.blur(plane, (3, 3))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = cv2.warpAffine(plane, matrix, size, flags=flags, borderMode=border, borderValue=(value,) * 4)
    return np.asarray(out, np.uint8)


class Sampler:
    """Draws samples from a set of pictures."""

    def __init__(self, pictures: Pictures, size: tuple[int, int], random: Random) -> None:
        """Draw samples of SIZE (width, height) plus MARGIN on each side."""
        self.pictures = pictures
        self.size = (size[0] + 2 * MARGIN, size[1] + 2 * MARGIN)
        self.random = random
        sources = [pictures.of(i).source for i in range(len(pictures))]
        prefixes = [next((p for p in SHARES if s.startswith(p)), s) for s in sources]
        counts = {p: prefixes.count(p) for p in set(prefixes)}
        whole = [self._whole(i) for i in range(len(pictures))]
        chances = np.array([SHARES.get(p, OTHER_SHARE) / counts[p] for p in prefixes]) * np.where(whole, WHOLE, 1)
        self.chances = np.cumsum(chances / chances.sum())
        kinds = np.array([pictures.of(i).kind for i in range(len(pictures))])
        self.rooms = np.flatnonzero(kinds == "empty")
        masked = (kinds == "truth") & np.array(whole)
        self.masked = np.flatnonzero(masked)
        odds = 1 / np.array([counts[prefixes[i]] for i in self.masked])
        self.masked_chances = np.cumsum(odds / odds.sum())
        solid = (kinds == "truth") & ~np.isin(prefixes, BROAD)
        self.people = np.flatnonzero(solid)
        people = chances[self.people]
        self.people_chances = np.cumsum(people / people.sum())

    def _whole(self, view: int) -> bool:
        """Return whether VIEW is all of its picture."""
        left, top, right, bottom = self.pictures.views[view].box
        picture = self.pictures.of(view)
        return (left, top, right, bottom) == (0, 0, picture.width, picture.height)

    def draw(self) -> Sample:
        """Return one sample, before the camera's blur, noise and compression."""
        sample = self._drawn()
        while self.random.random() < POST:
            self.set_before_all(sample)
        return sample

    def _drawn(self) -> Sample:
        chance = self.random.random()
        if chance < COMPOSITES:
            return self.composite()
        if chance < COMPOSITES + DRAWN_EMPTY:
            return self.backdrop()
        if chance < COMPOSITES + DRAWN_EMPTY + BESIDE:
            return self.beside()
        return self.plain(int(np.searchsorted(self.chances, self.random.random())))

    def plain(self, view: int, reach: tuple[float, float] = (0.75, 1.3)) -> Sample:
        """Return VIEW as it is, framed and lit anew."""
        matrix = frame(self.pictures.views[view], self.size, self.random, reach=reach)
        if self.random.random() < ROOTED:
            matrix = rooted(matrix, self.pictures.of(view).height, self.size)
        sample = self.cut(view, matrix)
        truth = self.pictures.of(view).kind == "truth"
        if truth and self.random.random() < RECLOTHED:
            sample.image = reclothed(sample.image, sample.matte, self.random)
        if truth and self.random.random() < BEHIND:
            self.set_behind(sample)
        sample.image = camera.light(sample.image, self.random, self.random.choice([0.3, 0.6, 1.0]))
        if self.random.random() < 0.15:
            sample.image = camera.lamp(sample.image, self.random)
        return sample

    def cut(self, view: int, matrix: Matrix) -> Sample:
        """Return VIEW through MATRIX; what lies beyond the picture is mirrored, drawn out, or a plain bar."""
        whole, mask, sure = self.pictures.planes(self.pictures.views[view].picture)
        border = int(self.random.choice(list(BORDERS), p=list(BORDERS.values())))
        grey = int(self.random.choice([0, 114, 127, int(self.random.integers(256))]))
        image = warp(whole, matrix, self.size, border, grey)
        matte = warp(mask, matrix, self.size, border)
        # A mirrored person counts little; a plain bar is surely nobody.
        known = border == cv2.BORDER_CONSTANT or self.pictures.of(view).kind == "empty"
        beyond = 255 if known else 50
        trust = warp(sure, matrix, self.size, cv2.BORDER_CONSTANT, beyond)
        held = self.with_things(view, matrix, matte, border)
        empty = self.pictures.of(view).kind == "empty"
        depth_trust = 1.0 if held is None else HELD_DEPTH_TRUST
        held_known = float(empty or held is not None)
        depth = self.depth(view, matrix)
        return Sample(image, matte, trust, depth, matte if held is None else held, depth_trust, held_known)

    def with_things(self, view: int, matrix: Matrix, matte: Plane, border: int) -> Plane | None:
        """Return MATTE, of VIEW through MATRIX, with what is held there; None where that is not known."""
        things = self.pictures.things(self.pictures.views[view].picture)
        return None if things is None else cv2.add(matte, warp(things, matrix, self.size, border))

    def depth(self, view: int, matrix: Matrix) -> Plane:
        """Return the depth of VIEW through MATRIX."""
        left, top, right, bottom = self.pictures.views[view].box
        sx, sy = DEPTH_SIZE[0] / (right - left), DEPTH_SIZE[1] / (bottom - top)
        to_depth = np.array([[sx, 0, -left * sx], [0, sy, -top * sy]]) @ np.vstack([matrix, [0, 0, 1]])
        return warp(self.pictures.depth(view), to_depth, self.size, cv2.BORDER_REPLICATE)

    def room(self) -> Sample:
        """Return an empty room, or a drawn backdrop, far away."""
        if self.random.random() < DRAWN or not len(self.rooms):
            return self.backdrop()
        return self.plain(int(self.random.choice(self.rooms)), (0.5, 1.0))

    def backdrop(self) -> Sample:
        """Return a drawn backdrop; nothing is known of its depth."""
        width, height = self.size
        # As fine as on clothes half of the time: blinds, flags and curtains are nobody.
        image = backdrops.draw(height, width, self.random, cloth=bool(self.random.random() < 0.5))
        empty = np.zeros((height, width), np.uint8)
        return Sample(image, empty, empty + 255, empty + 50, empty, 0.0, 1.0)

    def beside(self) -> Sample:
        """Return a part of a masked picture in which there is nobody: streets, cars, animals, things."""
        view = int(self.masked[np.searchsorted(self.masked_chances, self.random.random())])
        _, mask, _ = self.pictures.planes(self.pictures.views[view].picture)
        height, width = mask.shape
        for _ in range(TRIES):
            w = width * self.random.uniform(0.3, 0.9)
            h = w * self.size[1] / self.size[0]
            if h >= height:
                continue
            left, top = self.random.uniform(0, width - w), self.random.uniform(0, height - h)
            part = mask[int(top) : int(top + h) + 1, int(left) : int(left + w) + 1]
            if part.max() < 128:
                matrix = np.array([[w / self.size[0], 0, left], [0, h / self.size[1], top]])
                sample = self.cut(view, matrix)
                sample.image = camera.light(sample.image, self.random)
                sample.depth_trust = COMPOSITE_DEPTH_TRUST
                sample.held_known = 0.0
                return sample
        return self.room()

    def composite(self) -> Sample:
        """Return one or two people, or several small ones, before another backdrop, lit alike."""
        scene = self.room()
        if self.random.random() < CROWD:
            # The farthest first: who is larger stands before them.
            for away in sorted(self.random.uniform(*CROWD_AWAY, self.random.integers(3, 8)), reverse=True):
                aside = self.random.uniform(-0.45, 0.45)
                scene = self.set_before(scene, self.person(), LEAST_IN_CROWD, reach=(0.9, 1.1), away=away, aside=aside)
            scene.depth_trust = 0.0
            return scene
        for _ in range(2 if self.random.random() < TWO_PEOPLE else 1):
            scene = self.set_before(scene, self.person())
        return scene

    def person(self) -> int:
        """Return a view of somebody whose mask is true."""
        return int(self.people[np.searchsorted(self.people_chances, self.random.random())])

    def set_before(
        self,
        scene: Sample,
        view: int,
        least: float = LEAST_PERSON,
        *,
        reach: tuple[float, float] = (0.6, 1.5),
        away: float = 1.0,
        aside: float = 0.0,
    ) -> Sample:
        """Return SCENE with the person of VIEW in front of it, if they fill at least LEAST.

        They are framed within REACH, AWAY times as far off as the view shows them, and ASIDE of the middle by so much
        of the width.
        """
        matrix = farther(frame(self.pictures.views[view], self.size, self.random, reach=reach), away, self.size)
        matrix[:, 2] -= matrix[:, 0] * (aside * self.size[0])
        matrix = rooted(matrix, self.pictures.views[view].box[3], self.size)
        whole, mask, _ = self.pictures.planes(self.pictures.views[view].picture)
        image = warp(whole, matrix, self.size, cv2.BORDER_CONSTANT)
        matte = warp(mask, matrix, self.size, cv2.BORDER_CONSTANT)
        if matte.mean() < 255 * least:
            return scene
        depth = self.depth(view, matrix)
        if self.random.random() < RECLOTHED:
            image = reclothed(image, matte, self.random)
        image = camera.light(image, self.random, 0.6)
        told = self.with_things(view, matrix, matte, cv2.BORDER_CONSTANT)
        held = matte if told is None else told
        alpha = self.alpha(held)
        image = matched(image, alpha, scene.image, self.random.uniform(0, 0.7))
        if self.random.random() < MOVING:
            image, alpha, matte, held = smeared(image, alpha, matte, held, self.random)
        near = np.maximum(depth, 90).astype(np.float32)
        behind = np.minimum(scene.depth, near * 0.8)
        share = alpha[..., None]
        front = held > 127
        thing = front & (matte < 128)
        return Sample(
            (image * share + scene.image * (1 - share)).astype(np.uint8),
            np.where(thing, matte, np.maximum(matte, scene.matte)),
            scene.trust,
            np.where(front, near, behind).astype(np.uint8),
            np.maximum(held, scene.held),
            COMPOSITE_DEPTH_TRUST if scene.depth_trust else 0.0,
            0.0 if told is None else scene.held_known,
        )

    def set_behind(self, sample: Sample) -> None:
        """Lay a piece of an empty picture behind the people of SAMPLE, in place: a chair's back, a thing on a shelf."""
        other = self.room()
        height, width = sample.matte.shape
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        waves = np.zeros_like(turn)
        for n in (2, 3, 4):
            waves += self.random.uniform(0, 0.3 / n) * np.cos(n * turn + self.random.uniform(0, 6.3))
        reach = self.random.uniform(0.05, 0.35, 2) * height
        rows, columns = np.nonzero(sample.held > 127)
        if not len(rows):
            return
        at = int(self.random.integers(len(rows)))
        middle = np.array([columns[at], rows[at]]) + self.random.normal(0, 0.15, 2) * height
        outline = middle + np.stack([np.cos(turn), np.sin(turn)], 1) * reach * (0.8 + waves)[:, None]
        piece = np.zeros((height, width), np.uint8)
        cv2.fillPoly(piece, [np.rint(outline).astype(np.int32)], 255, cv2.LINE_AA)
        share = np.minimum(self.alpha(piece), 1 - self.alpha(sample.held))[..., None]
        sample.image = (other.image * share + sample.image * (1 - share)).astype(np.uint8)
        sample.depth_trust = min(sample.depth_trust, COMPOSITE_DEPTH_TRUST)

    def set_before_all(self, sample: Sample) -> None:
        """Let a trunk, a pole or a pillar stand before everything in SAMPLE, in place."""
        image, alpha = post(self.room().image, self.random)
        share = alpha[..., None]
        sample.image = (image * share + sample.image * (1 - share)).astype(np.uint8)
        sample.matte, sample.held = ((p * (1 - alpha)).astype(np.uint8) for p in (sample.matte, sample.held))
        sample.trust = np.maximum(sample.trust, (alpha * 255).astype(np.uint8))
        sample.depth_trust = min(sample.depth_trust, COMPOSITE_DEPTH_TRUST)

    def alpha(self, matte: Plane) -> npt.NDArray[np.float32]:
        """Return MATTE with a soft edge, now and then a little inside it, so that no old backdrop shines through."""
        if self.random.random() < 0.6:
            matte = cv2.erode(matte, np.ones((3, 3), np.uint8))
        soft = cv2.GaussianBlur(matte, (0, 0), self.random.uniform(0.4, 1.1))
        return np.asarray(soft, np.float32) / np.float32(255)
