"""Writing and reading a DICOM SEG of 100 objects, beside highdicom with the same label map.

    python -m benchmarks.dicom_seg          writes results/dicom_seg.json

A CT of 300 slices of 512 x 512 and 100 ellipsoids that touch nobody: 7,500 frames. Every run is
a fresh process, imports and the reading of the scan's headers included (ours hashes every file
of the scan as well); both load the same label map. highdicom is given the label map, not a
plane for each segment. Overlaps: three layers of such ellipsoids. On a machine that is doing
other work believe the processor seconds.
"""

import argparse
import json
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.machine import ROOT, stamp
from benchmarks.processes import bar, in_turn, ours, told
from limner.safely import write_text

SLICES, SIDE, ACROSS, DEEP = 300, 512, 5, 4
WRITE = """
import sys
from pathlib import Path
import numpy as np
from limner.formats import dicom_seg
from limner.mask import Mask, Object
from limner.read import open_image
from limner.schema import Schema
scan, out, layers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
image = open_image(scan)
labels = np.load(scan.parent / "labels.npy")
held = [labels]
for k in range(1, layers):
    moved = np.roll(labels, 20 * k, axis=2)
    moved[moved > 0] += np.uint16(100 * k)
    held.append(moved)
objects = tuple(Object(n, "liver", source="model") for n in range(1, 100 * layers + 1))
mask = Mask(image.grid, tuple(held), objects, schema=Schema.of("liver"))
dicom_seg.write(mask, out, image=image)
"""
HIGHDICOM_WRITE = """
import sys
from pathlib import Path
import highdicom as hd
import numpy as np
import pydicom
from pydicom.sr.codedict import codes
scan, out, kind = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
source = [pydicom.dcmread(each, stop_before_pixels=True) for each in scan.iterdir()]
source.sort(key=lambda each: float(each.ImagePositionPatient[2]))
labels = np.load(scan.parent / "labels.npy")
algorithm = hd.AlgorithmIdentificationSequence("x", codes.DCM.ArtificialIntelligence, "1")
described = [
    hd.seg.SegmentDescription(
        n, f"liver {n}", codes.SCT.AnatomicalStructure, codes.SCT.Liver, "SEMIAUTOMATIC", algorithm
    )
    for n in range(1, 101)
]
made = hd.seg.Segmentation(
    source, labels, kind, described, hd.UID(), 1, hd.UID(), 1, "x", "x", "1", "1"
)
made.save_as(out)
"""
READ = """
import sys
from pathlib import Path
from limner.formats import dicom_seg
labels = dicom_seg.read(Path(sys.argv[1])).layers[0][0]
"""
HIGHDICOM_READ = """
import sys
import highdicom as hd
found = hd.seg.segread(sys.argv[1])
labels = found.get_volume(combine_segments=True, allow_missing_positions=True).array
"""
SHOWN = """
import json
import numpy as np
print(json.dumps(np.bincount(labels.reshape(-1), minlength=101).tolist()))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "dicom_seg.json")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = compare(Path(folder), runs=asked.runs)
    for what, each in found["bars"].items():
        print(f"{what}: {each['value']} {each['unit']} (at most {each['at_most']})")
    command = f"python -m benchmarks.dicom_seg --runs {asked.runs}"
    write_text(json.dumps({"command": command, **stamp(), **found}, indent=1) + "\n", asked.out)


def compare(folder, *, runs):
    """Both programs in turn on the same data, and that they read the same voxels."""
    # apart, since Linux hands the peak of this process on to those that are measured
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        scan = apart.submit(make, folder).result()
    mine, theirs = folder / "limner.seg.dcm", folder / "highdicom.dcm"
    dense, dense_theirs = folder / "limner.labelmap.seg.dcm", folder / "highdicom.labelmap.dcm"
    three = folder / "three.seg.dcm"
    commands = {
        "limner write": ours("-c", WRITE, scan, mine, "1"),
        "highdicom write": ours("-c", HIGHDICOM_WRITE, scan, theirs, "BINARY"),
        "limner write label map": ours("-c", WRITE, scan, dense, "1"),
        "highdicom write label map": ours("-c", HIGHDICOM_WRITE, scan, dense_theirs, "LABELMAP"),
        "limner write three layers": ours("-c", WRITE, scan, three, "3"),
        "limner read": ours("-c", READ, mine),
        "highdicom read": ours("-c", HIGHDICOM_READ, mine),
        "limner read label map": ours("-c", READ, dense),
        "limner read three layers": ours("-c", READ, three),
    }
    seen = in_turn(commands, runs=runs)
    counts = [told(ours("-c", code + SHOWN, mine)) for code in (READ, HIGHDICOM_READ)]
    if counts[0][1:] != counts[1][1:]:
        raise RuntimeError("The two readers find other voxels.")
    sizes = {path.name: path.stat().st_size for path in (mine, theirs, dense, dense_theirs, three)}
    return {"bars": bars(seen), "processes": seen, "bytes": sizes}


def bars(seen):
    """What was measured beside what it must not pass."""

    def ratio(what):
        return round(
            seen[f"limner {what}"]["cpu_seconds"] / seen[f"highdicom {what}"]["cpu_seconds"], 3
        )

    peak = max(seen["limner write"]["peak_mb"], seen["limner read"]["peak_mb"])
    over = max(
        seen["limner write three layers"]["peak_mb"], seen["limner read three layers"]["peak_mb"]
    )
    return {
        "write, processor seconds over highdicom's": bar(ratio("write"), 1.15, "ratio"),
        "read, processor seconds over highdicom's": bar(ratio("read"), 1.15, "ratio"),
        "write and read, peak memory": bar(peak, 1024, "MB"),
        "label map, write": bar(seen["limner write label map"]["cpu_seconds"], 3.0, "s"),
        "three overlapping layers, peak memory": bar(over, 2048, "MB"),
    }


def make(folder):
    """Write the scan and the label map; returns the folder of the scan."""
    import pydicom
    from pydicom.data import get_testdata_file

    scan = folder / "scan"
    scan.mkdir()
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm", download=False))
    del dataset.DataSetTrailingPadding
    dataset.Rows = dataset.Columns = SIDE
    dataset.PixelSpacing = [0.7, 0.7]
    dataset.PatientBirthDate = "19700101"
    dataset.PixelData = bytes(SIDE * SIDE * 2)
    for number in range(SLICES):
        dataset.SOPInstanceUID = f"1.2.3.{number + 1}"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.ImagePositionPatient = [-100, -100, 1.25 * number]
        dataset.save_as(scan / f"{number:03d}.dcm")
    np.save(folder / "labels.npy", ellipsoids())
    return str(scan)


def ellipsoids():
    """(slices, rows, columns) uint16: 100 of them in a lattice, which fill half of it."""
    wide, deep = SIDE / ACROSS, SLICES / DEEP
    flat = ((np.arange(SIDE) % wide) / wide - 0.5) * 2
    high = ((np.arange(SLICES) % deep) / deep - 0.5) * 2
    inside = high[:, None, None] ** 2 + flat[None, :, None] ** 2 + flat[None, None] ** 2 < 1
    which = (np.arange(SLICES) // deep).astype(int)[:, None, None] * ACROSS**2
    which = which + (np.arange(SIDE) // wide).astype(int)[None, :, None] * ACROSS
    which = which + (np.arange(SIDE) // wide).astype(int)[None, None]
    return np.where(inside, which + 1, 0).astype(np.uint16)


if __name__ == "__main__":
    main()
