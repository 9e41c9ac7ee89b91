"""Opening a CT series and having all its samples in HU, beside SimpleITK's series reader.

    python -m benchmarks.open_series          writes results/open_series.json

Both run in fresh processes on the same files, one after the other in turn, imports included,
SimpleITK with one thread. Ours also hashes every file and keeps what an exporter needs. The
headers are those of pydicom's CT_small.dcm (258 elements), the samples a ramp with noise. On
a machine that is doing other work believe the processor seconds.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.machine import ROOT, stamp
from benchmarks.processes import bar, in_turn, ours, told
from limner.safely import write_text

SLICES, SIDE, MOST = 300, 512, 1.0
CODINGS = ("plain", "jpeg-ls")
OURS = """
import sys
from limner.read import open_image
samples = open_image(sys.argv[1]).whole()
"""
THEIRS = """
import sys
import SimpleITK as sitk
sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
reader = sitk.ImageSeriesReader()
reader.SetFileNames(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(sys.argv[1]))
image = reader.Execute()
samples = sitk.GetArrayViewFromImage(image)
"""
SHOWN = """
import json
flat = samples.astype("int64").ravel()
told = [int(flat.sum()), int(flat[12345]), int(flat[::1009].sum()), str(samples.dtype)]
print(json.dumps(told))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "open_series.json")
    parser.add_argument("--only", choices=CODINGS, help="one of the two series")
    asked = parser.parse_args()
    series, bars = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for name in [asked.only] if asked.only else CODINGS:
            path = Path(folder) / name
            written = make(path, name)
            series[name] = {"slices": written, **compare(path, runs=asked.runs)}
            ratio = series[name]["ratio_of_seconds"]
            bars[f"{name}, seconds over SimpleITK's"] = bar(ratio, MOST, "ratio")
            for what in ("seconds", "processor", "memory"):
                print(f"{name}: {series[name][f'ratio_of_{what}']} of SimpleITK's {what}")
    command = f"python -m benchmarks.open_series --runs {asked.runs}"
    command += f" --only {asked.only}" if asked.only else ""
    found = {"command": command, **stamp(), "bars": bars}
    write_text(json.dumps({**found, "series": series}, indent=1) + "\n", asked.out)


def compare(path, *, runs):
    """Both readers in turn, and that they read the same numbers."""
    words = {"limner": ours("-c", OURS, str(path)), "SimpleITK": ours("-c", THEIRS, str(path))}
    *mine, kind = told(ours("-c", OURS + SHOWN, str(path)))
    *others, other_kind = told(ours("-c", THEIRS + SHOWN, str(path)))
    if mine != others:
        raise RuntimeError(f"The two readers differ in '{path.name}': {mine} and {others}.")
    seen = in_turn(words, runs=runs)
    one, two = seen["limner"], seen["SimpleITK"]
    return {
        "ratio_of_seconds": round(one["seconds"] / two["seconds"], 3),
        "ratio_of_processor": round(one["cpu_seconds"] / two["cpu_seconds"], 3),
        "ratio_of_memory": round(one["peak_mb"] / two["peak_mb"], 3),
        "types": {"limner": kind, "SimpleITK": other_kind},
        "processes": seen,
    }


def make(folder, coding):
    """Write a series; returns how many slices it has."""
    import pydicom
    from pydicom.data import get_testdata_file
    from pydicom.uid import JPEGLSLossless

    folder.mkdir()
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm", download=False))
    del dataset.DataSetTrailingPadding
    dataset.Rows = dataset.Columns = SIDE
    dataset.PixelSpacing = [0.7, 0.7]
    rng = np.random.default_rng(7)
    ramp = np.add.outer(np.arange(SIDE), np.arange(SIDE))
    for number in range(SLICES):
        noise = rng.integers(0, 20, (SIDE, SIDE))
        dataset.SOPInstanceUID = f"1.2.3.{number + 1}"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.InstanceNumber = number + 1
        dataset.ImagePositionPatient = [-100, -100, 1.25 * number]
        samples = ((ramp + 3 * number) % 2000 + noise).astype(np.int16)
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        dataset.PixelData = samples.tobytes()
        dataset["PixelData"].is_undefined_length = False
        if coding != "plain":
            dataset.compress(JPEGLSLossless, generate_instance_uid=False)
        dataset.save_as(folder / f"{rng.integers(1 << 40):012x}")
    return SLICES


if __name__ == "__main__":
    main()
