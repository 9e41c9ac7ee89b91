"""Three visits of one patient as DICOM, to sums, responses and a report: the planted ones."""

import csv
import json
import shutil

import pytest

from limner.measure.response.course import Course, Finding, Lesion, Size, Visit
from limner.measure.response.recist import assess
from tests.cli.scans import limner
from tests.visits import DATES, NAMES, PLANTED, SITE, write_visits

PIXEL_MM = SITE.spacing_mm[1]


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    return write_visits(tmp_path_factory.mktemp("Pätient 41") / "visits")


@pytest.fixture(scope="module")
def drafted(visits):
    """The draft, with the lesions called as they were planted."""
    file = visits.parent / "course.toml"
    assert limner("followup", visits, "--draft", file).code == 0
    text = file.read_text(encoding="utf-8")
    for number, (each, organ) in enumerate(
        [("shrinks", "liver"), ("grows", "liver"), ("goes", "left lung")], start=1
    ):
        text = text.replace(
            f'name = "lesion {number}"\norgan = "tumour"',
            "\n".join([f'name = "{each}"', f'organ = "{organ}"']),
        )
    text = text.replace('role = "non-target"', 'role = "target"')
    file.write_text(
        text.replace('criteria = ["recist"]', 'criteria = ["recist", "irecist"]'), encoding="utf-8"
    )
    return file


@pytest.fixture(scope="module")
def report(drafted):
    out = drafted.parent / "report"
    told = limner("followup", drafted, "-o", out, "--pdf")
    assert told.code == 0, told.err
    return out, told.out


def planted():
    """The course as it was planted, judged by the same rules."""
    lesions = tuple(
        Lesion(e.name, e.organ, "new" if e.halves[0] is None else "target") for e in PLANTED
    )
    found = []
    for number, (on, name) in enumerate(zip(DATES, NAMES, strict=True)):
        rows = []
        for each in PLANTED:
            long = each.long_mm(number)
            if long is not None:
                rows.append((each.name, Finding(sizes=(Size(long, long),))))
            elif each.halves[0] is not None:
                rows.append((each.name, Finding("gone")))
        found.append(Visit(name, on, tuple(rows)))
    return assess(Course(lesions, tuple(found)))


def test_the_draft_proposes_two_of_an_organ(drafted, visits):
    fresh = visits.parent / "fresh.toml"
    limner("followup", visits, "--draft", fresh)
    text = fresh.read_text(encoding="utf-8")
    assert text.count('role = "target"') == 2  # the label is "tumour" for all: one organ
    assert "there are enough" in text
    assert 'mask = "visits/2026-01-05 baseline/mask.nii.gz"' in text


def test_every_diameter_is_the_planted_one_within_a_pixel(report):
    out, _ = report
    rows = list(csv.DictReader((out / "lesions.csv").read_text(encoding="utf-8").splitlines()))
    sizes = {(row["lesion"], row["visit"]): row for row in rows}
    for each in PLANTED:
        name = "new 1" if each.name == "new" else each.name
        for number, visit in enumerate(NAMES):
            long = each.long_mm(number)
            if long is None:
                gone = each.halves[0] is not None
                assert (sizes[name, visit]["state"] if gone else sizes.get((name, visit))) == (
                    "gone" if gone else None
                )
                continue
            row = sizes[name, visit]
            assert float(row["long_mm"]) == pytest.approx(long, abs=PIXEL_MM)
            assert float(row["volume_ml"]) == pytest.approx(each.volume_ml(number), rel=0.25)


def test_every_response_is_the_planted_one(report):
    out, _ = report
    told = json.loads((out / "followup.json").read_text(encoding="utf-8"))
    ours = told["responses"]["recist"]
    for mine, theirs in zip(ours, planted(), strict=True):
        assert mine["overall"] == theirs.overall
        assert mine["target"] == theirs.target
        assert mine["sum_mm"] == pytest.approx(theirs.sum_mm, abs=3 * PIXEL_MM)
    assert [each["overall"] for each in ours] == ["", "SD", "PD"]
    assert [each["overall"] for each in told["responses"]["irecist"]] == ["", "iSD", "iUPD"]
    assert told["best"]["recist"]["response"] == "SD"
    assert told["best"]["recist"]["progressed"] == DATES[2].isoformat()
    assert ours[2]["new"] == ["new 1"]


def test_the_scans_were_aligned_and_the_files_are_named(report):
    out, _ = report
    told = json.loads((out / "followup.json").read_text(encoding="utf-8"))
    assert [each["aligned_likeness"] is None for each in told["visits"]] == [True, False, False]
    assert min(each["aligned_likeness"] or 1 for each in told["visits"]) > 0.9
    assert all(len(each["files"]) > 10 for each in told["visits"])


def test_the_page_shows_what_was_found(report):
    out, said = report
    text = (out / "index.html").read_text(encoding="utf-8")
    assert text.count('<svg class="scan"') == 3 + 3 + 2 + 1
    assert text.count('<svg class="chart"') == 2
    assert "halves in" in text
    assert "nothing is outlined where &#x27;goes&#x27; was" in text
    assert "http" not in text.replace("http://www.w3.org", "")  # it needs nothing but itself
    assert "new 1" in said
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_a_browser_opens_it(report, tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("There is no Chromium here to open the page with.")
    import subprocess

    told = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--dump-dom",
            f"--user-data-dir={tmp_path}",
            (report[0] / "index.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert told.stdout.count("<svg") == 11
    assert "Follow-up of" in told.stdout


def test_it_gives_the_same_bytes_twice(report, drafted, tmp_path):
    out, _ = report
    limner("followup", drafted, "-o", tmp_path, "--pdf")
    for name in ("index.html", "followup.json", "lesions.csv", "report.pdf"):
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes(), name
