"""What every format of masks promises, for those that are there and those to come."""

import inspect
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from limner.dicom.derived import at
from limner.errors import BadValue, LimnerError, UnreadableFile, UnwritableFile
from limner.formats import FORMATS, chosen, format_named, format_of, held_by
from limner.formats._holds import reduced
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.schema import Schema
from tests.data import CHECKOUT

PICTURES = {name for name in FORMATS if getattr(format_named(name), "FOR_PEOPLE", False)}
FLAT = Grid.picture(6, 8)


@pytest.fixture(autouse=True)
def still():
    """One moment for all that is written: DICOM says when."""
    with at(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)):
        yield


def held_grid(name: str, grid: Grid = FLAT) -> Grid:
    """The grid, placed in a patient where the format holds a place: some need one."""
    placed = "place" in held_by(format_named(name))
    return replace(grid, placed=True, scale="patient") if placed else grid


def two_objects(grid: Grid = FLAT) -> Mask:
    """A liver (id 1) and a tumour (id 7) in it that do not overlap."""
    layer = np.zeros(grid.shape, np.uint8)
    layer[:, 1:5, 1:6] = 1
    layer[:, 2:4, 2:4] = 7
    objects = (Object(1, "liver"), Object(7, "tumour", name="lesion 1"))
    return Mask(grid, (layer,), objects, schema=Schema.of("liver", "tumour"))


def overlapping(grid: Grid = FLAT) -> Mask:
    inside = np.zeros(grid.shape, bool)
    inside[:, 3:6, 3:8] = True
    return two_objects(grid).with_object(inside, Object(2, "vessel"))


def an_image(grid: Grid = FLAT) -> Image:
    return Image.of(np.arange(np.prod(grid.shape), dtype=np.uint8).reshape(grid.shape), grid)


@pytest.mark.parametrize("name", FORMATS.names())
class TestEveryFormat:
    def test_its_choices_are_words_that_its_writer_knows(self, name):
        form = format_named(name)
        taken = inspect.signature(form.write).parameters
        for keyword, words in getattr(form, "CHOICES", {}).items():
            assert taken[keyword].default == words[0]
            for word in words:
                assert chosen(form, [f"{keyword}={word}"]) == {keyword: word}
            with pytest.raises(BadValue, match="these choices"):
                chosen(form, [f"{keyword}=nothing like it"])

    def path(self, name, folder):
        return folder / f"a mask Ünï{format_named(name).ENDINGS[0]}"

    def test_claims_its_own_endings_and_is_found_by_them(self, name):
        form = format_named(name)
        for ending in form.ENDINGS:
            assert form.claims(Path(f"some/name{ending}"))
            assert form.claims(Path(f"some/NAME{ending.upper()}"))
            assert format_of(Path(f"some/name{ending}")) is form

    def test_comes_back(self, name, tmp_path):
        path = self.path(name, tmp_path)
        form = format_named(name)
        grid = held_grid(name)
        form.write(two_objects(grid), path, image=an_image(grid))
        if name in PICTURES:
            with pytest.raises(UnreadableFile, match="not a mask"):
                form.read(path)
            return
        back = form.read(path, grid=grid)
        assert back.grid == grid
        held = reduced(two_objects(grid), held_by(form))
        assert np.array_equal(back.label_map(), held.label_map())

    def test_writes_the_same_bytes_twice(self, name, tmp_path):
        one, two = tmp_path / "1", tmp_path / "2"
        grid = held_grid(name)
        for folder in (one, two):
            folder.mkdir()
            path = self.path(name, folder)
            format_named(name).write(two_objects(grid), path, image=an_image(grid))
            time.sleep(0.02)
        same = [self.path(name, folder).read_bytes() for folder in (one, two)]
        assert same[0] == same[1]

    def test_refuses_overlap_or_keeps_it(self, name, tmp_path):
        grid = held_grid(name)
        path, mask = self.path(name, tmp_path), overlapping(grid)
        form = format_named(name)
        try:
            form.write(mask, path, image=an_image(grid))
        except BadValue as refusal:
            assert "share" in str(refusal)
            assert "object 2 ('vessel')" in str(refusal)
            assert not path.exists()
        else:
            if name in PICTURES:
                return
            assert "overlap" in held_by(form)
            back, held = form.read(path, grid=grid), reduced(mask, held_by(form))
            assert sorted(back.ids) == sorted(held.ids)
            assert all(np.array_equal(back.where(n), held.where(n)) for n in held.ids)

    def test_a_missing_folder_is_said(self, name, tmp_path):
        with pytest.raises(UnwritableFile, match="does not exist"):
            path, grid = self.path(name, tmp_path / "nowhere"), held_grid(name)
            format_named(name).write(two_objects(grid), path, image=an_image(grid))

    def test_a_read_only_folder_is_said(self, name, tmp_path):
        if os.geteuid() == 0:
            pytest.skip("Root may write everywhere; run the tests as another user to see this.")
        tmp_path.chmod(0o500)
        try:
            path, grid = self.path(name, tmp_path), held_grid(name)
            with pytest.raises(UnwritableFile, match="could not be written"):
                format_named(name).write(two_objects(grid), path, image=an_image(grid))
        finally:
            tmp_path.chmod(0o700)

    def test_a_full_disk_leaves_the_earlier_file(self, name, tmp_path):
        with small_disk(tmp_path) as disk:
            path = self.path(name, disk)
            path.write_bytes(b"earlier")
            (disk / "ballast").write_bytes(b"\0" * (disk_free(disk) - 4096))
            noise = np.random.default_rng(0).integers(0, 2, (1, 500, 500)).astype(np.uint8)
            grid = held_grid(name, Grid.picture(500, 500))
            mask = Mask(grid, (noise,), (Object(1),))
            shown = np.random.default_rng(1).integers(0, 255, (1, 500, 500), np.uint8)
            picture = Image.of(shown, grid)
            with pytest.raises(UnwritableFile, match="could not be written: No space left"):
                format_named(name).write(mask, path, image=picture)
            assert path.read_bytes() == b"earlier"
            assert sorted(each.name for each in disk.iterdir()) == sorted([path.name, "ballast"])

    @pytest.mark.parametrize("content", [b"", b"hello\n" * 99, b"\0" * 999])
    def test_a_file_that_is_no_mask_is_one_sentence(self, name, content, tmp_path):
        path = self.path(name, tmp_path)
        path.write_bytes(content)
        with pytest.raises(LimnerError) as caught:
            format_named(name).read(path)
        assert str(caught.value).endswith(".")


