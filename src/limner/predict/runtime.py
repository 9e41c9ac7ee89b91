"""The one door to the inference runtimes: an ONNX file becomes a function from dict to dict.

ONNX Runtime comes with the package and is the default; OpenVINO is the extra `openvino`.
`results/runtimes.json` says how they compare. Both are loaded when a network is opened and
not before, and both are kept from calling home or keeping a diary (tests/journeys).

Precision "bf16" rounds weights and sums to 8 bits of mantissa where the processor has
instructions for it: quicker, and a few pixels in a thousand change side. OpenVINO picks it by
itself unless told otherwise, so it is always told.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, NotFound, UnknownName, UnreadableFile, extra

Arrays = Mapping[str, NDArray[Any]]

RUNTIMES = ("onnxruntime", "openvino")
PRECISIONS = ("fp32", "bf16", "auto")


@dataclass(frozen=True, eq=False)
class Network:
    """A network that is ready to run; call it with arrays by the names of its inputs.

    name        "onnxruntime 1.31.1" or "openvino 2026.4.1"
    precision   what it really computes in: "fp32" or "bf16"
    threads     how many it was told to use; 0 leaves it to the runtime
    """

    name: str
    precision: str
    threads: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    _run: Callable[[Arrays], dict[str, NDArray[Any]]] = field(repr=False)

    def __call__(self, arrays: Arrays) -> dict[str, NDArray[Any]]:
        """The outputs by name. Raises BadValue where an input is missing."""
        absent = sorted(set(self.inputs) - set(arrays))
        if absent:
            raise BadValue(
                f"The network needs the input '{absent[0]}', but was given: "
                f"{', '.join(sorted(arrays))}. Compare its card."
            )
        return self._run(arrays)


def open_network(
    path: Path,
    *,
    runtime: str = "auto",
    precision: str = "fp32",
    threads: int | None = None,
    deterministic: bool = False,
) -> Network:
    """An ONNX file, ready to run.

    runtime         "onnxruntime", "openvino", or "auto": the first of them that is installed
    precision       "fp32", "bf16" (OpenVINO only), or "auto": what the runtime picks
    threads         None: the runtime's own choice
    deterministic   fp32 and one thread unless `threads` says more: the same bytes twice on
                    one machine, with one release of the runtime

    Raises NotFound and UnreadableFile for the file, UnknownName for the options, BadValue for
    bf16 in ONNX Runtime, MissingExtra where the runtime is not installed.
    """
    if runtime not in (*RUNTIMES, "auto"):
        raise UnknownName("runtime", runtime, (*RUNTIMES, "auto"))
    if precision not in PRECISIONS:
        raise UnknownName("precision", precision, PRECISIONS)
    if threads is not None and threads < 1:
        raise BadValue(f"The number of threads is {threads}. Give 1 or more, or leave it out.")
    if not path.is_file():
        raise NotFound(f"There is no network at '{path}'. Give the path of an .onnx file.")
    if deterministic:
        precision, threads = "fp32", threads or 1
    if runtime == "auto":
        runtime = next((each for each in RUNTIMES if installed(each)), RUNTIMES[0])
    if runtime == "openvino":
        return _openvino(path, precision=precision, threads=threads)
    if precision == "bf16":
        raise BadValue(
            "ONNX Runtime computes this network in fp32 only, but bf16 was asked for. "
            "Leave --precision out, or take the runtime openvino."
        )
    return _onnxruntime(path, threads=threads, deterministic=deterministic)


def installed(runtime: str) -> bool:
    """Whether a runtime could be loaded; it is not."""
    return find_spec(runtime) is not None


def _onnxruntime(path: Path, *, threads: int | None, deterministic: bool) -> Network:
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read once, when the library is loaded
    with extra("onnxruntime"):
        import onnxruntime as ort
        from onnxruntime.capi import onnxruntime_pybind11_state as state
    ort.disable_telemetry_events()
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = deterministic
    options.log_severity_level = 3
    try:
        session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except (
        state.Fail,
        state.InvalidArgument,
        state.InvalidGraph,
        state.InvalidProtobuf,
        state.NotImplemented,
    ) as error:
        raise _unreadable(path, "ONNX Runtime", error) from error
    outputs = tuple(each.name for each in session.get_outputs())

    def run(arrays: Arrays) -> dict[str, NDArray[Any]]:
        given = {name: arrays[name] for name in inputs}
        return dict(zip(outputs, session.run(outputs, given), strict=True))

    inputs = tuple(each.name for each in session.get_inputs())
    return Network(f"onnxruntime {ort.__version__}", "fp32", threads or 0, inputs, outputs, run)


def _openvino(path: Path, *, precision: str, threads: int | None) -> Network:
    # OpenVINO makes do with a silent stub where this module cannot be imported.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    with extra("openvino"):
        import openvino
    settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1}
    # else it ties its caller to a core for each call, and processes side by side to the same one
    settings["ENABLE_CPU_PINNING"] = False
    if precision != "auto":
        settings["INFERENCE_PRECISION_HINT"] = {"fp32": "f32", "bf16": "bf16"}[precision]
    if threads:
        settings["INFERENCE_NUM_THREADS"] = threads
    core = openvino.Core()
    try:
        compiled = core.compile_model(core.read_model(path), "CPU", settings)
    except RuntimeError as error:
        raise _unreadable(path, "OpenVINO", error) from error
    inputs = tuple(each.get_any_name() for each in compiled.inputs)
    outputs = tuple(each.get_any_name() for each in compiled.outputs)

    def run(arrays: Arrays) -> dict[str, NDArray[Any]]:
        # a request of its own for every call, so that callers may come from several threads
        request = compiled.create_infer_request()
        request.infer({name: arrays[name] for name in inputs})
        return {name: np.array(request.get_tensor(name).data) for name in outputs}

    held = str(compiled.get_property("INFERENCE_PRECISION_HINT")).lower()
    found = "bf16" if "bf16" in held or "bfloat16" in held else "fp32"
    version = openvino.__version__.partition("-")[0]
    return Network(f"openvino {version}", found, threads or 0, inputs, outputs, run)


def _unreadable(path: Path, runtime: str, error: Exception) -> UnreadableFile:
    first = str(error).strip().splitlines()[-1].strip() if str(error).strip() else "no reason"
    return UnreadableFile(
        f"{runtime} cannot read the network '{path}': {first[:200]}. "
        "Compare its hash with the card, or fetch it again."
    )
