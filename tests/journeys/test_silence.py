"""Nothing that Limner runs talks to anyone, and nothing keeps a diary to send later.

Both runtimes would, unless they are told not to before their first import (read off
OpenVINO 2026.4 and ONNX Runtime 1.31 on Linux):

- `import openvino` creates a client id in ~/intel and posts an event to Google Analytics through
  `openvino_telemetry`, without asking. With that module out of reach OpenVINO uses a silent stub.
- The first session of ONNX Runtime creates a device id and a database of events in
  ~/.cache/Microsoft, to be uploaded. ORT_DISABLE_TELEMETRY=1 stops both.

Here fresh interpreters are watched while they work: what they call, and what they leave at home.
"""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.data import CHECKOUT

# Python runs `sitecustomize` before anything else, in child processes too. The audit hook
# hears every socket that Python opens, however it is reached, and the process's own table of
# open files shows what native code has left open at the end.
WATCHER = """
import atexit, os, sys
LOG = os.environ["LIMNER_WATCH"]
HEARD = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
         "socket.gethostbyname", "http.client.connect", "urllib.Request"}
def tell(line):
    with open(LOG, "a", encoding="utf-8") as log:
        log.write(line + "\\n")
def hook(event, arguments):
    if event in HEARD:
        tell(f"{event} {arguments!r}")
        raise ConnectionRefusedError(f"A test heard {event}.")
def left_open():
    folder = f"/proc/{os.getpid()}/fd"
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        try:
            target = os.readlink(f"{folder}/{name}")
        except OSError:
            continue
        if target.startswith("socket:") and int(name) > 2:
            tell(f"left open {target}")
sys.addaudithook(hook)
atexit.register(left_open)
"""

OPENVINO = """
import sys, numpy, openvino
core = openvino.Core()
compiled = core.compile_model(core.read_model(sys.argv[1]), "CPU")
print(compiled(numpy.ones((1, 4), numpy.float32))[0].sum())
"""

ONNXRUNTIME = """
import sys, numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
print(session.run(None, {"x": numpy.ones((1, 4), numpy.float32)})[0].sum())
"""

OUR_DOOR = """
import sys, numpy
from pathlib import Path
from limner.predict.runtime import open_network
network = open_network(Path(sys.argv[1]), runtime=sys.argv[2])
print(network({"x": numpy.ones((1, 4), numpy.float32)})["y"].sum())
"""

# What silences each, said before its first import.
HUSH_OPENVINO = "import sys; sys.modules['openvino_telemetry'] = None\n"
HUSH_ONNXRUNTIME = "import os; os.environ['ORT_DISABLE_TELEMETRY'] = '1'\n"

LIMNER = "from limner.cli import main; main()"

CALLER = """
import socket
try:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
except OSError:
    pass
"""


@pytest.fixture
def model(tmp_path):
    """A network that doubles four numbers, as an ONNX file."""
    from onnx import TensorProto, helper, save

    put = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])
    got = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "twice", [put], [got])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "twice.onnx"
    save(made, path)
    return path


@pytest.fixture
def watched(tmp_path):
    """Run Python with a home of its own, and return what it printed and whom it called."""
    home, spy, log = tmp_path / "home", tmp_path / "spy", tmp_path / "heard.txt"
    home.mkdir()
    spy.mkdir()
    (spy / "sitecustomize.py").write_text(WATCHER, encoding="utf-8")
    # A developer's own settings would hide what a new user would see.
    hushed = {"CI", "ORT_DISABLE_TELEMETRY", "GITLAB_CI", "CIRCLECI", "TF_BUILD"}
    kept = {name: value for name, value in os.environ.items() if name not in hushed}
    paths = os.pathsep.join([str(spy), str(CHECKOUT / "src")])
    told = {**kept, "HOME": str(home), "PYTHONPATH": paths, "LIMNER_WATCH": str(log)}

    def run(*command):
        done = subprocess.run(
            [sys.executable, *map(str, command)], env=told, capture_output=True, text=True
        )
        heard = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        left = sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())
        return done, heard, left

    return run


def test_the_watcher_hears_a_call(watched):
    _, heard, _ = watched("-c", CALLER)
    assert any("127.0.0.1" in line for line in heard)


@pytest.mark.parametrize("program", [OPENVINO, ONNXRUNTIME], ids=["openvino", "onnxruntime"])
def test_a_runtime_left_alone_keeps_a_diary(watched, model, program):
    """Why the hushing is there. Where this fails, a release has become quiet by itself."""
    done, _, left = watched("-c", program, model)
    assert done.stdout == "8.0\n", done.stderr
    assert left != []


@pytest.mark.parametrize(
    "program",
    [HUSH_OPENVINO + OPENVINO, HUSH_ONNXRUNTIME + ONNXRUNTIME],
    ids=["openvino", "onnxruntime"],
)
def test_a_runtime_that_was_hushed_works_in_silence(watched, model, program):
    done, heard, left = watched("-c", program, model)
    assert done.stdout == "8.0\n", done.stderr
    assert heard == []
    assert left == []


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_our_door_hushes_both(watched, model, runtime):
    done, heard, left = watched("-c", OUR_DOOR, model, runtime)
    assert done.stdout == "8.0\n", done.stderr
    assert heard == []
    assert left == []


def files_that_import(library: str) -> dict[str, str]:
    """The text of every file of ours that imports a library, by its name."""
    texts = {p: p.read_text(encoding="utf-8") for p in (CHECKOUT / "src").rglob("*.py")}
    pattern = re.compile(rf"^\s*(import|from) {library}\b", re.MULTILINE)
    return {str(path): text for path, text in texts.items() if pattern.search(text)}


@pytest.mark.parametrize(
    ("library", "hush"),
    [("openvino", "openvino_telemetry"), ("onnxruntime", "ORT_DISABLE_TELEMETRY")],
)
def test_whoever_imports_a_runtime_hushes_it(library, hush):
    assert {path for path, text in files_that_import(library).items() if hush not in text} == set()


def test_nobody_uses_the_converter_of_openvino():
    """It starts a session of telemetry of its own."""
    files = files_that_import("openvino").items()
    assert {path for path, text in files if re.search(r"convert_model|tools\.ovc", text)} == set()


def models() -> list[str]:
    """The predictors that `limner segment` can already be asked for."""
    package = CHECKOUT / "src" / "limner"
    needs = {"classic": package / "predict/classic.py", "limner": package / "predict/cards/limner"}
    there = (package / "cli" / "segment.py").exists()
    return [name for name, path in needs.items() if there and path.exists()]


@pytest.mark.parametrize("model_name", models())
def test_limner_segments_in_silence(watched, model_name, tmp_path):
    scan, out = tmp_path / "disc.png", tmp_path / "mask.png"
    row, column = np.mgrid[:64, :64]
    disc = (row - 32) ** 2 + (column - 32) ** 2 < 15**2
    Image.fromarray(np.where(disc, 200, 40).astype(np.uint8)).save(scan)
    box = ("--index", "--box", "16,16 48,48")
    done, heard, left = watched(
        "-c", LIMNER, "segment", "-i", scan, "-o", out, "--model", model_name, *box
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert out.exists()
    assert heard == []
    assert left == []
