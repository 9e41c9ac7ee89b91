"""`limner demo`: every scan of its table outlined, and a page whose links lead somewhere."""

import csv
import re

from limner.cases.save import read_mask
from limner.cli._demo_scans import SCANS, generated
from tests.cli.scans import limner


def test_the_demo_outlines_every_scan_and_its_page_holds_together(tmp_path):
    told = limner("demo", "-o", tmp_path / "out", "--model", "fake")
    assert told.code == 0, told.out + told.err
    out = tmp_path / "out"
    assert str(out / "index.html") in told.out
    page = (out / "index.html").read_text(encoding="utf-8")
    links = set(re.findall(r'(?:src|href)="([^"]+)"', page))
    assert links == {path.name for path in out.iterdir()} - {"index.html", "volume.npz"}
    with (out / "measurements.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert {each["scan"] for each in lines} == {scan.name for scan in SCANS}
    objects = {(each["scan"], each["label"]) for each in lines}
    assert len(objects) == sum(len(scan.objects) for scan in SCANS)
    volumes = {each["scan"] for each in lines if each["measurement"] == "volume"}
    assert volumes == {"volume"}  # nothing that was answered on one slice has a volume


def test_the_generated_volume_is_outlined_nearly_as_it_was_made(tmp_path):
    """The organ is an ellipsoid of half axes 12, 22 and 21 voxels of 3 x 1.5 x 1.5 mm."""
    limner("demo", "-o", tmp_path, "--model", "fake", "-q")
    mask = read_mask(tmp_path / "volume.nii.gz")
    whole = sum(mask.voxels(each.id) for each in mask if each.label in {"organ", "cyst"})
    made = 4 / 3 * 3.14159 * 12 * 22 * 21
    assert abs(whole / made - 1) < 0.1
    samples, spacing = generated()
    assert samples.shape == (40, 88, 96)
    assert spacing == (3.0, 1.5, 1.5)
