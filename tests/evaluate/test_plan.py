"""Who is asked what, what is asked again, and what the results and the page make of it."""

import json

import numpy as np
import pytest

from limner.errors import NotFound, UnknownName
from limner.evaluate import memory, record, scoreboard
from limner.evaluate.contestant import Contestant
from limner.evaluate.protocols.objects import entries, half_of
from limner.evaluate.protocols.plan import ALSO, ALWAYS, SAMPLE, SAMPLED, USUAL, also_of, asks
from limner.evaluate.render import page
from tests.evaluate.planted import Planted, fails, part
from tests.evaluate.small import made

ELLIPSE = Contestant.of("baseline", "ellipse")


def test_models_are_asked_everything_and_baselines_what_is_usual():
    assert also_of(None, "model") == ALSO
    assert also_of(None, "baseline") == USUAL
    assert also_of("none", "model") == ()
    assert also_of("all", "baseline") == ALSO
    assert also_of(" worst,noc", "baseline") == ("noc", "worst")
    with pytest.raises(UnknownName, match="'scribbles'"):
        also_of("scribles", "model")  # misspelt


def test_everybody_is_asked_the_usual_and_the_rest_on_a_fixed_sample(tmp_path):
    every = asks(made(tmp_path), entries(tmp_path, "choose"), ALSO)
    assert all(set(ALWAYS) <= set(each.protocols) for each in every)
    heavy = [each for each in every if set(SAMPLED) <= set(each.protocols)]
    assert [each.entry.image for each in heavy] == [f"images/{n}.png" for n in (0, 2, 4)]
    assert len(heavy) == SAMPLE
    assert not any("scribbles" in each.protocols for each in every)  # nobody drew on these


def drawn_on(folder):
    """The small data, the picture 3 scribbled on by two people; its first square is thin."""
    from PIL import Image as Picture

    data = made(folder)
    home = data / "dev" / "squares" / "scribbles"
    home.mkdir()
    drawing = np.zeros((30, 40), np.uint8)
    drawing[4, 4:8] = 1
    drawing[25:27, 5:35] = 2
    for person in (0, 1):
        Picture.fromarray(drawing).save(home / f"3_a{person}.png")
    listed = json.loads((data / "objects.json").read_text())
    listed["objects"][0]["thin"] = True
    (data / "objects.json").write_text(json.dumps(listed))
    return data


def test_scribbles_are_for_whole_labels_and_two_of_them_for_thin_objects(tmp_path):
    data = drawn_on(tmp_path)
    every = asks(data, entries(data, "choose"), ALSO)
    (whole,) = [each for each in every if "scribbles" in each.protocols]
    assert whole.entry.key == "squares/images/3.png=1"
    assert whole.protocols == ("scribbles",)
    (thin,) = [each for each in every if "two_scribbles" in each.protocols]
    assert thin.entry.thin


def results(data, draws, *, expects=None):
    """The document of one planted model, asked everything."""
    every = asks(data, entries(data, "choose"), ALSO)
    (*tasks,) = scoreboard.tasks_for(data, [(ELLIPSE, "planted", every)])
    lines = {}
    for task in tasks:
        for line in scoreboard.asked(Planted(draws(task), expects), task):
            lines[line["key"]] = line
    about = {"limit": 0, "threads": 1, "candidate": "", "peak_mib": {"planted": 123.4}}
    told = record.document(every, {"planted": lines}, half="choose", data=data, about=about)
    return json.loads(json.dumps(told)), every


def test_a_perfect_one_gets_the_best_of_everything(tmp_path):
    data = drawn_on(tmp_path)

    def draws(task):
        from limner.evaluate.protocols.objects import load

        targets = [each.target for each in load(data, [each.entry for each in task.together])]

        def answer(prompts, grid):
            """The target that the first prompt is about: the one it lies on."""
            index = grid.index_at(prompts[0].places_mm)[:, 1:]
            row, column = np.rint(index.mean(axis=0)).astype(int)
            whole = [each for each in targets if each.sum() == 136]
            if prompts[0].kind == "stroke" and whole:
                return whole[0]
            return next(each for each in targets if each[row, column] and each.sum() < 136)

        return answer

    told, _ = results(data, draws, expects=lambda count: 1.0)
    means = told["tables"]["ordinary"]["contestants"]["planted"]["mean"]
    assert {column: value[0] for column, value in means.items()} == dict.fromkeys(
        ("box", "1 click", "3 clicks", "5 clicks", "10 clicks"), 1
    )
    thin = told["tables"]["thin"]["contestants"]["planted"]["mean"]
    assert (thin["2 scribbles"][0], "box" in thin) == (1, False)
    people = told["tables"]["scribbles"]["contestants"]["planted"]["mean"]
    assert {column: value[0] for column, value in people.items()} == {
        "mean": 1,
        "person 1": 1,
        "person 2": 1,
    }
    sheets = {name: s["contestants"]["planted"]["mean"] for name, s in told["sheets"].items()}
    assert {value[0] for value in sheets["obeyed"].values()} == {1}
    assert [value[0] for value in sheets["clicks to a bar"].values()] == [1, 1, 1, 0, 0, 0]
    assert sheets["box then clicks"]["area"][0] == 4
    assert sheets["other clicks"]["worst of 5"][0] == 1
    assert told["expected"]["planted"]["every answer"]["error"] == 0
    assert told["falls"]["curve"]["planted"] == []
    text = page([told])
    for heading in ("Scribbles of three", "Clicks to a bar", "What clicks must do", "4.0 is"):
        assert heading in text
    assert "| planted | 1.0 [1.0, 1.0], 0 % |" in text
    assert "| 123 |" in text


