"""The comparison of network shapes: what is averaged, what is taught, what a table is made of."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from benchmarks import shape_networks, shapes  # noqa: E402  # torch first
from limner.evaluate.protocols.objects import Entry, Subject  # noqa: E402
from limner.image import Image  # noqa: E402
from limner.learn import train as training  # noqa: E402
from limner.learn.recipe import Batch  # noqa: E402
from limner.predict.limner import Limner  # noqa: E402


def test_mirrored_crops_are_turned_back_before_the_mean():
    ramp = np.array([[0.0, 1.0], [2.0, 3.0]], np.float32)

    def network(arrays):
        """Says what it sees, and adds a ramp of its own that does not turn with it."""
        return {"logits": arrays["image"][:, :1] + ramp, "quality": arrays["image"][:, 0, 0, 0]}

    seen = np.array([[5.0, 6.0], [7.0, 8.0]], np.float32)
    given = {"image": np.broadcast_to(seen, (1, 7, 2, 2)), "hints": np.zeros((1, 3, 2, 2))}
    told = shape_networks.mirrored(network)(given)
    # what was seen comes back in place; the ramp was turned four ways, so its mean 1.5 remains
    np.testing.assert_allclose(told["logits"][0, 0], seen + 1.5)
    np.testing.assert_allclose(told["quality"], [(5 + 6 + 7 + 8) / 4])


def test_a_taught_batch_holds_what_the_teacher_says_of_it():
    batch = Batch(
        {"image": torch.ones(2, 7, 4, 4)}, torch.zeros(2, 1, 4, 4), torch.ones(2, 1, 4, 4)
    )
    taken = []
    feed = SimpleNamespace(draw=lambda _: batch, take=taken.append, memory=lambda: {"kept": 1})
    taught = shape_networks.Taught(feed, lambda arrays: {"logits": 2 * arrays["image"][:, :1]})
    drawn = taught.draw(0.5)
    assert drawn.inputs["taught"].shape == (2, 1, 4, 4)
    assert float(drawn.inputs["taught"][0, 0, 0, 0]) == pytest.approx(1 / (1 + np.exp(-2)))
    assert drawn.answers is batch.answers  # whoever drew it finds what was answered
    taught.take(drawn)
    assert taken == [drawn]
    assert taught.memory() == {"kept": 1}


def test_a_network_without_hints_says_the_same_whatever_they_are():
    blank = shape_networks.Blank(lambda given: {"logits": given["image"], "heard": set(given)})
    assert blank({"image": 3, "hints": 4}) == {"logits": 3, "heard": {"image"}}


def test_a_run_spends_the_time_of_its_own_process(tmp_path, monkeypatch):
    saved = []
    state = SimpleNamespace(step=7, spent_s=20.0, save=saved.append)

    def steps(_):
        for _ in range(3):
            state.step += 1
            state.spent_s += 1000.0  # the clock on the wall, which neighbours slow
            yield {"mask": 0.5}

    monkeypatch.setattr(training, "train", steps)
    shape_networks.advance(state, tmp_path / "state.pt")
    assert 20.0 <= state.spent_s < 30.0
    assert saved == [tmp_path / "state.pt"]
    told = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in told] == [8, 9, 10]


def entry(number, *, of="one", thin=False):
    return Entry(
        of, "dev", f"images/{number}.png", "", 1, None, None, None, 9, thin, "choose", "CT"
    )


def test_tables_weigh_sets_alike_and_leave_the_boxes_of_thin_objects_out():
    objects = [entry(n) for n in range(6)] + [entry(n, of="two") for n in range(12)]
    objects.append(entry(0, of="vessels", thin=True))
    ours = {e.key: (0.9 if e.set == "one" else 0.5, 0.6, 0.7, 0.8) for e in objects}
    theirs = {e.key: (0.4, 0.6, 0.7, 0.8) for e in objects}
    told = shapes.tables(objects, {"prompt_unet": ours, "other": theirs})
    mean = told["ordinary"]["contestants"]["prompt_unet"]["mean"]
    assert mean["box"][0] == pytest.approx(0.7)  # not (6 * 0.9 + 12 * 0.5) / 18
    assert mean["5 clicks"] == [0.8, 0.8, 0.8]
    assert told["ordinary"]["contestants"]["other"]["minus"]["prompt_unet"]["box"][0] == -0.3
    assert told["ordinary"]["contestants"]["prompt_unet"]["minus"] == {}
    assert set(told["thin"]["contestants"]["other"]["mean"]) == set(shapes.COLUMNS) - {"box"}


def test_an_object_is_asked_about_with_a_box_and_five_clicks():
    rows, columns = np.indices((64, 64))
    target = (rows - 30) ** 2 + (columns - 34) ** 2 < 12**2
    image = Image.of(np.where(target, 200, 60).astype(np.uint8)[None])
    subject = Subject(entry(0), image, target)
    told = shapes.answered(Limner(shapes.walked), subject)
    assert told["failure"] == ""
    assert len(told["clicks"]) == 5
    assert told["box"] > 0.9

    def fails(_):
        raise ValueError("nothing to say")

    told = shapes.answered(Limner(fails), subject)
    assert (told["box"], told["clicks"]) == (0.0, [0.0] * 5)
    assert "nothing to say" in told["failure"]


def test_a_torn_line_is_asked_again(tmp_path):
    file = tmp_path / "lines.jsonl"
    file.write_text('{"key": "a"}\n{"key": "b", "bo')
    assert [each["key"] for each in shapes.lines(file)] == ["a"]
    assert shapes.lines(tmp_path / "none.jsonl") == []


def test_only_who_answered_about_every_object_is_complete(tmp_path, monkeypatch):
    monkeypatch.setattr(shapes, "chosen", lambda _: [entry(0), entry(1)])
    asked = shape_networks.Asked(
        tmp_path, tmp_path, minutes=1.0, every=1, seed=0, weights=tmp_path / "weights.onnx"
    )
    file = tmp_path / "shipped" / "lines.jsonl"
    file.parent.mkdir()
    file.write_text(json.dumps({"key": entry(0).key}) + "\n")
    assert not shapes.complete("shipped", asked)
    file.write_text("".join(json.dumps({"key": entry(n).key}) + "\n" for n in range(2)))
    assert shapes.complete("shipped", asked)
