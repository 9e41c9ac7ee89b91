"""Export: the same answers in ONNX Runtime, a card that says what the weights are."""

import tomllib

import numpy as np
import pytest

from tests.learn.small import written

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

from torch import nn  # noqa: E402  # torch first

from limner.errors import BadValue  # noqa: E402
from limner.learn import publish  # noqa: E402
from limner.learn.networks.prompt_unet import Block  # noqa: E402
from limner.learn.permitted import permitted  # noqa: E402
from limner.predict.card import Card  # noqa: E402
from limner.predict.limner import limner  # noqa: E402

# torch's exporter speaks of its own internals; nothing of ours can change that
pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")


class Small(nn.Module):
    """As a network answers, and small enough to export in a moment."""

    def __init__(self):
        super().__init__()
        self.body = Block(7, 4, depth=2)
        self.head = nn.Conv2d(4, 1, 1)

    def forward(self, batch):
        features = self.body(batch["image"])
        return {
            "logits": self.head(features),
            "quality": torch.sigmoid(features.mean(dim=(1, 2, 3))),
        }


def small():
    torch.manual_seed(0)
    network = Small()
    with torch.no_grad():  # batch norms that are not the identity
        for _ in range(3):
            network({"image": torch.randn(4, 7, 32, 32) * 2 + 1})
    return network.eval()


def test_folding_changes_no_answer_and_leaves_no_batch_norm():
    network = small()
    image = torch.randn(2, 7, 32, 32)
    folded = publish.folded(network)
    assert torch.allclose(
        folded({"image": image})["logits"], network({"image": image})["logits"], atol=1e-5
    )
    assert not any(isinstance(m, nn.BatchNorm2d) for m in folded.modules())
    assert any(isinstance(m, nn.BatchNorm2d) for m in network.modules())


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    sources = permitted(written(tmp_path_factory.mktemp("data")))
    made_by = {"command": 'limner learn "default"', "seed": 3, "minutes": 1.5}
    network = small()
    path = publish.publish(network, folder / "card", sources=sources, made_by=made_by)
    return network, path


