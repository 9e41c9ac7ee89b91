"""`limner archive` as it is typed: what is printed, and how it ends."""

import json
import os

import pytest

from limner.cli._archive import _bar, dates
from limner.cli._archive_show import _shown
from limner.errors import BadValue
from tests.archive.stub_web import StubWeb
from tests.cli.scans import limner
from tests.dicom.make import SERIES, STUDY, placed, plane, save, stack


@pytest.fixture
def web(tmp_path, monkeypatch):
    for each in ("USER", "PASSWORD", "TOKEN"):
        monkeypatch.delenv(f"LIMNER_ARCHIVE_{each}", raising=False)
    monkeypatch.setenv("LIMNER_ARCHIVES", str(tmp_path / "archives.toml"))
    monkeypatch.setattr("limner.archive.ways._http.PAUSE_S", 0.01)
    stack(tmp_path / "stored")
    files = {path.name: path for path in (tmp_path / "stored").iterdir()}
    with StubWeb({str(uid_of(path)): path for path in files.values()}) as stub:
        yield stub


def uid_of(path):
    import pydicom

    return pydicom.dcmread(path).SOPInstanceUID


class TestList:
    def test_none(self, web):
        told = limner("archive", "list")
        assert told.code == 0
        assert "No archive has a name. Write " in told.out

    def test_names_addresses_and_no_secret(self, web, tmp_path):
        (tmp_path / "archives.toml").write_text(
            '[a]\nurl = "dicom://A@h"\n[b]\nurl = "http://h"\nuser = "jane"\ntoken_env = "X"\n'
        )
        told = limner("archive", "list")
        assert told.out.splitlines()[:3] == [
            "archive  address      known as",
            "a        dicom://A@h  LIMNER",
            "b        http://h     –",
        ]


class TestFind:
    def test_a_table(self, web):
        told = limner("archive", "find", web.url, "--level", "series")
        head, row = told.out.splitlines()
        assert head.split() == ["date", "patient", "modality", "number", "instances", "series"]
        assert row.split() == ["20240102", "P1", "CT", "3", "4", SERIES]

    def test_json(self, web):
        (found,) = json.loads(limner("archive", "find", web.url, "--json").out)
        assert found["study"] == STUDY
        assert found["patient_name"] == "Doe^Jane"

    def test_nothing(self, web):
        assert limner("archive", "find", web.url, "--patient", "P2").out.startswith("Nothing match")
        assert limner("archive", "find", web.url, "--patient", "P2", "--json").out == "[]\n"

    def test_the_limit_is_said(self, web):
        told = limner("archive", "find", web.url, "--level", "instance", "--limit", 2)
        assert len(told.out.splitlines()) == 3
        assert told.err == "There may be more than these 2: --limit.\n"

    def test_an_unknown_level(self, web):
        told = limner("archive", "find", web.url, "--level", "serie")  # misspelt
        assert told.code == 2
        assert "Did you mean 'series'" in told.err

    def test_what_steers_a_terminal_is_not_printed(self, web):
        rows = web.rows("study")
        rows[0]["00081030"] = {"vr": "LO", "Value": ["a\x1b[2Jb\nc"]}
        web.rows = lambda _: rows
        (found,) = json.loads(limner("archive", "find", web.url, "--json").out)
        assert found["study_description"] == "a\x1b[2Jb\nc"
        assert _shown("a\x1b[2Jb\nc\\d") == "a [2Jb c, d"
        assert len(limner("archive", "find", web.url).out.splitlines()) == 2


class TestDates:
    @pytest.mark.parametrize(
        "told, asked",
        [
            ("", ""),
            ("2026-01-31", "20260131"),
            ("20260131", "20260131"),
            ("2026-01-01..2026-01-31", "20260101-20260131"),
            ("2026-01-01..", "20260101-"),
            ("..2026-01-31", "-20260131"),
        ],
    )
    def test_as_dicom_has_them(self, told, asked):
        assert dates(told) == asked

    @pytest.mark.parametrize("told", ["yesterday", "31.1.2026", "2026-01..x", "1..2..3", ".."])
    def test_others_are_refused(self, told):
        with pytest.raises(BadValue, match="is no date"):
            dates(told)


