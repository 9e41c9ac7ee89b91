"""A study from its plan to its record, with a trial whose truth is planted."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from limner.cli import main
from limner.errors import BadValue, NotFound, UnknownName, UnreadableFile
from limner.learn import arms, report, study, verdict
from limner.learn.arms import Bench
from limner.learn.report import develop, known, write
from limner.learn.study import Study
from tests.data import CHECKOUT

PLAN = """
system = "S000"
title = "A planted gain against none"
claim = "The method's score is higher by what was planted."
trial = "planted"
metric = "score"
better = "more"
seeds = 5
also = ["noise"]
[method]
gain = 0.5
[baseline]
gain = 0.0
"""

TRIAL = '''"""A score of noise and a planted gain."""
from pathlib import Path
from bookcase import TRIALS

@TRIALS.add
def planted(seed: int, *, gain: float = 0.0, knob: int = 0, log: str = "") -> dict[str, float]:
    if log:
        with Path(log).open("a") as stream:
            stream.write(f"{seed}\\n")
    noise = (seed * 7 % 5) / 10
    return {"score": noise + gain - 0.01 * (knob - 2) ** 2 + seed / 1000, "noise": noise}
'''


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder under git with a plan, and a registry with the planted trial alone."""
    package = tmp_path / "code" / "bookcase"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "from limner.registry import Registry\nTRIALS = Registry('trial', 'bookcase')\n"
    )
    (package / "planted.py").write_text(TRIAL)
    monkeypatch.syspath_prepend(tmp_path / "code")
    import bookcase

    for module in (study, arms):
        monkeypatch.setattr(module, "TRIALS", bookcase.TRIALS)
    for module in (arms, report):
        monkeypatch.setattr(module, "code_of", lambda _: "code")
    place = tmp_path / "project"
    (place / "studies").mkdir(parents=True)
    (place / "results").mkdir()
    monkeypatch.chdir(place)
    git("init", "-q")
    yield place
    for name in [each for each in sys.modules if each.split(".")[0] == "bookcase"]:
        del sys.modules[name]


def git(*words):
    me = ("-c", "user.name=limner", "-c", "user.email=limner@example.org")
    subprocess.run(["git", *me, *words], check=True, capture_output=True)


def planned(text=PLAN, *, commit=True, name="planted"):
    path = Path("studies") / f"{name}.toml"
    path.write_text(text)
    if commit:
        git("add", "studies")
        git("commit", "-q", "-m", "A plan before its first run")
    return path


def bench(*, told=lambda _: None, jobs=1):
    return Bench(Path("runs/lines.jsonl"), jobs, told)


class TestPlans:
    @pytest.mark.parametrize(
        ("old", "new", "kind", "said"),
        [
            ('metric = "score"', 'metrc = "score"', UnknownName, "Did you mean 'metric'"),
            ("seeds = 5", "seeds = 2", BadValue, "at least 3"),
            ("seeds = 5", "seeds = 100", BadValue, "below seed 100"),
            ("seeds = 5", 'seeds = "5"', BadValue, "needs a whole number"),
            ("seeds = 5", "seeds = true", BadValue, "needs a whole number"),
            ("seeds = 5", "", BadValue, "has no 'seeds'"),
            ('"more"', '"higher"', BadValue, '"less" or "more"'),
            ("gain = 0.5", "gain 0.5", UnreadableFile, "is not TOML"),
            ("[baseline]", "[tuning]\ngain = [1]\n[baseline]", BadValue, "both fixed"),
            ("[baseline]", "[tuning]\nknob = 1\n[baseline]", BadValue, "list of values"),
            (
                "[baseline]",
                "[tuning.method]\nknob = [1, 2]\n[tuning.baseline]\nknob = [1]\n[baseline]",
                BadValue,
                "over 2 settings and the baseline over 1",
            ),
            ("[baseline]", "[[check]]\nmetric = 'noise'\n[baseline]", BadValue, "'better'"),
            ("[baseline]", "[[change]]\nwhat = 'all'\n[baseline]", BadValue, "has no 'date'"),
        ],
    )
    def test_what_is_wrong_with_a_plan_is_said(self, here, old, new, kind, said):
        with pytest.raises(kind, match=said):
            Study.read(planned(PLAN.replace(old, new, 1), commit=False))

    @pytest.mark.parametrize(
        ("old", "new", "kind", "said"),
        [
            (
                'trial = "planted"',
                'trial = "plantd"',
                UnknownName,
                "Did you mean 'planted'",
            ),  # misspelt
            ("gain = 0.5", "gian = 0.5", UnknownName, "Did you mean 'gain'"),  # misspelt
            ("gain = 0.5", "gain = 'much'", BadValue, "it needs float"),
            ("gain = 0.5", "knob = 0.5", BadValue, "it needs int"),
        ],
    )
    def test_what_the_trial_does_not_take_is_said(self, here, old, new, kind, said):
        with pytest.raises(kind, match=said):
            Study.read(planned(PLAN.replace(old, new, 1), commit=False)).ready()

    def test_a_plan_that_is_not_there(self, here):
        planned(commit=False)
        with pytest.raises(NotFound, match="There are: planted"):
            Study.read(Path("studies/other.toml"))