def test_one_that_crashes_gets_the_worst_of_everything(tmp_path):
    told, every = results(drawn_on(tmp_path), lambda task: fails)
    means = told["tables"]["ordinary"]["contestants"]["planted"]["mean"]
    assert {value[0] for value in means.values()} == {0}
    sheets = {name: s["contestants"]["planted"]["mean"] for name, s in told["sheets"].items()}
    assert [value[0] for value in sheets["clicks to a bar"].values()] == [20, 20, 20, 1, 1, 1]
    assert sheets["box then clicks"]["area"][0] == 0
    assert sheets["away from clicks"]["1 click"][0] == 0
    assert told["expected"] == {}
    failed = [each["protocol"] for each in told["contestants"]["planted"]["failures"]]
    assert len(failed) == sum(len(each.protocols) for each in every)


def test_one_that_loses_with_every_click_is_said_to_fall(tmp_path):
    data = made(tmp_path)

    def draws(task):
        from limner.evaluate.protocols.objects import load

        targets = [each.target for each in load(data, [each.entry for each in task.together])]

        def answer(prompts, grid):
            index = grid.index_at(prompts[0].places_mm)[:, 1:]
            row, column = np.rint(index.mean(axis=0)).astype(int)
            target = next(each for each in targets if each[row, column])
            return part(target, 0.95 - 0.05 * len(prompts))

        return answer

    told, _ = results(data, draws)
    assert told["falls"]["curve"]["planted"] == ["squares"]
    assert told["sheets"]["obeyed"]["contestants"]["planted"]["mean"]["never falls"][0] == 0
    curve = [v[0] for v in told["sheets"]["curve"]["contestants"]["planted"]["mean"].values()]
    np.testing.assert_allclose(curve, np.arange(0.9, 0.44, -0.05), atol=0.02)
    assert "planted: squares" in page([told])


def test_only_what_is_new_is_asked_again(tmp_path):
    data, store = drawn_on(tmp_path), tmp_path / "x.jsonl"
    chosen = entries(data, "choose")
    walker = Contestant.of("baseline", "random_walker")
    few, more = asks(data, chosen, ()), asks(data, chosen, ("scribbles", "noc"))
    scoreboard.run(scoreboard.tasks_for(data, [(walker, "w", few)]), store)
    first = scoreboard.known(store)
    tasks = scoreboard.tasks_for(data, [(walker, "w", more)], done=first)
    assert sorted(name for t in tasks for each in t.together for name in each.protocols) == [
        *["noc"] * 3,
        "scribbles",
    ]
    scoreboard.run(tasks, store)
    second = scoreboard.known(store)
    assert scoreboard.tasks_for(data, [(walker, "w", more)], done=second) == ()
    for key, line in first.items():
        assert second[key]["click"] == line["click"]
    both = next(line for line in second.values() if "noc" in line)
    assert both["noc"]["dice"][:10] == both["click"]["dice"]


def test_what_cannot_be_asked_is_not_asked_again(tmp_path):
    data, store = made(tmp_path), tmp_path / "x.jsonl"
    every = asks(data, entries(data, "choose"), ALSO)
    scoreboard.run(scoreboard.tasks_for(data, [(ELLIPSE, "e", every)]), store)
    known = scoreboard.known(store)
    assert scoreboard.tasks_for(data, [(ELLIPSE, "e", every)], done=known) == ()


def test_lines_of_an_earlier_form_are_asked_again(tmp_path):
    store = tmp_path / "x.jsonl"
    store.write_text('{"made": "e", "key": "k", "box": {"dice": [1.0]}}\n')
    assert scoreboard.known(store) == {}


def test_memory_is_that_of_a_process_of_its_own(tmp_path):
    data = made(tmp_path)
    entry = memory.usual(entries(data, "choose"))
    peak = memory.peak_mib(ELLIPSE, data, entry)
    assert peak is None or 30 < peak < 2000
    with pytest.raises(NotFound, match="'nothing'"):
        memory.answer(ELLIPSE, data, half=half_of("choose"), key="nothing", threads=1)
    assert memory.peak_mib(Contestant("baseline", "elipse"), data, entry) is None  # misspelt
