"""A study of 1,000 instances explained by `limner dicom --explain`, from a cold process.

    python -m benchmarks.dicom_study          writes results/dicom_study.json

One patient, one visit, as a scanner sends it: two scouts, a CT of the trunk in thick and in
thin slices (one missing, one sent twice), an uneven CT, a tilted CT of the head, four phases of
a heart, a diffusion MR, a PET, and an ultrasound clip; images of 512 x 512 and 256 x 256, headers
of pydicom's CT_small.dcm (258 elements). The files are new to the process but not to the disk's
cache. On a machine that is doing other work believe the processor seconds.
"""

import argparse
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.machine import ROOT, stamp
from benchmarks.processes import bar, ours, summary, timed
from limner.safely import write_text

MOST_S = 5.0
RUN = "from limner.cli import main; import sys; main(['dicom', sys.argv[1], '--explain'])"
LIST = "from limner.cli import main; import sys; main(['dicom', sys.argv[1], '--json'])"


@dataclass(frozen=True)
class Series:
    """What is written of one series: where its slices lie, and what its headers say."""

    name: str
    heights: tuple[float, ...]
    side: int = 512
    tilt: float = 0.0
    told: dict = field(default_factory=dict)


def even(count, step):
    return tuple(step * k for k in range(count))


SCOUT = {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}
MR = {"Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}
PET = {"Modality": "PT", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.128", "Units": "BQML"}
US = {"Modality": "US", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.3.1", "NumberOfFrames": 30}
STUDY = (
    Series("Scout", even(2, 300.0), told=SCOUT),
    Series("Trunk 5.0", even(80, 5.0)),
    Series("Trunk 1.25", (*even(300, 1.25)[:150], *even(301, 1.25)[151:], 0.0)),
    Series("Uneven", tuple(np.cumsum([2.5, 2.5, 2.5, 4.0] * 15).tolist())),
    Series("Head tilted", even(40, 5.0), tilt=1.2),
    *(Series(f"Heart {k}", even(60, 2.0), told={"TriggerTime": 100.0 * k}) for k in range(4)),
    Series("DWI", even(40, 4.0), side=256, told=MR | {"DiffusionBValue": 800.0}),
    Series("PET", even(236, 3.3), side=256, told=PET),
    Series("Clip", (0.0,), side=256, told=US),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "dicom_study.json")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        count = make(Path(folder))
        size = sum(each.stat().st_size for each in Path(folder).rglob("*.dcm"))
        runs = [timed(ours("-c", RUN, folder)) for _ in range(asked.runs + 1)][1:]
        series = listed(folder)
    seen = summary(runs)
    bars = {
        "seconds to explain 1,000 instances": bar(seen["seconds"], MOST_S, "s"),
        "processor seconds for the same": bar(seen["cpu_seconds"], MOST_S, "s"),
    }
    found = {"command": f"python -m benchmarks.dicom_study --runs {asked.runs}", **stamp()}
    told = {"instances": count, "megabytes": round(size / 1e6), "series": series}
    write_text(
        json.dumps({**found, "bars": bars, **told, "process": seen}, indent=1) + "\n", asked.out
    )
    print(f"{count} instances, {size / 1e6:.0f} MB")
    print(f"{seen['seconds']} s, {seen['cpu_seconds']} s of the processor")


def listed(folder):
    """What the command said of each series, so that the figure is that of the right answer."""
    import subprocess

    words = ours("-c", LIST, folder)
    told = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    return [
        [s["description"], s["opens_as"], s["size"], [p["kind"] for p in s["problems"]]]
        for p in told["patients"]
        for v in p["studies"]
        for s in v["series"]
    ]


def make(folder):
    """Write the study; returns how many instances it has."""
    import pydicom
    from pydicom.data import get_testdata_file

    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm", download=False))
    del dataset.DataSetTrailingPadding
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    rng = np.random.default_rng(7)
    written = 0
    for number, series in enumerate(STUDY, start=1):
        written += write(folder, dataset, series, number=number, rng=rng)
    return written


def write(folder, dataset, series, *, number, rng):
    from copy import deepcopy

    own = deepcopy(dataset)
    for keyword, value in series.told.items():
        setattr(own, keyword, value)
    heart = series.name.startswith("Heart")
    own.SeriesDescription = "Heart" if heart else series.name
    own.SeriesNumber = 6 if heart else number
    own.SeriesInstanceUID = f"1.2.3.{own.SeriesNumber}"
    own.Rows = own.Columns = series.side
    own.PixelSpacing = [0.7, 0.7]
    frames = int(series.told.get("NumberOfFrames", 1))
    one = rng.integers(0, 2000, (series.side, series.side)).astype(np.int16)
    own.PixelData = one.tobytes() * frames
    own["PixelData"].is_undefined_length = False
    for k, height in enumerate(series.heights):
        own.SOPInstanceUID = own.file_meta.MediaStorageSOPInstanceUID = f"1.2.4.{number}.{k}"
        own.file_meta.MediaStorageSOPClassUID = own.SOPClassUID
        own.InstanceNumber = k + 1
        own.ImagePositionPatient = [-100, -100 + series.tilt * k, height]
        if frames > 1:
            del own.ImagePositionPatient, own.ImageOrientationPatient
        own.save_as(folder / f"{number:02d}-{rng.integers(1 << 40):012x}.dcm")
    return len(series.heights)


if __name__ == "__main__":
    main()
