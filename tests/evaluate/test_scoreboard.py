"""Objects are found, asked about once, kept, and turned into a results file and a page."""

import json
from dataclasses import replace

import pytest

from limner.errors import BadValue, NotFound, UnknownName
from limner.evaluate import record, scoreboard
from limner.evaluate.contestant import Contestant
from limner.evaluate.protocols.objects import entries, half_of, load, pictures
from limner.evaluate.protocols.plan import Ask, asks
from limner.evaluate.render import page
from tests.data import shared
from tests.evaluate.small import made

ELLIPSE = Contestant.of("baseline", "ellipse")
FILLED = Contestant.of("baseline", "filled_box")


def run(data, store, *contestants, half="choose"):
    """Score and return (chosen, lines by contestant, how many were asked)."""
    chosen = asks(data, entries(data, half), ())
    made = {each: scoreboard.identity(each, each.make()) for each in contestants}
    wanted = [(who, name, chosen) for who, name in made.items()]
    tasks = scoreboard.tasks_for(data, wanted, done=scoreboard.known(store))
    scoreboard.run(tasks, store)
    found = scoreboard.known(store)
    lines = {
        who.text: {each.entry.key: found[name, each.entry.key] for each in chosen}
        for who, name in made.items()
    }
    return chosen, lines, sum(len(each.together) for each in tasks)


def document(data, store, *contestants, half="choose"):
    chosen, lines, _ = run(data, store, *contestants, half=half)
    about = {"limit": 0, "threads": 1, "candidate": "test"}
    return record.document(chosen, lines, half=half, data=data, about=about)


def test_entries_are_those_of_one_half(tmp_path):
    data = made(tmp_path)
    assert len(entries(data, "choose")) == 10
    assert len(entries(data, "report")) == 2
    assert len({each.key for each in entries(data, "choose")}) == 10
    assert [len(each) for each in pictures(entries(data, "choose"))] == [2] * 5
    assert {each.modality for each in entries(data, "choose")} == {"X-ray"}


def test_a_limit_takes_some_of_every_set_from_first_to_last(tmp_path):
    chosen = entries(made(tmp_path), "choose", limit=2)
    assert [each.image for each in chosen] == ["images/0.png", "images/4.png"]


def test_a_target_is_the_island_that_is_named(tmp_path):
    data = made(tmp_path)
    first, second = load(data, pictures(entries(data, "choose"))[0])
    assert first.target[2:8, 3:9].all()
    assert first.target.sum() == 36
    assert second.target[12:22, 20:30].all()
    assert second.target.sum() == 100


def test_a_target_with_another_area_is_refused(tmp_path):
    data = made(tmp_path)
    entry = replace(entries(data, "choose")[0], area=35)
    with pytest.raises(BadValue, match="36 pixels but the list says 35"):
        list(load(data, [entry]))


def test_there_must_be_a_list(tmp_path):
    with pytest.raises(NotFound, match=r"objects\.json"):
        entries(tmp_path, "choose")
    with pytest.raises(UnknownName, match="choose"):
        half_of("chose")


def test_slices_of_real_volumes_are_the_listed_ones():
    """Areas agree, across any axis; pictures are checked in the same way when scored."""
    data = shared("data/objects.json").parent
    chosen = [each for each in entries(data, "choose") if each.axis is not None]
    assert {each.axis for each in chosen} == {0, 2}
    for together in pictures(chosen):
        for subject in load(data, together):
            assert subject.image.grid.shape == (1, *subject.target.shape)


def test_scores_are_those_of_the_shapes(tmp_path):
    _, lines, asked = run(made(tmp_path), tmp_path / "x.jsonl", ELLIPSE, FILLED)
    assert asked == 20
    assert {tuple(line["box"]["dice"]) for line in lines["filled_box"].values()} == {(1.0,)}
    small, big = (line["box"]["dice"][0] for line in list(lines["ellipse"].values())[:2])
    assert small == pytest.approx(2 * 32 / (32 + 36), abs=1e-5)  # corners of one pixel are cut
    assert big == pytest.approx(2 * 80 / (80 + 100), abs=1e-5)
    assert all(line["click"] is None for line in lines["ellipse"].values())


def test_a_run_goes_on_where_it_stopped(tmp_path):
    data, store = made(tmp_path), tmp_path / "x.jsonl"
    run(data, store, ELLIPSE)
    text = store.read_text()
    kept = text.splitlines(keepends=True)
    store.write_text("".join(kept[:4]) + kept[4][:30])  # killed in the middle of a line
    assert run(data, store, ELLIPSE)[2] == 6
    assert run(data, store, ELLIPSE)[2] == 0


def test_a_line_after_a_torn_one_is_not_lost(tmp_path):
    data, store = made(tmp_path), tmp_path / "x.jsonl"
    run(data, store, ELLIPSE)
    lines = store.read_text().splitlines(keepends=True)
    store.write_text(lines[0] + lines[1][:30])
    run(data, store, ELLIPSE)
    assert len(scoreboard.known(store)) == 10


def test_two_processes_give_what_one_gives(tmp_path):
    data = made(tmp_path)
    name = scoreboard.identity(ELLIPSE, ELLIPSE.make())
    every = asks(data, entries(data, "choose"), ())
    tasks = scoreboard.tasks_for(data, [(ELLIPSE, name, every)])
    told = []
    scoreboard.run(tasks, tmp_path / "two.jsonl", jobs=2, told=told.append)
    assert told == [2] * 5
    _, lines, _ = run(data, tmp_path / "one.jsonl", ELLIPSE)
    both = scoreboard.known(tmp_path / "two.jsonl")
    for line in lines["ellipse"].values():
        assert both[line["made"], line["key"]]["box"]["dice"] == line["box"]["dice"]


