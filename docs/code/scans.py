"""Put the scans that the pages speak of into this folder; all come with installed packages."""

import shutil
import zipfile
from io import BytesIO
from pathlib import Path

import pydicom
import skimage
from pydicom.data import get_testdata_file

ct = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
ct.save_as("ct.dcm")

# One real slice, laid four times above itself: a series to walk through.
Path("ct").mkdir(exist_ok=True)
x, y, z = (float(each) for each in ct.ImagePositionPatient)
for number in range(4):
    ct.ImagePositionPatient = [x, y, z + 5 * number]
    ct.SOPInstanceUID = ct.file_meta.MediaStorageSOPInstanceUID = f"2.25.{1000 + number}"
    ct.InstanceNumber = number + 1
    ct.save_as(f"ct/{9 - number}.dcm")

# A study as it comes on a disc: that series, a longer one with a slice missing, and an MR.
with zipfile.ZipFile("study.zip", "w") as study:
    for path in sorted(Path("ct").iterdir()):
        study.write(path, f"disc/a/{path.name}")
    ct.SeriesInstanceUID, ct.SeriesNumber, ct.SeriesDescription = "2.25.2000", 2, "Thin"
    for number in (0, 1, 2, 4, 5, 6):
        ct.ImagePositionPatient = [x, y, z + 2.5 * number]
        ct.SOPInstanceUID = ct.file_meta.MediaStorageSOPInstanceUID = f"2.25.{2000 + number}"
        written = BytesIO()
        ct.save_as(written)
        study.writestr(f"disc/b/{number}", written.getvalue())
    study.write(get_testdata_file("MR_small.dcm"), "disc/c/1")

pictures = Path(skimage.__file__).parent / "data"
for name in ("cell.png", "ihc.png", "retina.jpg"):
    shutil.copy(pictures / name, name)