class TestVerdicts:
    def test_the_interval_is_that_of_a_paired_t_test(self):
        one, other = [0.3, 0.9, 0.4, 0.8], [0.1, 0.5, 0.6, 0.2]
        apart = np.subtract(one, other)
        theirs = stats.t.interval(0.95, 3, loc=apart.mean(), scale=stats.sem(apart))
        mean, low, high = verdict.interval([a - b for a, b in zip(one, other, strict=True)])
        assert mean == pytest.approx(0.25)
        assert (low, high) == pytest.approx(theirs)

    def test_a_planted_gain_appears_and_none_does_not(self, here):
        told = develop(Study.read(planned()), bench())
        assert told["appeared"] is True
        assert told["effect"] == pytest.approx([0.5, 0.5, 0.5])
        assert told["seeds"] == [0, 1, 2, 3, 4]
        assert told["numbers"]["noise"]["method"] == [0, 0.2, 0.4, 0.1, 0.3]
        none = PLAN.replace("gain = 0.5", "gain = 0.0")
        assert develop(Study.read(planned(none)), bench())["appeared"] is False

    def test_the_wrong_side_and_a_gain_within_the_margin_do_not_count(self, here):
        worse = PLAN.replace('"more"', '"less"')
        assert develop(Study.read(planned(worse)), bench())["appeared"] is False
        within = PLAN.replace("seeds = 5", "seeds = 5\nmargin = 0.5")
        assert develop(Study.read(planned(within)), bench())["appeared"] is False

    def test_checks_are_of_the_method_or_against_the_baseline(self, here):
        more = (
            "[[check]]\nmetric='noise'\nat_most=0.2\n[[check]]\nmetric='noise'\nat_least=0.21\n"
            "[[check]]\nmetric='noise'\nbetter='less'\nmargin=-0.01\n"
            "[[check]]\nmetric='noise'\nbetter='less'\n"
        )
        told = develop(Study.read(planned(PLAN + more)), bench())
        # the mean of 0, 0.2, 0.4, 0.1, 0.3 is 0.2, in both arms
        assert [each["holds"] for each in told["checks"]] == [True, False, True, False]

    def test_both_arms_take_the_best_of_the_same_grid(self, here):
        told = develop(Study.read(planned(PLAN + "[tuning]\nknob = [0, 2, 3]\n")), bench())
        for arm in ("method", "baseline"):
            assert told["arms"][arm]["settings"]["knob"] == 2
            assert [each["knob"] for each, _ in told["arms"][arm]["tried"]] == [0, 2, 3]
        # seeds 0, 1, 2: noise 0, 0.2, 0.4 and 0, 0.001, 0.002; knob 0 costs 0.04
        assert told["arms"]["baseline"]["tried"][0][1] == pytest.approx(0.161)


