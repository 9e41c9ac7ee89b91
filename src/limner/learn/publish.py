"""A trained network as others get it: ONNX weights and the card that says what they are."""

import hashlib
import shutil
import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from limner.errors import BadValue, extra
from limner.learn.crops import SIDE
from limner.learn.permitted import Source
from limner.learn.quantise import Inputs, agreement, quantised
from limner.predict.card import Card
from limner.predict.runtime import Network, open_network
from limner.safely import replacing, write_text

OPSET = 18
MOST_BYTES = 12_000_000  # what the package may carry
SHORT = 64  # numbers: a shorter array is not worth a cast, and may be a setting of an operator
AGREE = 1e-4  # the most that the exported answer may differ: of 1, or of the value if larger
ZOOMS = "zooms.onnx"  # beside the weights: the network that picks among zooms


class Plain(nn.Module):
    """A network of dicts as a function of tensors, which is what ONNX knows."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.names = tuple(inputs(network))

    def forward(self, *arrays: Tensor) -> tuple[Tensor, ...]:
        answer = self.network(dict(zip(self.names, arrays, strict=True)))
        return tuple(answer[name] for name in outputs(self.network))


def inputs(network: nn.Module) -> Mapping[str, int]:
    """What a network takes, by name, and how many channels that has."""
    named: Mapping[str, int] = getattr(network, "channels", {"image": 7})
    return named


def outputs(network: nn.Module) -> tuple[str, ...]:
    """What a network answers with, by name."""
    named: tuple[str, ...] = getattr(network, "outputs", ("logits", "quality"))
    return named


def export(
    network: nn.Module,
    path: Path,
    *,
    most_bytes: int = MOST_BYTES,
    shape: tuple[int, ...] = (SIDE, SIDE),
    half: bool = False,
) -> float:
    """Write the network as ONNX with any batch size; how far its answers are from torch's.

    shape   what each input has beyond its channels: () for plain vectors
    half    whether weights are rounded to 16 bits and kept so in the file, half as large; they are
            worked with in 32 bits, and the answers compared are those of the rounded ones

    Batch norms are folded into the convolutions before them. Raises BadValue where ONNX
    Runtime answers differently by more than `AGREE`, or the file is too large.
    """
    with extra("learn"):
        import onnx  # noqa: F401  # torch needs both and says so less plainly
        import onnxscript  # noqa: F401
    still = folded(network)
    for each in still.parameters() if half else ():
        each.data = rounded(each.data)
    plain = Plain(still).eval()
    chance = torch.Generator().manual_seed(0)
    example = tuple(
        torch.randn(2, channels, *shape, generator=chance) for channels in inputs(network).values()
    )
    any_size = {0: torch.export.Dim("n", min=1, max=64)}
    with replacing(path) as temporary, warnings.catch_warnings():
        # several inputs share their first axis on purpose, and torch says so
        warnings.filterwarnings("ignore", message="# The axis name")
        torch.onnx.export(
            plain,
            example,
            temporary,
            input_names=list(inputs(network)),
            output_names=list(outputs(network)),
            dynamic_shapes={"arrays": tuple(any_size for _ in example)},
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        if half:
            _in_16_bits(temporary)
        _no_larger(temporary, most_bytes)
        apart = _apart(still, temporary, example)
        if apart > AGREE:
            raise BadValue(
                f"ONNX Runtime's answers differ from torch's by {apart:.2g}, more than {AGREE}. "
                "Look at the operators of the network that the export replaced."
            )
    return apart


def _no_larger(path: Path, most_bytes: int) -> None:
    """Refuse weights that have more bytes than they may."""
    size = path.stat().st_size
    if size > most_bytes:
        raise BadValue(
            f"The exported weights have {size} bytes and may have {most_bytes}. "
            "Make the network smaller."
        )


def rounded(values: Tensor) -> Tensor:
    """Values as 16 bits hold them; as they are where one is beyond 65,504, the end of 16 bits."""
    nearest = values.half().float()
    return nearest if bool(nearest.isfinite().all()) else values


def _in_16_bits(path: Path) -> None:
    """Keep in 16 bits every array of a file that loses nothing by it; a cast brings it back.

    Runtimes work the casts out once, when they open the file.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(path)
    graph = model.graph
    casts = []
    for each in graph.initializer:
        whole = numpy_helper.to_array(each)
        with np.errstate(over="ignore"):  # what is beyond 16 bits is told apart by its value
            short = whole.astype(np.float16)
        if each.data_type != TensorProto.FLOAT or whole.size < SHORT or (short != whole).any():
            continue
        name = each.name
        each.CopyFrom(numpy_helper.from_array(short, f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        graph.node.insert(0, cast)
    onnx.save(model, path)


def folded(network: nn.Module) -> nn.Module:
    """A copy for inference whose batch norms are part of the convolutions before them."""
    from copy import deepcopy

    copy: nn.Module = deepcopy(network).float().eval()
    for module in copy.modules():
        names = list(module._modules)  # noqa: SLF001  # torch has no public way to replace a child
        for name, after in pairwise(names):
            one, two = module._modules[name], module._modules[after]  # noqa: SLF001
            if isinstance(one, nn.Conv2d) and isinstance(two, nn.BatchNorm2d):
                fused = torch.nn.utils.fusion.fuse_conv_bn_eval(one, two)
                module._modules[name], module._modules[after] = fused, nn.Identity()  # noqa: SLF001
    return copy


def counted(network: nn.Module) -> dict[str, int]:
    """Parameters, and floating-point operations of one forward pass of one crop."""
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    still = folded(network)
    with counter, torch.no_grad():
        still({name: torch.zeros(1, each, SIDE, SIDE) for name, each in inputs(network).items()})
    parameters = sum(p.numel() for p in still.parameters())
    return {"parameters": parameters, "flops": int(counter.get_total_flops())}


def publish(
    network: nn.Module,
    folder: Path,
    *,
    sources: Sequence[Source],
    made_by: Mapping[str, Any],
    judge: Callable[[Path], nn.Module] | None = None,
    batches: Callable[[Network], Sequence[Inputs]] | None = None,
) -> Path:
    """Write `weights.onnx` and `card.toml` into the folder; the path of the card.

    judge     makes the network that picks among zooms, from the path of the weights; it is
              written beside them
    batches   makes the inputs that the ranges of 8 bits are taken from, out of the exported
              network; without it the weights have 16 bits, and are worked with in 32
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "weights.onnx"]
    told = {**CARD}
    if batches is None:
        differs = {"onnx_differs_by": _told(export(network, files[0], half=True))}
    else:
        differs = _in_8_bits(network, files[0], batches)
        told["precision"] = "int8"
    if judge is not None:
        files.append(folder / ZOOMS)
        export(judge(files[0]), files[1], shape=())
    told |= {
        "made_by": {**made_by, **counted(network), **differs},
        "weights": [
            {"file": each.name, "sha256": hashlib.sha256(each.read_bytes()).hexdigest()}
            for each in files
        ],
        "training": [training_set(source) for source in sources],
    }
    card = folder / "card.toml"
    write_text(toml(told), card)
    return card


def _in_8_bits(
    network: nn.Module, path: Path, batches: Callable[[Network], Sequence[Inputs]]
) -> dict[str, float]:
    """Write the weights in 8 bits; how far they and those in 32 are from what came before each."""
    with TemporaryDirectory(dir=path.parent) as folder:
        whole = Path(folder) / "whole.onnx"
        apart = export(network, whole, most_bytes=4 * MOST_BYTES)
        before = open_network(whole, runtime="onnxruntime")
        given = batches(before)
        small = Path(folder) / "small.onnx"
        quantised(whole, small, given)
        _no_larger(small, MOST_BYTES)
        after = open_network(small, runtime="onnxruntime")
        agree = agreement(after, before, given)
        small.replace(path)
    return {"onnx_differs_by": _told(apart), "int8_dice": round(agree, 4)}


def _told(apart: float) -> float:
    """Two digits are enough."""
    return float(f"{apart:.2g}")


def training_set(source: Source) -> dict[str, Any]:
    """What a card says of a set: licence, citation, and one hash over the hashes of its images."""
    entry = source.entry
    joined = "\n".join(sorted(pair.digest for pair in source.pairs))
    return {
        "name": source.name,
        "licence": str(entry["licence"]),
        "citation": str(entry.get("citation") or ""),
        "images": len(source.pairs),
        "sha256": hashlib.sha256(joined.encode()).hexdigest(),
    }


def toml(table: Mapping[str, Any]) -> str:
    """A table as TOML: plain values first, then tables, then lists of tables."""
    plain = {k: v for k, v in table.items() if not isinstance(v, Mapping) and not _tables(v)}
    lines = [f"{key} = {_value(value)}" for key, value in plain.items()]
    for key, value in table.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{key}]", *(f"{_key(k)} = {_value(v)}" for k, v in value.items())]
    for key, value in table.items():
        for row in value if _tables(value) else ():
            lines += ["", f"[[{key}]]", *(f"{_key(k)} = {_value(v)}" for k, v in row.items())]
    return "\n".join(lines) + "\n"


CARD: Mapping[str, Any] = {
    "id": "limner-6",
    "title": "Outlines what boxes, clicks, scribbles, a lasso or a prior mask point at, on a slice",
    "predictor": "limner",
    "licence": "Apache-2.0",
    "side": SIDE,
    "spacing": "a square crop of the slice round the prompts, brought to 128 x 128 pixels",
    "precision": "fp32",
    "runtime": "onnxruntime",
    "negative": ["click", "stroke"],
    "limits": [
        "It answers on one slice; nothing it says is a volume.",
        "Vessels and membranes are found by their ridges, and only from three marks on.",
        "A single click in a crowd of like things may take several of them.",
        "It has seen few images of few modalities; look at every outline before using it.",
    ],
    # fitted by `python -m benchmarks.calibration`, for the network of this id
    "calibration": {"over": 0.0316, "shy": 0.0672, "one": 1.343},
    "intensity": {"any": "window to 0..1, then mean 0 and sd 1 over the crop's pixels inside"},
    "prompts": {
        "box": [0, 1],
        "click": [0, 1000],
        "lasso": [0, 8],
        "prior": [0, 1],
        "stroke": [0, 1000],
    },
}


def copied(folder: Path, target: Path) -> None:
    """Copy a published model to where the package keeps it."""
    target.mkdir(parents=True, exist_ok=True)
    for each in (*Card.read(folder).paths(), folder / "card.toml"):
        with replacing(target / each.name) as temporary:
            shutil.copyfile(each, temporary)


def _apart(network: nn.Module, path: Path, example: Sequence[Tensor]) -> float:
    """The largest difference between torch's and ONNX Runtime's answers to several batches."""
    exported = open_network(path, runtime="onnxruntime")
    still = Plain(network).eval()
    most = 0.0
    with torch.no_grad():
        for change in (_same, _first, _more):
            batch = [change(each) for each in example]
            expected = still(*batch)
            named = zip(inputs(network), batch, strict=True)
            given = exported({name: each.numpy() for name, each in named})
            for name, one in zip(outputs(network), expected, strict=True):
                apart = np.abs(one.numpy() - given[name]) / np.maximum(np.abs(one.numpy()), 1)
                most = max(most, float(apart.max()))
    return most


def _same(batch: Tensor) -> Tensor:
    return batch


def _first(batch: Tensor) -> Tensor:
    return batch[:1]


def _more(batch: Tensor) -> Tensor:
    return torch.cat([batch, -batch, batch * 2])


def _tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() else _value(key)


def _value(value: object) -> str:
    """One value: a string, a boolean, a number, or a list of them."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{text}"'
