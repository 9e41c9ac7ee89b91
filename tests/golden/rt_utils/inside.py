"""What rt-utils makes and sees; run by `make.py` in an environment of its own.

inside.py FOLDER    FOLDER has scan/, masks.npz (name -> rows, columns, slices), ours.dcm
"""

import sys
from pathlib import Path

import numpy as np
from rt_utils import RTStructBuilder

folder = Path(sys.argv[1])
masks = np.load(folder / "masks.npz")
made = RTStructBuilder.create_new(dicom_series_path=str(folder / "scan"))
pinned = RTStructBuilder.create_new(dicom_series_path=str(folder / "scan"))
for name in masks.files:
    made.add_roi(mask=masks[name], name=name, approximate_contours=False)
    pinned.add_roi(mask=masks[name], name=name, approximate_contours=False, use_pin_hole=True)
made.save(str(folder / "theirs"))
pinned.save(str(folder / "pinned"))
seen = {}
for file in ("ours", "ours_xor", "theirs"):
    opened = RTStructBuilder.create_from(
        dicom_series_path=str(folder / "scan"), rt_struct_path=str(folder / f"{file}.dcm")
    )
    for name in masks.files:
        seen[f"{file}/{name}"] = opened.get_roi_mask_by_name(name)
np.savez_compressed(folder / "seen.npz", **seen)