def test_one_that_cannot_even_look_counts_as_nothing(tmp_path):
    class Blind:
        card = "blind"
        abilities = ELLIPSE.make().abilities

        def encode(self, image, region=None):
            raise MemoryError("too large")

    data = made(tmp_path)
    together = tuple(Ask(each, ("box",)) for each in pictures(entries(data, "choose"))[0])
    lines = scoreboard.asked(Blind(), scoreboard.Task(data, ELLIPSE, "blind", together))
    assert [line["box"]["dice"] for line in lines] == [[0.0], [0.0]]
    assert lines[1]["box"]["failure"] == "MemoryError: too large"


def test_a_contestant_is_named_with_its_options():
    walker = Contestant.of("baseline", "random_walker:beta=300,side=64")
    assert walker.make().beta == 300
    assert walker.text == "random_walker:beta=300,side=64"
    with pytest.raises(UnknownName, match="'beta'"):
        Contestant.of("baseline", "random_walker:betta=1")
    with pytest.raises(UnknownName, match="Did you mean 'ellipse'"):
        Contestant.of("baseline", "elipse")  # misspelt
    with pytest.raises(BadValue, match="NAME=VALUE"):
        Contestant.of("baseline", "random_walker:beta")


def test_what_made_an_answer_is_its_card_and_its_own_code():
    name = scoreboard.identity(ELLIPSE, ELLIPSE.make())
    assert name == f"ellipse in the box {ELLIPSE.digest()}"
    assert ELLIPSE.digest() != FILLED.digest()
    assert ELLIPSE.digest() == Contestant.of("baseline", "ellipse").digest()


def test_nobody_is_scored_twice():
    with pytest.raises(BadValue, match="named twice"):
        record.unique([ELLIPSE, ELLIPSE])
    with pytest.raises(BadValue, match="Nobody"):
        record.unique([])


def test_a_results_file_says_what_made_it(tmp_path):
    told = document(made(tmp_path), tmp_path / "x.jsonl", ELLIPSE, FILLED)
    assert {"command", "seed", "commit", "machine", "date", "half", "objects_json"} <= set(told)
    assert told["tables"]["ordinary"]["contestants"]["filled_box"]["mean"]["box"] == [1, 1, 1]
    assert told["contestants"]["ellipse"]["failures"] == []
    assert told["contestants"]["ellipse"]["seconds"]["click"] is None
    assert told["objects"][0]["dice"]["filled_box"] == [1.0, None, None, None, None]
    out = tmp_path / "objects_choose.json"
    record.write(told, out)
    assert record.read(out) == json.loads(json.dumps(told))
    assert out.read_text().count("\n  {") == 10  # one line an object


def test_the_page_shows_the_numbers_of_the_file(tmp_path):
    told = document(made(tmp_path), tmp_path / "x.jsonl", ELLIPSE, FILLED)
    text = page([told])
    assert "| filled_box | 1.000 [1.000, 1.000] | 0." in text
    assert "| squares (5 images, 10 objects) | 0.915 | 1.000 |" in text
    assert "Calls that failed and count as 0: none." in text
    assert "10 clicks:" not in text  # nobody was asked with clicks


def test_the_page_says_on_how_many_sets_the_first_one_is_better(tmp_path):
    text = page([document(made(tmp_path), tmp_path / "x.jsonl", FILLED, ELLIPSE)])
    assert "| ellipse | 1 of 1 |" in text
    assert "| nine in ten of each | yes |" in text
    text = page([document(tmp_path, tmp_path / "x.jsonl", ELLIPSE, FILLED)])
    assert "| filled_box | 0 of 1 |" in text
    assert "| nine in ten of each | no |" in text


def test_results_of_the_first_form_are_still_a_page(tmp_path):
    told = document(made(tmp_path), tmp_path / "x.jsonl", ELLIPSE, FILLED)
    for name in ("sheets", "falls", "expected", "second_observer"):
        del told[name]
    for own in told["tables"]["ordinary"]["contestants"].values():
        del own["wins"]
    for own in told["contestants"].values():
        del own["slowest_s"]
    text = page([told])
    assert "| squares (5 images, 10 objects) | 0.915 | 1.000 |" in text
    assert "###" in text
    assert "Seconds a prompt" not in text


def test_report_is_looked_at_only_for_a_candidate():
    with pytest.raises(BadValue, match="--candidate"):
        record.need_candidate("report", "")
    record.need_candidate("report", "limner-1")
    record.need_candidate("choose", "")


def test_every_look_at_report_is_logged(tmp_path):
    data = made(tmp_path)
    told = document(data, tmp_path / "x.jsonl", FILLED, half="report")
    record.log(told, tmp_path)
    record.log(told, tmp_path)
    logged = [json.loads(line) for line in (tmp_path / record.LOG).read_text().splitlines()]
    assert len(logged) == 2
    assert logged[0]["candidate"] == "test"
    assert logged[0]["means"] == {"filled_box": {"ordinary": {"box": 1.0}}}
    assert logged[0]["cards"]["filled_box"].startswith("filled box ")
    assert {"date", "commit", "objects_json"} <= set(logged[0])