class TestLines:
    def test_what_was_measured_is_not_measured_again(self, here):
        plan = Study.read(planned(PLAN.replace("gain = 0.5", "gain = 0.5\nlog = 'log.txt'")))
        heard = []
        develop(plan, bench(told=heard.append))
        assert len(heard) == 10
        lines = Path("runs/lines.jsonl")
        kept = lines.read_text().splitlines()
        lines.write_text("\n".join([*kept[:3], kept[3][:20]]))  # killed while it wrote the fourth
        develop(plan, bench())
        assert Path("log.txt").read_text().split() == [*"01234", "3", "4"]

    def test_a_number_that_is_not_finite_is_refused(self, here):
        with pytest.raises(BadValue, match="measured inf for 'score' with seed 0"):
            develop(Study.read(planned(PLAN.replace("0.5", "inf"))), bench())

    def test_a_metric_that_the_trial_does_not_measure(self, here):
        with pytest.raises(UnknownName, match="number of the trial 'planted'"):
            develop(
                Study.read(planned(PLAN.replace('["noise"]', '["noize"]'))), bench()
            )  # misspelt


class TestReports:
    def test_a_plan_that_is_not_committed_is_refused(self, here):
        plan = planned(commit=False)
        with pytest.raises(BadValue, match="not committed"):
            write(plan, Path("results"), bench())
        planned()
        plan.write_text(PLAN.replace("0.5", "0.6"))
        with pytest.raises(BadValue, match="not committed as it is"):
            write(plan, Path("results"), bench())
        assert not Path("results/planted.json").exists()

    def test_a_report_takes_seeds_from_100_and_says_where_it_was_made(self, here):
        write(planned(), Path("results"), bench())
        told = known(Path("results/planted.json"))
        assert told["seeds"] == [100, 101, 102, 103, 104]
        assert told["machine"]["cores"] > 0
        assert told["arms"]["method"]["settings"] == {"gain": 0.5}
        drawn = Path("results/figures/planted.svg").read_text()
        assert drawn.count("<circle") == 11  # five seeds an arm, and the difference
        assert "seeds 100 to 104" in drawn

    def test_a_second_report_needs_a_newer_change_and_takes_fresh_seeds(self, here):
        plan, results = planned(), Path("results")
        write(plan, results, bench())
        with pytest.raises(BadValue, match="needs a \\[\\[change\\]\\]"):
            write(plan, results, bench())
        change = "[[change]]\ndate = {}\nwhat = 'More gain.'\nwhy = 'It was small.'\n"
        planned(PLAN + change.format("2020-01-01"))
        with pytest.raises(BadValue, match="dated that day or later"):
            write(plan, results, bench())
        planned(PLAN + change.format("2999-01-01"))
        write(plan, results, bench())
        told = known(results / "planted.json")
        assert told["seeds"][0] == 200
        assert told["earlier"][0]["seeds"][0] == 100
        planned(PLAN)
        with pytest.raises(BadValue, match="no longer in its plan"):
            write(plan, results, bench())

    def test_a_results_file_of_something_else_is_not_overwritten(self, here):
        Path("results/planted.json").write_text('{"tables": {}}')
        with pytest.raises(UnreadableFile, match="no study's record"):
            write(planned(), Path("results"), bench())


def limner(*words):
    with pytest.raises(SystemExit) as end:
        main(["study", *map(str, words)])
    return end.value.code or 0


def test_the_command_from_the_plan_to_the_page(here, capsys):
    planned()
    planned(PLAN.replace("gain = 0.5", "gain = 0.7"), name="waiting")
    Path("docs").mkdir()
    assert limner("run", "planted") == 0
    assert not Path("results/planted.json").exists()
    assert limner("run", "planted", "--report") == 0
    assert "difference 0.5 [0.5, 0.5]" in capsys.readouterr().out
    assert limner("list") == 0
    listed = capsys.readouterr().out
    assert "appeared" in listed
    assert "not yet run" in listed
    assert limner("render", "docs/methods.md") == 0
    page = Path("docs/methods.md").read_text()
    assert "](../results/figures/planted.svg)" in page
    assert "| **score** | 0.762 | 0.262 | +0.5 [+0.5, +0.5] |" in page
    assert "**Not yet run for the record.**" in page
    assert limner("run", "nothing") == 2
    assert "There is no study" in capsys.readouterr().err


def test_the_plan_on_the_page_is_one(here):
    page = (CHECKOUT / "docs" / "how-to" / "add-a-study.md").read_text(encoding="utf-8")
    plan, change = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    told = Study.read(planned(plan + change, commit=False))
    assert [len(told.grid(arm)) for arm in study.ARMS] == [2, 2]
    assert told.change[0].date == date(2026, 11, 21)
