"""What holds of every way to an archive."""

import os
import shutil
from contextlib import contextmanager

import pytest

from limner.archive.address import Address
from limner.archive.fetch import fetch
from limner.archive.inbox import contents
from limner.archive.open import open_archive
from limner.archive.query import Query
from limner.archive.search import search
from limner.archive.store import gather, store
from limner.archive.ways import WAYS
from limner.errors import BadValue, NoService, NotFound, UnreadableFile, UnwritableFile
from tests.archive.conftest import opened, refused
from tests.archive.orthanc import free_ports
from tests.archive.stub_web import StubWeb
from tests.dicom.make import SERIES, STUDY, placed, plane, save


def series_of(way):
    (found,) = search(way, Query("series"))
    return found


@pytest.mark.parametrize("name", WAYS.names())
def test_every_way_is_reached_by_an_address(name):
    urls = {"dimse": "dicom://A@host:104", "dicomweb": "https://host/dicom-web"}
    with open_archive(Address(urls[name])) as way:
        assert isinstance(way, WAYS.get(name))


def test_it_answers(stub):
    assert opened(stub.url).echo() in {"answers queries", "takes C-FIND, C-MOVE, C-GET"}


def test_levels_are_walked_from_above(stub, files):
    way = opened(stub.url)
    (study,) = search(way, Query("study"))
    assert study["study"] == STUDY
    assert study["patient_name"] == "Doe^Jane"
    assert study["study_instances"] == "4"
    (series,) = search(way, Query("series", (("patient_id", "P1"),)))
    assert series == {**study, **series}
    assert series["series"] == SERIES
    assert {each["instance"] for each in search(way, Query("instance"))} == set(files)


def test_what_does_not_match_is_left_out(stub):
    """A server may leave out a key that it does not know, and answer everything."""
    way = opened(stub.url)
    assert search(way, Query("study", (("patient_id", "P2"),))) == []
    assert search(way, Query("series", (("series", "1.2.3"),))) == []
    assert len(search(way, Query("study", (("patient_id", "P*"),)))) == 1


def test_no_more_than_the_limit(stub):
    assert len(search(opened(stub.url), Query("instance", limit=3))) == 3


def test_a_series_comes_whole_under_its_own_name(stub, files, tmp_path):
    way, told = opened(stub.url), []
    done = fetch(
        way, series_of(way), tmp_path / "new" / "ct", told=lambda *counts: told.append(counts)
    )
    assert (done.total, done.before, done.remarks) == (4, 0, ())
    assert told == [(n, 4) for n in range(5)]
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["ct"]
    came = {path.stem: contents(path) for path in (tmp_path / "new" / "ct").iterdir()}
    assert came == {uid: contents(path) for uid, path in files.items()}


def test_what_is_there_is_not_fetched_again(stub, tmp_path):
    way = opened(stub.url)
    for before in (0, 4):
        stub.asked.clear()
        assert fetch(way, series_of(way), tmp_path / "ct").before == before
    assert asked_for(stub) == []


def stop_after(stub, count):
    if isinstance(stub, StubWeb):
        stub.dies_after = count
    else:
        stub.aborts_at = count


def asked_for(stub):
    """The UIDs of single instances that were asked for."""
    if isinstance(stub, StubWeb):
        return stub.fetched()
    told = [each.get("SOPInstanceUID") for each in stub.asked]
    return [
        uid for each in told for uid in ([each] if isinstance(each, str) else each or []) if uid
    ]


def test_a_server_that_dies_in_the_middle_loses_nothing(stub, files, tmp_path):
    way = opened(stub.url)
    series = series_of(way)
    stop_after(stub, 2)
    with pytest.raises(NoService, match="2 of 4 instances are kept in '.*ct.partial'; the same"):
        fetch(way, series, tmp_path / "ct")
    assert not (tmp_path / "ct").exists()
    here = {path.stem for path in (tmp_path / "ct.partial").glob("*.dcm")}
    assert len(here) == 2
    stop_after(stub, None)
    stub.asked.clear()
    done = fetch(way, series, tmp_path / "ct")
    assert (done.total, done.before) == (4, 2)
    assert set(asked_for(stub)) == set(files) - here
    assert os.listdir(tmp_path) == ["ct"]
    assert {p.stem: contents(p) for p in (tmp_path / "ct").iterdir()} == {
        uid: contents(path) for uid, path in files.items()
    }


def test_what_was_half_written_is_not_taken_for_whole(stub, files, tmp_path):
    """A killed program leaves temporary names; they are removed, and their instances fetched."""
    way, uid = opened(stub.url), min(files)
    series = series_of(way)
    stop_after(stub, 0)
    with pytest.raises(NoService, match="Nothing of the series has come; the same command"):
        fetch(way, series, tmp_path / "ct")
    half = files[uid].read_bytes()[:300]
    (tmp_path / "ct.partial" / ".limner-half.dcm").write_bytes(half)
    stop_after(stub, None)
    assert fetch(way, series, tmp_path / "ct").before == 0
    assert {path.stem for path in (tmp_path / "ct").iterdir()} == set(files)


