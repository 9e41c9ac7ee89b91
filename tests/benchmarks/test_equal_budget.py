"""The training of a baseline: coarse, then fine, and never twice."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

from benchmarks import equal_budget  # noqa: E402  # torch first
from limner.learn.networks.scribbleprompt_unet import ScribblePromptUNet  # noqa: E402
from limner.predict.runtime import open_network  # noqa: E402
from tests.learn.small import written  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")


def test_half_the_resolution_is_seen_and_answers_come_back_in_place():
    seen = []

    def network(batch):
        seen.append(batch["image"])
        return {"logits": batch["image"][:, :1], "quality": torch.ones(1)}

    columns = torch.arange(16.0).expand(1, 7, 16, 16)
    said = equal_budget.Halved(network)({"image": columns})
    assert seen[0].shape == (1, 7, 8, 8)
    assert seen[0][0, 0, 0].tolist() == [0.5, 2.5, 4.5, 6.5, 8.5, 10.5, 12.5, 14.5]
    assert said["logits"].shape == (1, 1, 16, 16)
    assert torch.allclose(said["logits"][0, 0, :, 1:-1], columns[0, 0, :, 1:-1])
    assert said["quality"].tolist() == [1.0]


@pytest.mark.parametrize(
    ("shape", "phases"), [("scribbleprompt_unet", ["coarse", "fine"]), ("prompt_unet", ["whole"])]
)
def test_trains_in_phases_and_goes_on_where_it_stopped(
    shape, phases, tmp_path, monkeypatch, capsys
):
    def networks(name):
        assert name == shape
        return lambda: ScribblePromptUNet(width=4)

    monkeypatch.setattr(equal_budget, "NETWORKS", SimpleNamespace(get=networks))
    (tmp_path / "data").mkdir()
    written(tmp_path / "data", names=("one",))
    asked = SimpleNamespace(
        shape=shape,
        data=tmp_path / "data",
        out=tmp_path / "out",
        told=tmp_path / "told",
        minutes=0.02,
        seed=0,
    )
    equal_budget.made(asked)
    told = json.loads(asked.told.read_text())["phases"]
    assert list(told) == phases
    assert all(each["steps"] > 0 for each in told.values())
    network = open_network(asked.out / "network.onnx", runtime="onnxruntime", threads=1)
    assert network({"image": np.zeros((1, 7, 128, 128), np.float32)})["quality"].shape == (1,)
    before = (asked.out / "log.jsonl").read_text()
    equal_budget.made(asked)
    assert (asked.out / "log.jsonl").read_text() == before  # not a step more
    assert json.loads(asked.told.read_text())["phases"] == told
    assert phases[-1] in capsys.readouterr().out
