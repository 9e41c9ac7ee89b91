"""Put the scans that the pages speak of into this folder; all come with installed packages."""

import shutil
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

pictures = Path(skimage.__file__).parent / "data"
for name in ("cell.png", "ihc.png", "retina.jpg"):
    shutil.copy(pictures / name, name)
