"""The whole command on a handful of pictures: train, kill, resume, publish."""

import json
from dataclasses import replace

import pytest

from tests.learn.small import picture, written

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

from limner.errors import BadValue, NotFound, UnknownName  # noqa: E402  # torch first
from limner.image import Image  # noqa: E402
from limner.learn import default, quantise  # noqa: E402
from limner.learn.default import LOG, Plan, learn  # noqa: E402
from limner.learn.publish import copied  # noqa: E402
from limner.predict._ladder import facts  # noqa: E402
from limner.predict.card import Card  # noqa: E402
from limner.predict.limner import limner  # noqa: E402
from limner.prompt.click import Click  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")


def plan(folder, *, steps=2):
    return Plan(folder / "data", folder / "run", steps=steps, workers=0, batch=2, seed=4, ladders=0)


@pytest.fixture
def place(tmp_path):
    (tmp_path / "data").mkdir()
    written(tmp_path / "data", names=("one",))
    return tmp_path


def test_trains_logs_and_publishes_a_card_that_verifies(place, monkeypatch):
    said = []
    card = Card.read(learn(plan(place), say=said.append))
    card.verify()
    assert card.made_by["steps"] == 2
    assert card.made_by["crops"] == 4
    assert (
        card.made_by["command"] == "limner learn default --steps 2 --seed 4 --batch 2 --rate 0.002"
    )
    assert 2_000_000 < card.made_by["parameters"] < 2_500_000
    assert card.weights[0].file == "weights.onnx"
    assert card.paths()[0].stat().st_size < 2.2 * card.made_by["parameters"]
    assert [one.name for one in card.training] == ["one"]
    lines = [json.loads(line) for line in (place / "run" / LOG).read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2]
    assert "Done: 2 steps" in said[-1]
    with pytest.raises(BadValue, match="holds a run already"):
        learn(plan(place))
    monkeypatch.setattr(default, "publish", lambda *_, **told: told["made_by"]["steps"])
    assert default.learn(plan(place), resume=True, say=said.append) == 2
    assert "Going on from step 2, 100% of the run." in said


def test_a_judge_of_zooms_is_published_beside_the_weights_and_used(place):
    card = Card.read(learn(replace(plan(place, steps=1), ladders=4), say=lambda _: None))
    card.verify()
    assert [each.file for each in card.weights] == ["weights.onnx", "zooms.onnx"]
    assert card.made_by["ladders"] == 4
    model = limner(card=card)
    image, _ = picture(1)
    encoded = model.encode(Image.of(image[None]))
    (found,) = model.predict(encoded, [Click((48.0, 40.0, 0.0))]).state.values()
    answers, scene = model.zooms(encoded, [Click((48.0, 40.0, 0.0))])
    judged = model.judge({"ladder": facts(answers, scene)})
    chosen = next(n for n, each in enumerate(answers) if each.look == found.look)
    assert found.quality == pytest.approx(float(judged["quality"][chosen]))
    copied(card.folder, place / "elsewhere")
    Card.read(place / "elsewhere").verify()


def test_there_must_be_a_run_to_resume(place):
    with pytest.raises(NotFound, match="no run to go on with"):
        learn(plan(place), resume=True)


def test_data_that_may_not_train_are_refused_before_anything_is_trained(place):
    told = json.loads((place / "data/manifest.json").read_text())
    told["sets"][0]["may_train_shipped_weights"] = False
    (place / "data/manifest.json").write_text(json.dumps(told))
    with pytest.raises(BadValue, match="may not train"):
        learn(plan(place))
    assert not (place / "run" / LOG).exists()


def test_a_finish_trains_on_with_its_own_cases_and_a_killed_one_goes_on(place, monkeypatch):
    monkeypatch.setattr(default, "publish", lambda *_, made_by, **__: made_by)
    learn(plan(place), say=lambda _: None)
    longer = replace(plan(place), finish=0.02)
    said = []
    made = learn(longer, resume=True, say=said.append)
    assert any(text.startswith("Finishing from step 2, 0% done") for text in said)
    assert made["steps"] > 2
    assert "--finish 0.02" in made["command"]
    kept = torch.load(place / "run" / default.FINISHED, weights_only=False)
    assert kept["feed"]["fetched"] > default.FINISH_FROM
    assert learn(longer, resume=True, say=said.append)["steps"] == made["steps"]
    assert said[-2].startswith(f"Finishing from step {made['steps']}, 100% done")