class small_disk:  # noqa: N801  # read as a statement: with small_disk(...)
    """A disk of 256 KiB in memory, or a skip where only root may make one."""

    def __init__(self, folder):
        self.place = folder / "disk"

    def __enter__(self):
        self.place.mkdir()
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", self.place], capture_output=True
        )
        if made.returncode:
            pytest.skip("A small disk cannot be mounted here: that needs root on Linux.")
        return self.place

    def __exit__(self, *_):
        subprocess.run(["umount", self.place], check=True)


def disk_free(place) -> int:
    told = os.statvfs(place)
    return told.f_bavail * told.f_frsize


KILLED = """
import sys, time
from pathlib import Path
import numpy as np
from limner import nifti
from limner.formats.nifti import write
from limner.grid import Grid
from limner.mask import Mask
real = nifti._dump
def slow(file, header, samples):
    header.write_to(file)
    file.flush()
    print("writing", flush=True)
    time.sleep(60)
nifti._dump = slow
write(Mask.of(np.ones((2, 3, 4)), Grid((2, 3, 4))), Path(sys.argv[1]))
"""


def test_sigkill_in_the_middle_of_writing_leaves_the_earlier_mask(tmp_path):
    path = tmp_path / "mask.nii"
    format_of(path).write(two_objects(), path)
    earlier = path.read_bytes()
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "src")}
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE, env=environment
    )
    assert child.stdout.readline() == b"writing\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert path.read_bytes() == earlier


WRITER = """
import sys
from pathlib import Path
import numpy as np
from limner.formats.nifti import write
from limner.grid import Grid
from limner.mask import Mask
size = int(sys.argv[2])
for _ in range(6):
    write(Mask.of(np.ones((size, size, size)), Grid((size, size, size))), Path(sys.argv[1]))
"""


def test_two_processes_that_write_one_mask_leave_one_whole(tmp_path):
    path = tmp_path / "mask.nii.gz"
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "src")}
    both = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, str(n)], env=environment)
        for n in (10, 20)
    ]
    assert [each.wait() for each in both] == [0, 0]
    assert format_of(path).read(path).voxels(1) in {10**3, 20**3}
    assert [each.name for each in tmp_path.iterdir()] == ["mask.nii.gz"]


def test_an_ending_that_is_nobodys():
    with pytest.raises(BadValue, match=r"ends in one of: .*\.nii\.gz.*\.png"):
        format_of(Path("mask.xyz"))