class TestFolders:
    def test_of_something_else(self, stub, tmp_path):
        way = opened(stub.url)
        (tmp_path / "ct").mkdir()
        (tmp_path / "ct" / "notes.txt").write_text("mine")
        with pytest.raises(BadValue, match="not empty and holds 0 of the 4 instances"):
            fetch(way, series_of(way), tmp_path / "ct")
        assert os.listdir(tmp_path) == ["ct"]

    def test_that_is_a_file(self, stub, tmp_path):
        (tmp_path / "ct").write_text("mine")
        with pytest.raises(BadValue, match="is a file"):
            fetch(opened(stub.url), series_of(opened(stub.url)), tmp_path / "ct")

    def test_that_is_empty_takes_the_series(self, stub, tmp_path):
        (tmp_path / "ct").mkdir()
        assert fetch(opened(stub.url), series_of(opened(stub.url)), tmp_path / "ct").total == 4

    def test_partial_of_another_series(self, stub, tmp_path):
        way = opened(stub.url)
        series = series_of(way)
        (tmp_path / "ct.partial").mkdir()
        (tmp_path / "ct.partial" / "limner-fetch.json").write_text('{"series": "1.2.3"}')
        with pytest.raises(BadValue, match=r"part of another series \(1.2.3\)"):
            fetch(way, series, tmp_path / "ct")

    def test_partial_of_a_stranger(self, stub, tmp_path):
        (tmp_path / "ct.partial").mkdir()
        (tmp_path / "ct.partial" / "notes.txt").write_text("mine")
        with pytest.raises(BadValue, match="not a fetch that was cut"):
            fetch(opened(stub.url), series_of(opened(stub.url)), tmp_path / "ct")

    def test_that_cannot_be_made(self, stub, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(UnwritableFile, match="cannot be made"):
            fetch(opened(stub.url), series_of(opened(stub.url)), tmp_path / "file" / "ct")


def test_a_full_disk_is_said_and_what_came_is_kept(stub, tmp_path, monkeypatch):
    from limner.archive import inbox

    way, real, left = opened(stub.url), inbox.replacing, [2]
    series = series_of(way)

    @contextmanager
    def until_full(target):
        if not left[0]:
            raise UnwritableFile(f"'{target.name}' could not be written: No space left on device.")
        left[0] -= 1
        with real(target) as temporary:
            yield temporary

    monkeypatch.setattr(inbox, "replacing", until_full)
    with pytest.raises(UnwritableFile, match="No space left on device.* 2 of 4 instances are kept"):
        fetch(way, series, tmp_path / "ct")
    assert len(list((tmp_path / "ct.partial").glob("*.dcm"))) == 2


class TestStoring:
    def test_each_file_once(self, stub, ct):
        way, parts = opened(stub.url), gather([ct])
        assert {each.outcome for each in store(way, parts)} == {"there"}
        assert [each.outcome for each in store(way, parts, again=True)] == ["stored"] * 4

    def test_bytes_are_sent_as_they_are(self, stub, ct, files):
        stub.files.clear()
        assert {each.outcome for each in store(opened(stub.url), gather([ct]))} == {"stored"}
        if isinstance(stub, StubWeb):
            assert stub.posted == [path.read_bytes() for path in files.values()]
        else:
            wanted = [path.read_bytes() for path in files.values()]
            assert all(w.endswith(sent) for w, (_, sent) in zip(wanted, stub.stored, strict=True))

    def test_a_server_that_dies_in_the_middle(self, stub, ct):
        stub.files.clear()
        stop_after(stub, 2)
        outcomes = []
        with pytest.raises(NoService, match="2 of 4 files were stored; the same command sends"):
            outcomes.extend(store(opened(stub.url), gather([ct])))
        # what was told before it died stays told
        assert len(stub.posted if isinstance(stub, StubWeb) else stub.stored) >= 2


class TestGathering:
    def test_one_instance_in_two_files_counts_once(self, ct, tmp_path):
        shutil.copytree(ct, tmp_path / "again")
        assert len(gather([ct, tmp_path / "again"])) == 4

    def test_one_uid_with_two_contents_is_refused(self, ct, tmp_path):
        dataset = placed(plane(9), (0, 0, 0), uid=gather([ct])[0].instance)
        save(dataset, tmp_path / "other.dcm")
        with pytest.raises(BadValue, match="are different, but have one UID"):
            gather([ct, tmp_path])

    def test_what_is_not_there(self, tmp_path):
        with pytest.raises(NotFound, match="nowhere"):
            gather([tmp_path / "nowhere"])

    def test_what_is_not_dicom(self, tmp_path):
        (tmp_path / "a.txt").write_text("hello")
        with pytest.raises(UnreadableFile):
            gather([tmp_path / "a.txt"])

    def test_a_damaged_file_beside_good_ones(self, ct, tmp_path):
        shutil.copytree(ct, tmp_path / "ct")
        first = next((tmp_path / "ct").iterdir())
        first.write_bytes(first.read_bytes()[:200])
        with pytest.raises(UnreadableFile, match="Nothing was stored"):
            gather([tmp_path / "ct"])

    def test_a_file_in_a_zip(self, ct, tmp_path):
        shutil.make_archive(str(tmp_path / "ct"), "zip", ct)
        with pytest.raises(BadValue, match="Unpack it"):
            gather([tmp_path / "ct.zip"])

    def test_a_file_without_a_head(self, ct, tmp_path):
        told = next(ct.iterdir()).read_bytes()
        at = 144 + int.from_bytes(told[140:144], "little")
        (tmp_path / "bare.dcm").write_bytes(told[at:])
        with pytest.raises(BadValue, match="no DICOM head"):
            gather([tmp_path / "bare.dcm"])


@refused
@pytest.mark.parametrize("scheme", ["dicom://STUB@127.0.0.1", "http://127.0.0.1"])
def test_nobody_listens(scheme):
    (port,) = free_ports(1)
    with pytest.raises(NoService, match="Nothing listens|Connection refused"):
        opened(f"{scheme}:{port}").echo()


@refused
@pytest.mark.parametrize("scheme", ["dicom://STUB@", "http://"])
def test_a_host_that_does_not_exist(scheme):
    with pytest.raises(NoService, match="no host called|Name or service not known"):
        opened(f"{scheme}nowhere.invalid").echo()
