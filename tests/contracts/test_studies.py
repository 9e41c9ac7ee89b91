"""What every study owes us: a plan that can be run, and a result or a word that there is none."""

import inspect
import json
from pathlib import Path

import pytest

from limner.learn import arms
from limner.learn.methods import outcome, plans, rendered
from limner.learn.report import known
from limner.learn.study import ARMS, TRIALS, Study
from tests.data import CHECKOUT

STUDIES = sorted((CHECKOUT / "studies").glob("*.toml"))
RESULTS = CHECKOUT / "results"
PAGE = CHECKOUT / "docs" / "methods.md"


def named(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", STUDIES, ids=named)
class TestEveryStudy:
    def test_its_plan_asks_a_trial_for_what_it_takes(self, path):
        study = Study.read(path)
        assert callable(study.ready())
        assert len(arms.code_of(study)) == 8

    def test_its_arms_differ(self, path):
        study = Study.read(path)
        assert study.grid("method") != study.grid("baseline")

    def test_it_has_a_record_of_this_plan_or_the_page_says_that_it_has_none(self, path):
        study, record = Study.read(path), known(RESULTS / f"{path.stem}.json")
        said = PAGE.read_text(encoding="utf-8").partition(f"### {study.name}\n")[2]
        said = said.partition("\n### ")[0]
        if not record:
            assert "**Not yet run for the record.**" in said
            return
        assert f"**The effect {outcome(record)}.**" in said
        for key in ("system", "trial", "metric", "better", "margin"):
            assert record[key] == getattr(study, key), f"{key} was changed after the report"
        for arm in ARMS:
            told = record["arms"][arm]["settings"]
            assert told in [json.loads(json.dumps(each)) for each in study.grid(arm)]
        assert min(record["seeds"]) >= 100
        assert len(record["seeds"]) == study.seeds
        assert [each["what"] for each in record["changes"]] == [e.what for e in study.change]
        assert (RESULTS / "figures" / f"{path.stem}.svg").is_file()


@pytest.mark.parametrize("name", TRIALS.names())
class TestEveryTrial:
    def test_it_belongs_to_a_study(self, name):
        assert name in {study.trial for study in plans(CHECKOUT / "studies")}

    def test_its_settings_have_defaults_and_are_named(self, name):
        seed, *settings = inspect.signature(TRIALS.get(name)).parameters.values()
        assert seed.name == "seed"
        for each in settings:
            assert each.kind is inspect.Parameter.KEYWORD_ONLY, each
            assert each.default is not inspect.Parameter.empty, each


def test_the_page_is_as_plans_records_and_methods_have_it():
    """`limner study render docs/methods.md` writes it."""
    made = rendered(CHECKOUT / "studies", RESULTS, beside=PAGE.parent)
    assert PAGE.read_text(encoding="utf-8") == made, "Run: limner study render docs/methods.md"
