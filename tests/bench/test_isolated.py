"""Work in a process of its own comes back as if it had been called."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from livecut.bench.case import Case, cases
from livecut.bench.isolated import isolated
from livecut.errors import LivecutError, SettingsError
from livecut.types import Size


def test_results_and_errors_come_back() -> None:
    assert isolated(os.getpid) != os.getpid()
    assert isolated(cases, ["64x36"], [], []) == [Case(Size(64, 36))]
    with pytest.raises(SettingsError) as caught:
        isolated(cases, ["large"], [], [])
    assert caught.value.message == "output.size: a size is written WxH, e.g. 1280x720"
    assert caught.value.hint == "`livecut settings` prints every setting with its bounds"


def test_a_process_that_is_killed_is_an_error_of_one_line() -> None:
    with pytest.raises(LivecutError, match=r"^the measuring process was killed$"):
        isolated(os._exit, 9)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere it does not inherit the pipe")
def test_a_measurement_ends_with_who_asked_for_it() -> None:
    work = "import time; print('measuring', flush=True); time.sleep(30)"
    code = f"from livecut.bench.isolated import isolated; isolated(exec, {work!r})"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == b"measuring\n"
        asking.kill()
        # The measuring process has the pipe, too: it ends with that one.
        assert asking.communicate(timeout=20)[0] == b""
