"""Convolutions in 8 bits: nearly the same answers, and sums that no processor overflows."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")

from torch import nn  # noqa: E402  # torch first

from limner.errors import BadValue  # noqa: E402
from limner.learn import publish  # noqa: E402
from limner.learn.default import materials  # noqa: E402
from limner.learn.networks.prompt_unet import Block  # noqa: E402
from limner.learn.permitted import permitted  # noqa: E402
from limner.learn.quantise import BATCH, BATCHES, agreement, practised, quantised  # noqa: E402
from limner.predict.runtime import open_network  # noqa: E402
from tests.learn.small import written  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")


class Small(nn.Module):
    """As a network answers, with masks that a picture decides."""

    def __init__(self):
        super().__init__()
        self.body = Block(7, 24, depth=3)
        self.head = nn.Conv2d(24, 1, 1)

    def forward(self, batch):
        features = self.body(batch["image"])
        return {
            "logits": self.head(features) - 0.1,
            "quality": torch.sigmoid(features.mean(dim=(1, 2, 3))),
        }


def met(count, *, seed=0):
    """Smooth pictures, since a mask of noise is all edge."""
    chance = torch.Generator().manual_seed(seed)
    coarse = torch.randn(count, 8, 7, 12, 12, generator=chance)
    return [
        {"image": nn.functional.interpolate(each, (64, 64), mode="bicubic").numpy()}
        for each in coarse
    ]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The same network in 32 bits and with its convolutions in 8."""
    folder = tmp_path_factory.mktemp("networks")
    torch.manual_seed(1)
    publish.export(Small().eval(), folder / "whole.onnx", shape=(64, 64))
    quantised(folder / "whole.onnx", folder / "small.onnx", met(4))
    return folder


def test_answers_agree_and_the_file_is_smaller(files):
    whole, small = (open_network(files / f"{name}.onnx") for name in ("whole", "small"))
    assert agreement(small, whole, met(3, seed=5)) > 0.97
    assert agreement(whole, whole, met(1, seed=5)) == 1
    one, two = (each(met(1, seed=5)[0])["logits"] for each in (whole, small))
    assert not np.array_equal(one, two)
    assert (files / "small.onnx").stat().st_size < 0.75 * (files / "whole.onnx").stat().st_size
    assert sorted(each.name for each in files.iterdir()) == ["small.onnx", "whole.onnx"]


def test_weights_keep_to_7_bits_and_every_convolution_is_quantised(files):
    graph = onnx.load(files / "small.onnx").graph
    arrays = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    back = {node.output[0]: node.input[0] for node in graph.node if "Dequantize" in node.op_type}
    kernels = [arrays[back[node.input[1]]] for node in graph.node if node.op_type == "Conv"]
    assert len(kernels) == 4
    assert all(each.dtype == np.int8 for each in kernels)
    assert {int(np.abs(each).max()) for each in kernels} <= {63, 64}


def test_a_range_that_no_batch_reaches_is_cut_off(files, tmp_path):
    """So the ranges do come from the batches."""
    faint = [{"image": each["image"] * 0.01} for each in met(4)]
    quantised(files / "whole.onnx", tmp_path / "faint.onnx", faint)
    whole, small = (open_network(each) for each in (files / "whole.onnx", tmp_path / "faint.onnx"))
    assert agreement(small, whole, met(3, seed=5)) < 0.9


def test_a_failure_leaves_what_was_there(files, tmp_path):
    path = tmp_path / "weights.onnx"
    path.write_bytes(b"before")
    with pytest.raises(BadValue, match="of no crops"):
        quantised(files / "whole.onnx", path, [])
    with pytest.raises(KeyError):
        quantised(files / "whole.onnx", path, [Broken()])
    assert [each.name for each in tmp_path.iterdir()] == ["weights.onnx"]
    assert path.read_bytes() == b"before"


class Broken(dict):
    """A batch that cannot be read once the quantiser is at work."""

    def keys(self):
        raise KeyError

    __iter__ = items = values = __len__ = keys


def test_ranges_come_from_corrected_crops(tmp_path):
    sources = permitted(written(tmp_path))

    class Nothing:
        inputs = ("image",)

        def __call__(self, given):
            return {"logits": np.full_like(given["image"][:, :1], -5.0)}

    batches = practised(Nothing(), materials(sources), seed=3)
    assert len(batches) == BATCHES
    assert {tuple(each) for each in batches} == {("image",)}
    assert {each["image"].shape for each in batches} == {(BATCH, 7, 128, 128)}
    marks = [each["image"][:, 4:6].any(axis=(1, 2, 3)).mean() for each in batches]
    assert marks[-1] > marks[0]  # boxes have been clicked on by then
    again = practised(Nothing(), materials(sources), seed=3)
    assert all(
        np.array_equal(one["image"], two["image"]) for one, two in zip(batches, again, strict=True)
    )


def test_weights_in_8_bits_replace_the_exported_file(files, tmp_path):
    path = tmp_path / "weights.onnx"
    path.write_bytes((files / "whole.onnx").read_bytes())
    quantised(path, path, met(4))
    assert path.read_bytes() == (files / "small.onnx").read_bytes()
