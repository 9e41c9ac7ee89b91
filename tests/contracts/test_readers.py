"""What every reader promises, for those that are there and those to come."""

from importlib import import_module

import pytest

from limner.errors import LimnerError, NotFound, UnreadableFile
from limner.read import READERS, open_image, reader_of
from tests.read.files import one_of_each

HOSTILE = {
    "zeros": b"\0" * 1000,
    "ones": b"\xff" * 1000,
    "text": b"hello\n" * 200,
    "short": b"x",
    "half a PNG": b"\x89PNG\r\n\x1a\n",
    "half a gzip": b"\x1f\x8b\x08",
    "half a zip": b"PK\x03\x04" + b"\0" * 40,
    "half a DICOM": b"\0" * 128 + b"DICM",
    "half a NRRD": b"NRRD0004\n",
    "half a NIfTI": b"\x5c\x01\0\0" + b"\0" * 340 + b"n+1\0",
}


@pytest.mark.parametrize("name", READERS.names())
class TestEveryReader:
    def test_has_the_two_functions(self, name):
        reader = import_module(f"limner.read.{name}")
        assert callable(reader.claims)
        assert callable(reader.read)

    @pytest.mark.parametrize("what", HOSTILE)
    def test_claims_never_raises(self, name, what, tmp_path):
        path = tmp_path / "odd file"
        path.write_bytes(HOSTILE[what])
        assert import_module(f"limner.read.{name}").claims(path) in {True, False}

    def test_is_the_only_one_to_claim_its_file(self, name, tmp_path):
        files = one_of_each(tmp_path)
        if name not in files:
            pytest.skip(f"There is no small file for the reader '{name}' in tests/read/files.py.")
        willing = [
            each
            for each in READERS.names()
            if import_module(f"limner.read.{each}").claims(files[name])
        ]
        assert willing == [name]

    def test_tells_where_it_came_from(self, name, tmp_path):
        files = one_of_each(tmp_path)
        if name not in files:
            pytest.skip(f"There is no small file for the reader '{name}' in tests/read/files.py.")
        source = open_image(files[name]).source
        assert source.format
        assert [each.name for each in source.files] == [files[name].name]
        assert type(source).from_json(source.to_json()) == source


ENDINGS = ("", ".png", ".tif", ".nii", ".nii.gz", ".dcm", ".npz", ".nrrd", ".mha", ".zip")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_one_sentence_whatever_it_is_called(what, ending, tmp_path, capfd):
    path = tmp_path / f"odd file{ending}"
    path.write_bytes(HOSTILE[what])
    with pytest.raises(LimnerError) as caught:
        open_image(path).whole()
    assert str(caught.value).endswith(".")
    capfd.readouterr()


def test_what_is_not_there(tmp_path):
    with pytest.raises(NotFound, match="There is no file or folder"):
        reader_of(tmp_path / "nothing.png")
    with pytest.raises(UnreadableFile, match="empty"):
        reader_of(tmp_path)
    (tmp_path / "a.xyz").write_text("hello")
    with pytest.raises(UnreadableFile, match="in no format that is read here"):
        reader_of(tmp_path / "a.xyz")
