from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from livecut.errors import ModelError
from livecut.server.start import Start


def test_a_worker_that_starts(tmp_path: Path) -> None:
    start = Start(tmp_path)
    with pickle.loads(pickle.dumps(start)):
        assert start.count == 0
    assert start.count == 1
    assert not start.has_failed
    start.check()


def test_an_error_is_told_to_the_supervisor(tmp_path: Path) -> None:
    start = Start(tmp_path)
    with pytest.raises(SystemExit) as ended, start:
        raise ModelError("no network", hint="get one")
    assert ended.value.code == 3
    assert start.has_failed
    assert start.count == 0
    with pytest.raises(ModelError) as caught:
        start.check()
    assert (caught.value.message, caught.value.hint) == ("no network", "get one")


def test_a_bug_stays_a_traceback(tmp_path: Path) -> None:
    start = Start(tmp_path)
    with pytest.raises(KeyError), start:
        raise KeyError
    assert not start.has_failed