class TestFetch:
    def test_says_what_came(self, web, tmp_path):
        folder = tmp_path / "ct"
        told = limner("archive", "fetch", web.url, "--series", SERIES, "-o", folder)
        assert (told.code, told.out) == (0, f"{folder}: 4 instances\n")
        again = limner("archive", "fetch", web.url, "--series", SERIES, "-o", folder)
        assert again.out == f"{folder}: 4 instances, 4 of them from before\n"
        assert limner("info", folder, "-q").code == 0

    def test_quietly(self, web, tmp_path):
        told = limner("archive", "fetch", web.url, "--series", SERIES, "-o", tmp_path / "ct", "-q")
        assert (told.code, told.out, told.err) == (0, "", "")

    def test_one_of_several_must_be_chosen(self, web, tmp_path):
        other = placed(plane(1), (0, 0, 0), SeriesInstanceUID="1.2.3", SeriesNumber=9)
        web.files[other.SOPInstanceUID] = save(other, tmp_path / "other.dcm")
        told = limner("archive", "fetch", web.url, "--patient", "P1", "-o", tmp_path / "ct")
        assert told.code == 2
        assert "2 series match:\n" in told.err
        assert f"  {SERIES}  CT 3\n" in told.err
        assert not (tmp_path / "ct").exists()

    def test_what_stops_it_is_a_sentence_and_the_way_on(self, web, tmp_path):
        web.dies_after = 1
        told = limner("archive", "fetch", web.url, "--series", SERIES, "-o", tmp_path / "ct")
        assert told.code == 2
        assert "1 of 4 instances are kept" in told.err
        web.dies_after = None
        told = limner("archive", "fetch", web.url, "--series", SERIES, "-o", tmp_path / "ct")
        assert told.out.endswith("4 instances, 1 of them from before\n")

    def test_nothing_matches(self, web, tmp_path):
        told = limner("archive", "fetch", web.url, "--series", "1.2.3", "-o", tmp_path / "ct")
        assert told.code == 2
        assert "No series of the archive matches" in told.err


class TestStore:
    def test_counts(self, web, tmp_path):
        told = limner("archive", "store", web.url, tmp_path / "stored")
        assert (told.code, told.out) == (0, "0 stored, 4 there before.\n")
        told = limner("archive", "store", web.url, tmp_path / "stored", "--again")
        assert told.out == "4 stored.\n"

    def test_a_refusal_is_exit_code_2(self, web, tmp_path):
        web.stow = (409, {})
        told = limner("archive", "store", web.url, tmp_path / "stored", "--again")
        assert told.code == 2
        assert "it does not say why. So are 3 more. (0 stored, 4 refused.)" in told.err

    def test_a_warning_is_a_note(self, web, tmp_path):
        item = {"00081196": {"vr": "US", "Value": [0xB000]}}
        web.stow = (202, {"00081199": {"vr": "SQ", "Value": [item]}})
        name = min(os.listdir(tmp_path / "stored"))
        told = limner("archive", "store", web.url, tmp_path / "stored" / name, "--again")
        assert told.out == f"1 stored.\n  Note: {name}: Warning 0xB000.\n"


class TestBar:
    def told(self, monkeypatch, *counts):
        """What the bar has shown, how far, and whether it is gone."""
        seen = []

        def steps(things, *, name, quiet):
            try:
                for each in things:
                    seen.append((each, len(things), name(each), quiet))
                    yield each
            finally:
                seen.append("gone")

        monkeypatch.setattr("limner.cli._archive.progress", steps)
        with _bar(quiet=False) as told:
            for have in counts:
                told(have, 4)
        return seen

    def test_goes_to_the_end(self, monkeypatch):
        seen = self.told(monkeypatch, 0, 1, 2, 3, 4)
        assert [each[0] for each in seen] == [0, 1, 2, 3, "g"]
        assert seen[0] == (0, 4, "instances", False)

    def test_is_taken_away_where_the_archive_stopped(self, monkeypatch):
        assert [each[0] for each in self.told(monkeypatch, 1, 2)] == [0, 1, 2, "g"]

    def test_nothing_was_told(self, monkeypatch):
        assert self.told(monkeypatch) == []


def test_echo(web):
    told = limner("archive", "echo", web.url)
    assert told.code == 0
    assert told.out.startswith(f"'{web.url}' answered within ")
    assert told.out.endswith("ms and answers queries.\n")


def test_an_address_that_is_none():
    told = limner("archive", "echo", "ftp://host")
    assert (told.code, told.out) == (2, "")
    assert "does not say how the archive is spoken to" in told.err
