"""`limner review` from a record to a page, and from verdicts to scores."""

import json
import re
import shutil
import subprocess

import pytest

from limner.cli import main
from limner.evaluate.review import Judged, document, read
from tests.evaluate.small import made


def limner(*words):
    """The exit code of a command line."""
    with pytest.raises(SystemExit) as end:
        main([*map(str, words)])
    return end.value.code or 0


@pytest.fixture
def scored(tmp_path):
    """The folder of the data, and the record of the ellipse on them."""
    (tmp_path / "data").mkdir()
    data = made(tmp_path / "data")
    out = tmp_path / "objects_choose.json"
    assert (
        limner("evaluate", "--data", data, "--baseline", "ellipse", "--also", "none", "--out", out)
        == 0
    )
    return data, out


def told_on(page):
    text = re.search(r'id="told">(.*?)</script>', page.read_text(), re.DOTALL)[1]
    return json.loads(text.replace("<\\/", "</"))


def test_every_mistake_is_on_the_page(scored, tmp_path, capsys):
    data, record = scored
    words = ("review", record.with_suffix(".jsonl"), "--data", data, "-o", tmp_path / "out")
    assert limner(*words, "--below", 0.9) == 0
    assert "with 5 mistakes" in capsys.readouterr().out  # the large squares: Dice 160 / 180
    page = tmp_path / "out" / "index.html"
    assert page.read_text().count("<article") == 5
    assert "https://" not in page.read_text()
    told = told_on(page)
    assert (told["contestant"], told["after"], told["below"]) == ("ellipse", "box", 0.9)
    assert len(told["objects"]) == 10


def test_restricted_pictures_are_refused_in_a_work_tree(scored, tmp_path, capsys):
    data, record = scored
    subprocess.run(["git", "init", "-q", tmp_path / "tree"], check=True)
    words = ("review", record, "--data", data, "-o", tmp_path / "tree" / "docs", "--below", 0.9)
    assert limner(*words) == 2
    assert "squares may not lie in a repository" in capsys.readouterr().err
    assert not (tmp_path / "tree" / "docs").exists()
    assert limner(*words, "--permissive") == 0
    assert "with 0 mistakes" in capsys.readouterr().out


def test_looking_at_report_needs_a_candidate_and_is_logged(scored, tmp_path, capsys):
    data, _ = scored
    out = tmp_path / "objects_report.json"
    words = (
        "--data",
        data,
        "--baseline",
        "ellipse",
        "--half",
        "report",
        "--candidate",
        "one",
        "--also",
        "none",
    )
    assert limner("evaluate", *words, "--out", out) == 0
    look = ("review", out, "--data", data, "-o", tmp_path / "out", "--below", 0.9)
    assert limner(*look) == 2
    assert "--candidate" in capsys.readouterr().err
    assert limner(*look, "--candidate", "one") == 0
    lines = (tmp_path / "report_log.jsonl").read_text().splitlines()
    assert len(lines) == 2
    assert json.loads(lines[1])["looked at"] == "review page, box, below 0.9"


def test_verdicts_become_scores_and_a_slice_of_major_errors(tmp_path, capsys):
    objects = [
        Judged("a", "s", 0.9),
        Judged("b", "s", 0.3, "label error"),
        Judged("c", "s", 0.2, "wrong", "too coarse", "major"),
        Judged("d", "s", 0.1, "wrong", "", "minor"),
    ]
    file, major = tmp_path / "verdicts.json", tmp_path / "major.json"
    file.write_text(json.dumps(document({"below": 0.7, "made": "x"}, objects)))
    assert limner("review", "--read", file, "--major", major) == 0
    assert "right, of all objects  0.250  0.500" in capsys.readouterr().out
    told, kept = read(major)
    assert kept == (objects[2],)
    assert told["made"] == "x"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "results/objects_choose.jsonl"),
        (["RECORD", "--model", "elipse"], "Did you mean 'ellipse'"),  # misspelt
        (["RECORD", "--after", "two clicks"], "'two clicks'"),
        (["none.jsonl"], "none.json"),
        (["--read", "none.json"], "none.json"),
    ],
)
def test_what_can_be_put_right_is_said(scored, words, said, capsys):
    data, record = scored
    told = [str(record) if each == "RECORD" else each for each in words]
    assert limner("review", *told, "--data", data) == 2
    assert said in capsys.readouterr().err


PROBE = """<script>
const out = document.createElement("pre");
out.id = "probed";
const press = (key) => document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", { key, bubbles: true }));
press("1"); press("m"); press("m"); press("m");
press("j"); press("3");
press("j"); press("2"); press("0");
press("j"); press("j"); press("j"); press("j"); press("2");
press("k"); press("t");
const again = JSON.parse(JSON.stringify(exported()));
localStorage.clear(); verdicts = {}; cards.forEach(show);
take(JSON.stringify(again), "again.json");
out.textContent = JSON.stringify({
  here, again: exported(), kept: JSON.parse(localStorage.getItem(place)),
  judged: document.getElementById("judged").textContent,
  score: document.getElementById("score").textContent,
  classes: document.body.className,
  said: document.getElementById("said").textContent,
});
document.body.append(out);
</script></body>"""


@pytest.mark.long
def test_the_page_is_worked_with_keys_and_its_export_is_read(scored, tmp_path, capsys):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("There is no Chromium to try the page with. Install it to run this.")
    data, record = scored
    words = ("review", record, "--data", data, "-o", tmp_path / "out", "--below", 0.9)
    assert limner(*words) == 0
    page = tmp_path / "out" / "index.html"
    page.write_text(page.read_text().replace("</body>", PROBE))
    dumped = subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *(f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout
    found = json.loads(re.search(r'<pre id="probed">(.*?)</pre>', dumped, re.DOTALL)[1])
    # five mistakes: wrong and major, label error, taken back, none, acceptable
    verdicts = [each["verdict"] for each in found["again"]["objects"] if each["dice"] < 0.9]
    assert sorted(verdicts) == ["", "", "acceptable", "label error", "wrong"]
    (wrong,) = (each for each in found["again"]["objects"] if each["verdict"] == "wrong")
    assert wrong["severity"] == "major"
    assert found["here"] == 3  # down to the fifth, and one up
    assert len(found["kept"]) == 3
    assert found["judged"] == "3 of 5 judged"
    assert found["score"] == "· right: 50.0 % as labelled, 70.0 % with your verdicts"
    assert found["classes"] == "no-truth"
    assert found["said"] == "3 verdicts were taken from again.json."
    exported = tmp_path / "verdicts.json"
    exported.write_text(json.dumps(found["again"]))
    capsys.readouterr()
    assert limner("review", "--read", exported) == 0
    assert "right, of all objects  0.500  0.700" in capsys.readouterr().out
