"""A deeper network starts out as good as the one it comes from."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
TOOLS = Path(__file__).parents[2] / "tools"


def test_new_blocks_pass_on_what_they_get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))
    network = importlib.import_module("joint.network")

    torch.manual_seed(1)
    few = network.JointNet(network.Size(64, 32, (0, 1, 0, 0)))
    x = torch.rand(4, 3, 32, 64) * 2 - 1
    network.standardise(few, x)
    torch.save(few.state_dict(), tmp_path / "few.pt")
    more = network.JointNet(network.Size(64, 32, (1, 2, 1, 3)))
    new = network.start_from(more, tmp_path / "few.pt")
    assert {"stages.0.1.project", "stages.1.2.project", "stages.3.3.project"} < set(new)
    with torch.no_grad():
        for one, other in zip(few(x), more(x), strict=True):
            torch.testing.assert_close(one, other)
        for parameter in more.parameters():
            parameter += 0.01  # or the answers would not depend on the weights at all
        assert not torch.allclose(few(x)[0], more(x)[0])


def test_the_matte_alone_is_the_matte_of_all_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))
    network = importlib.import_module("joint.network")

    torch.manual_seed(2)
    net = network.JointNet(network.Size(64, 32, (0, 1, 0, 0)))
    network.standardise(net, torch.rand(4, 3, 32, 64) * 2 - 1)
    torch.nn.init.normal_(net.detail.gain)
    image = torch.randint(0, 256, (1, 32, 64, 3), dtype=torch.uint8)
    with torch.no_grad():
        matte, depth, _ = network.Contract(net)(image)
        torch.testing.assert_close(network.MatteContract(net)(image), matte)
        assert not torch.allclose(matte, depth)