def test_crops_of_half_the_side_until_the_finish_whose_crops_are_whole(place, monkeypatch):
    monkeypatch.setattr(default, "publish", lambda *_, made_by, **__: made_by)
    made = learn(replace(plan(place), side=64, again=0.3, finish=0.02), say=lambda _: None)
    assert "--steps 2 --finish 0.02 --side 64 --again 0.3 --seed" in made["command"]
    sides = {
        name: {
            case.image.shape[-1]
            for case in torch.load(place / "run" / name, weights_only=False)["feed"]["cases"]
        }
        for name in (default.CHECKPOINT, default.FINISHED)
    }
    assert sides == {default.CHECKPOINT: {64}, default.FINISHED: {128}}


@pytest.mark.parametrize(
    ("asked", "kind", "said"),
    [
        ({"side": 100}, BadValue, "Give 32, 64, 96 or 128"),
        ({"side": 160}, BadValue, "Give 32, 64, 96 or 128"),
        ({"side": 0}, BadValue, "Give 32, 64, 96 or 128"),
        ({"precision": "int4"}, UnknownName, "int4"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_written(place, asked, kind, said):
    with pytest.raises(kind, match=said):
        learn(replace(plan(place), **asked))
    assert not (place / "run").exists()


def test_weights_may_be_published_in_8_bits(place, monkeypatch):
    monkeypatch.setattr(quantise, "BATCHES", 2)
    card = Card.read(learn(replace(plan(place, steps=1), precision="int8"), say=lambda _: None))
    card.verify()
    assert card.precision == "int8"
    assert card.made_by["command"].endswith("--precision int8 --seed 4 --batch 2 --rate 0.002")
    assert card.paths()[0].stat().st_size < 1.4 * card.made_by["parameters"]


def test_a_run_begins_from_an_earlier_one(place):
    torch.manual_seed(0)
    learn(plan(place), say=lambda _: None)
    before = torch.load(place / "run" / default.CHECKPOINT, weights_only=False)["nets"]
    said = []
    later = replace(plan(place, steps=1), out=place / "later", start=place / "run/state.pt")
    card = Card.read(learn(later, say=said.append))
    assert said[0].endswith("fresh: nothing.")
    assert "--start state.pt" in card.made_by["command"]
    after = torch.load(place / "later" / default.CHECKPOINT, weights_only=False)["nets"]
    apart = [float((after[n] - before[n]).abs().max()) for n in before if n.startswith("average")]
    assert max(apart) < 5  # one step away, not drawn anew
    assert any(apart)
    with pytest.raises(NotFound, match="no checkpoint"):
        learn(replace(later, out=place / "third", start=place / "nowhere.pt"))


def test_a_run_grows_into_a_deeper_shape_and_its_card_says_so(place):
    learn(plan(place, steps=1), say=lambda _: None)
    said = []
    grown = replace(
        plan(place, steps=1),
        shape="deep_prompt_unet",
        out=place / "grown",
        start=place / "run/state.pt",
    )
    card = Card.read(learn(grown, say=said.append))
    assert "fresh: further.2.0.first.weight" in said[0]
    assert card.made_by["network"] == "deep_prompt_unet"
    assert "--shape deep_prompt_unet --start state.pt" in card.made_by["command"]
    assert 3_500_000 < card.made_by["parameters"] < 4_000_000
    with pytest.raises(UnknownName, match="network"):
        learn(replace(grown, shape="no_such", out=place / "other"))
    assert not (place / "other" / default.CHECKPOINT).exists()


def test_a_gpu_that_is_not_there_is_said(place, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(BadValue, match="finds no GPU"):
        learn(replace(plan(place), device="cuda"))