def asked(path, image):
    """Logits and quality by ONNX Runtime."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path))
    return session.run(["logits", "quality"], {"image": image.numpy()})


def most_apart(network, path, count):
    """How far ONNX Runtime's answers are from torch's at the most."""
    torch.manual_seed(count)
    image = torch.randn(count, 7, 128, 128)
    with torch.no_grad():
        expected = network({"image": image})
    logits, quality = asked(path, image)
    return max(
        np.abs(logits - expected["logits"].numpy()).max(),
        np.abs(quality - expected["quality"].numpy()).max(),
    )


@pytest.mark.parametrize("count", [1, 2, 5])
def test_onnx_runtime_answers_as_torch_does_at_any_batch_size(tmp_path, count):
    network = small()
    publish.export(network, tmp_path / "weights.onnx")
    assert most_apart(network, tmp_path / "weights.onnx", count) < 1e-4


def test_weights_in_16_bits_take_half_the_room_and_answer_as_rounded_ones(tmp_path):
    torch.manual_seed(0)
    network = Small()
    network.body = Block(7, 48, depth=2)
    network.head = nn.Conv2d(48, 1, 1)
    network.eval()
    whole, half = tmp_path / "whole.onnx", tmp_path / "half.onnx"
    publish.export(network, whole)
    apart = publish.export(network, half, half=True)
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    assert apart < 1e-4
    rounded = publish.folded(network)
    for each in rounded.parameters():
        each.data = publish.rounded(each.data)
    assert most_apart(rounded, half, 3) < 1e-4
    assert 1e-5 < most_apart(network, half, 3) < 1e-2
    assert most_apart(network, whole, 3) < 1e-4  # the network itself is as before


def test_weights_beyond_16_bits_are_kept_whole():
    fine, beyond = torch.tensor([0.1, -3.0]), torch.tensor([0.1, 1e6])
    assert publish.rounded(fine).tolist() == fine.half().tolist()
    assert torch.equal(publish.rounded(beyond), beyond)


def test_the_weights_that_are_published_are_in_16_bits(published):
    network, path = published
    assert 1e-6 < most_apart(network, path.parent / "weights.onnx", 2) < 1e-2


def test_weights_in_8_bits_say_so_on_their_card_and_run(tmp_path):
    chance = np.random.default_rng(0)
    seen = []

    def batches(whole):
        seen.append(whole.inputs)
        return [{"image": chance.random((8, 7, 128, 128), np.float32)}]

    network = small()
    card = Card.read(
        publish.publish(network, tmp_path, sources=[], made_by={"seed": 3}, batches=batches)
    )
    card.verify()
    assert seen == [("image",)]
    assert (card.precision, card.runs_in) == ("int8", "fp32")
    assert 0.9 < card.made_by["int8_dice"] <= 1
    assert card.made_by["onnx_differs_by"] < 1e-4
    assert most_apart(network, card.paths()[0], 2) > 1e-4
    assert limner(card=card).network.precision == "fp32"  # of what is not a convolution
    assert sorted(each.name for each in tmp_path.iterdir()) == ["card.toml", "weights.onnx"]


def test_a_network_may_be_too_large_in_32_bits_and_small_enough_in_8(tmp_path, monkeypatch):
    def batches(whole):
        return [{"image": np.random.default_rng(0).random((8, 7, 128, 128), np.float32)}]

    torch.manual_seed(0)
    network = Small()
    network.body = Block(7, 48, depth=3)
    network.head = nn.Conv2d(48, 1, 1)
    told = {"sources": [], "made_by": {}, "batches": batches}
    publish.publish(network.eval(), tmp_path / "one", **told)
    size = (tmp_path / "one/weights.onnx").stat().st_size
    monkeypatch.setattr(publish, "MOST_BYTES", size)
    publish.publish(network, tmp_path / "two", **told)
    with pytest.raises(BadValue, match="may have"):
        publish.export(network, tmp_path / "whole.onnx", most_bytes=size)
    monkeypatch.setattr(publish, "MOST_BYTES", size - 1)
    with pytest.raises(BadValue, match=f"have {size} bytes and may have {size - 1}"):
        publish.publish(network, tmp_path / "three", **told)
    assert list((tmp_path / "three").iterdir()) == []


def test_the_card_is_read_back_and_verifies(published):
    card = Card.read(published[1])
    card.verify()
    assert card.predictor == "limner"
    assert card.side == 128
    assert card.made_by["command"] == 'limner learn "default"'
    assert card.made_by["parameters"] == sum(
        p.numel() for p in publish.folded(published[0]).parameters()
    )
    assert [(one.name, one.licence, one.images) for one in card.training] == [
        ("one", "CC0", 3),
        ("two", "CC0", 3),
    ]
    assert card.training[0].citation == "Nobody, Journal of one 2020"
    assert "LeafSpec" not in published[1].read_text()


def test_flops_are_twice_the_multiplications():
    # one 3 x 3 convolution from 7 to 1 channel on 128 x 128 pixels
    class One(nn.Module):
        def __init__(self):
            super().__init__()
            self.only = nn.Conv2d(7, 1, 3, padding=1, bias=False)

        def forward(self, batch):
            return {"logits": self.only(batch["image"])}

    assert publish.counted(One()) == {"parameters": 63, "flops": 2 * 63 * 128 * 128}


def test_weights_that_are_too_large_are_refused_and_not_left_behind(tmp_path):
    with pytest.raises(BadValue, match="may have 1000"):
        publish.export(small(), tmp_path / "weights.onnx", most_bytes=1000)
    assert list(tmp_path.iterdir()) == []


def test_toml_is_what_tomllib_reads():
    table = {
        "title": 'a "quoted" \\ line',
        "share": 0.25,
        "flag": True,
        "prompts": {"box": [0, 1], "odd key": "x"},
        "training": [{"name": "one", "images": 3}, {"name": "two", "images": 4}],
        "limits": ["First.", "Second."],
    }
    assert tomllib.loads(publish.toml(table)) == table


def test_a_copy_holds_the_same_bytes(published, tmp_path):
    publish.copied(published[1].parent, tmp_path / "cards")
    for name in ("weights.onnx", "card.toml"):
        assert (tmp_path / "cards" / name).read_bytes() == (published[1].parent / name).read_bytes()
