"""The door to the runtimes: both give the same numbers, and say what they cannot do."""

import os
from threading import Thread, get_native_id

import numpy as np
import pytest

from limner.errors import BadValue, NotFound, UnknownName, UnreadableFile
from limner.predict.runtime import RUNTIMES, open_network

WEIGHTS = np.random.default_rng(0).normal(0, 0.3, (4, 3, 3, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A convolution and a sum, with a batch of any size."""
    from onnx import TensorProto, helper, numpy_helper, save

    put = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, 16, 16])
    got = [
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 4, 16, 16]),
        helper.make_tensor_value_info("quality", TensorProto.FLOAT, ["n"]),
    ]
    nodes = [
        helper.make_node("Conv", ["image", "weights"], ["logits"], pads=[1, 1, 1, 1]),
        helper.make_node("ReduceMean", ["logits", "axes"], ["quality"], keepdims=0),
    ]
    kept = [
        numpy_helper.from_array(WEIGHTS, "weights"),
        numpy_helper.from_array(np.array([1, 2, 3]), "axes"),
    ]
    graph = helper.make_graph(nodes, "small", [put], got, kept)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    place = tmp_path_factory.mktemp("networks") / "klein und groß.onnx"
    save(made, place)
    return place


def by_hand(image):
    from scipy.signal import correlate

    padded = np.pad(image, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return np.stack(
        [[correlate(one, kernel, mode="valid")[0] for kernel in WEIGHTS] for one in padded]
    )


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("count", [1, 3])
def test_a_network_is_a_function_from_dict_to_dict(path, runtime, count):
    network = open_network(path, runtime=runtime)
    image = np.random.default_rng(count).normal(0, 1, (count, 3, 16, 16)).astype(np.float32)
    answer = network({"image": image, "unused": image})
    assert set(answer) == {"logits", "quality"}
    assert answer["logits"] == pytest.approx(by_hand(image), abs=1e-4)
    assert answer["quality"].shape == (count,)
    assert network.name.startswith(runtime)
    assert network.precision == "fp32"


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_deterministic_gives_the_same_bytes_twice(path, runtime):
    image = np.random.default_rng(0).normal(0, 1, (2, 3, 16, 16)).astype(np.float32)
    one, other = (
        open_network(path, runtime=runtime, deterministic=True)({"image": image}) for _ in range(2)
    )
    assert one["logits"].tobytes() == other["logits"].tobytes()


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_an_answer_is_the_callers_own(path, runtime):
    network = open_network(path, runtime=runtime)
    first = network({"image": np.ones((1, 3, 16, 16), np.float32)})["logits"]
    kept = first.copy()
    network({"image": np.zeros((1, 3, 16, 16), np.float32)})
    assert np.array_equal(first, kept)


def test_auto_takes_what_comes_with_the_package(path):
    assert open_network(path).name.startswith("onnxruntime")


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux says it")
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_caller_is_not_tied_to_a_core(path, runtime):
    """Processes of one thread each would all be tied to the same one."""
    network = open_network(path, runtime=runtime, threads=1)
    caller, before, seen, asking = get_native_id(), os.sched_getaffinity(0), [], True

    def watch():
        while asking:
            seen.append(os.sched_getaffinity(caller))

    watching = Thread(target=watch)
    watching.start()
    for _ in range(200):
        network({"image": np.zeros((64, 3, 16, 16), np.float32)})
    asking = False
    watching.join()
    assert all(each == before for each in seen)


def test_openvino_says_which_precision_it_took(path):
    told = {
        each: open_network(path, runtime="openvino", precision=each) for each in ("fp32", "auto")
    }
    assert told["fp32"].precision == "fp32"
    assert told["auto"].precision in {"fp32", "bf16"}


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_missing_input_is_named(path, runtime):
    with pytest.raises(BadValue, match="needs the input 'image'"):
        open_network(path, runtime=runtime)({"picture": np.ones(1)})


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"runtime": "openvin"}, UnknownName, "'openvino'"),  # misspelt
        ({"precision": "fp16"}, UnknownName, "precision called 'fp16'"),
        ({"threads": 0}, BadValue, "threads is 0"),
        ({"runtime": "onnxruntime", "precision": "bf16"}, BadValue, "fp32 only"),
    ],
)
def test_options_that_there_are_not(path, options, error, text):
    with pytest.raises(error, match=text):
        open_network(path, **options)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_what_is_no_network_is_said(tmp_path, runtime):
    with pytest.raises(NotFound, match="no network at"):
        open_network(tmp_path / "absent.onnx", runtime=runtime)
    text = tmp_path / "text.onnx"
    text.write_text("hello")
    with pytest.raises(UnreadableFile, match="cannot read the network"):
        open_network(text, runtime=runtime)


def test_nothing_is_loaded_before_a_network_is_opened():
    import subprocess
    import sys

    code = (
        "import sys, limner.predict.limner, limner.predict.runtime;"
        "print([m for m in ('onnxruntime', 'openvino', 'scipy', 'skimage') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
