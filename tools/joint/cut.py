"""A network of ours as `livecut cut` uses it: several looks and edges at the picture's own size. Needs livecut."""

from __future__ import annotations

import time

import numpy as np

from joint.rivals import Answer, Rival
from joint.teachers import Image
from livecut.app.still import Still
from livecut.settings import Settings
from livecut.settings.load import apply


class Cut(Rival):
    """What `livecut cut` makes of a picture, whatever came before it; its time is that of all looks and the edges."""

    def __init__(self, network: str) -> None:
        """Load NETWORK, a row of the manifest."""
        super().__init__(f"{network}, cut")
        self._still = Still(apply(Settings.model_validate({}), {"model": {"still": network}}))

    def _infer(self, image: Image) -> Answer:
        started = time.perf_counter()
        matte = self._still.matte(image)
        self._timed(started)
        return Answer(np.asarray(matte / np.float32(255), np.float32))
