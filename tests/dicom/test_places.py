"""Zips and DICOMDIRs: read where they lie, and refused where they reach further."""

import gc
import os
import shutil
import struct
import warnings
import zipfile

import pytest
from pydicom.fileset import FileSet

from limner.dicom.gathered import gathered
from limner.dicom.places import Place, places
from limner.errors import UnreadableFile
from limner.read import open_image
from tests.dicom.make import placed, plane, save, stack


@pytest.fixture
def disc(tmp_path):
    """A DICOMDIR with four slices, as a disc has it."""
    stack(tmp_path / "in")
    with warnings.catch_warnings():  # it leaves a temporary folder behind, and says so
        warnings.simplefilter("ignore")
        files = FileSet()
        for path in sorted((tmp_path / "in").iterdir()):
            files.add(path)
        files.write(tmp_path / "disc")
        del files
        gc.collect()
    return tmp_path / "disc"


def zipped(path, names):
    """A zip with the same slice under each name."""
    slice_ = save(placed(plane(0), (0, 0, 0)), path.parent / "one.dcm").read_bytes()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, slice_)
    return path


class TestZip:
    @pytest.mark.parametrize(
        "name", ["../up.dcm", "a/../../up.dcm", "/etc/up.dcm", "C:\\up.dcm", "a\\..\\..\\up.dcm"]
    )
    def test_a_name_that_climbs_out_is_refused(self, tmp_path, name):
        path = zipped(tmp_path / "study.zip", ["good.dcm", name])
        with pytest.raises(UnreadableFile, match="lies outside of it"):
            open_image(path)

    def test_two_dots_in_a_name_are_only_dots(self, tmp_path):
        assert open_image(zipped(tmp_path / "s.zip", ["a..b/c..dcm"])).grid.shape == (1, 4, 5)

    def test_nothing_appears_beside_it(self, tmp_path):
        path = zipped(tmp_path / "in.zip", ["a/b.dcm"])
        before = sorted(tmp_path.rglob("*"))
        open_image(path).whole()
        assert sorted(tmp_path.rglob("*")) == before

    def test_a_bomb_is_refused_before_it_is_unpacked(self, tmp_path, monkeypatch):
        monkeypatch.setattr("limner.dicom.places.SMALL", 1 << 20)
        path = tmp_path / "bomb.zip"
        head = save(placed(plane(0), (0, 0, 0)), tmp_path / "one.dcm").read_bytes()
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("a.dcm", "w", force_zip64=True) as member,
        ):
            member.write(head)
            for _ in range(30):
                member.write(bytes(1 << 20))
        (place,) = places(path)
        with pytest.raises(UnreadableFile, match=r"from 3\d,\d\d\d bytes to 0\.0 GB"):
            place.open()

    def test_a_claim_beyond_what_is_there_is_refused(self, tmp_path):
        path = zipped(tmp_path / "liar.zip", ["a.dcm"])
        raw = bytearray(path.read_bytes())
        at = raw.index(b"PK\x01\x02")
        struct.pack_into("<L", raw, at + 24, 0xF0000000)  # the size that it unpacks to
        path.write_bytes(raw)
        (place,) = places(path)
        with pytest.raises(UnreadableFile, match="4.0 GB. It is not opened"):
            place.open()

    def test_one_with_a_password(self, tmp_path):
        path = zipped(tmp_path / "locked.zip", ["a.dcm"])
        raw = bytearray(path.read_bytes())
        for sign, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            raw[raw.index(sign) + flags] |= 1
        path.write_bytes(raw)
        with pytest.raises(UnreadableFile, match="password"):
            open_image(path)


class TestDicomdir:
    def test_it_stands_for_its_files(self, disc):
        assert open_image(disc / "DICOMDIR").grid.shape == (4, 4, 5)

    def test_names_in_lower_case(self, disc):
        for path in sorted(disc.rglob("*"), reverse=True):
            if path.name != "DICOMDIR":
                path.rename(path.with_name(path.name.lower()))
        assert open_image(disc / "DICOMDIR").grid.shape == (4, 4, 5)

    def test_a_lost_file_is_refused_and_left_out_where_a_series_is_asked_for(self, disc):
        lost = [
            path for path in sorted(disc.rglob("*")) if path.is_file() and path.name != "DICOMDIR"
        ]
        lost[-1].unlink()
        with pytest.raises(UnreadableFile, match="lists 4 files, of which 1 are not there"):
            open_image(disc / "DICOMDIR")
        opened = open_image(disc / "DICOMDIR", series="1")
        assert opened.grid.shape == (3, 4, 5)
        assert any("of which 1 are not there" in each for each in opened.source.problems)

    def test_names_that_leave_its_folder_are_refused(self, disc):
        raw = (disc / "DICOMDIR").read_bytes()
        names = [path for path in disc.rglob("*") if path.is_file() and path.name != "DICOMDIR"]
        name = "\\".join(names[0].relative_to(disc).parts).encode()
        new = (b"..\\..\\" + b"X" * len(name))[: len(name)]
        assert name in raw
        (disc / "DICOMDIR").write_bytes(raw.replace(name, new))
        with pytest.raises(UnreadableFile, match="leaves its own folder"):
            open_image(disc / "DICOMDIR")

    def test_in_a_zip_it_is_passed_over(self, disc, tmp_path):
        path = shutil.make_archive(str(tmp_path / "disc"), "zip", disc)
        assert open_image(path).grid.shape == (4, 4, 5)


def test_a_damaged_file_is_refused_and_left_out_where_a_series_is_asked_for(tmp_path):
    stack(tmp_path)
    whole = (tmp_path / "003.dcm").read_bytes()
    (tmp_path / "003.dcm").write_bytes(whole[:300])
    assert len(gathered(tmp_path).damaged) == 1
    with pytest.raises(UnreadableFile, match="'003.dcm' breaks off"):
        open_image(tmp_path)
    opened = open_image(tmp_path, series="1")
    assert opened.grid.shape == (3, 4, 5)
    assert any("'003.dcm' breaks off" in each for each in opened.source.problems)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such links without rights")
def test_a_folder_that_links_to_itself_ends(tmp_path):
    stack(tmp_path / "in")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in")
    assert Place(tmp_path / "in" / "000.dcm") in list(places(tmp_path))
    assert open_image(tmp_path).grid.shape == (4, 4, 5)
