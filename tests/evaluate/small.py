"""Shared data in little, for the tests of the scoreboard and of its verb."""

import json

import numpy as np
from PIL import Image as Picture


def made(folder):
    """A set of six pictures, two squares of one label in each; five pictures are `choose`."""
    home = folder / "dev" / "squares"
    for name in ("images", "masks"):
        (home / name).mkdir(parents=True)
    listed = []
    for number in range(6):
        labels = np.zeros((30, 40), np.uint8)
        labels[2:8, 3:9] = 1
        labels[12:22, 20:30] = 1
        Picture.fromarray(labels * 200).save(home / "images" / f"{number}.png")
        Picture.fromarray(labels).save(home / "masks" / f"{number}.png")
        for component, area in (([2, 3, 8, 9], 36), ([12, 20, 22, 30], 100)):
            listed.append(
                {
                    "set": "squares",
                    "role": "dev",
                    "image": f"images/{number}.png",
                    "mask": f"masks/{number}.png",
                    "axis": None,
                    "slice": None,
                    "label": 1,
                    "component": component,
                    "area": area,
                    "thin": False,
                    "part": "choose" if number < 5 else "report",
                }
            )
    (folder / "objects.json").write_text(json.dumps({"unit": "", "objects": listed}))
    sets = [{"name": "squares", "modality": "chest X-ray"}]
    (folder / "manifest.json").write_text(json.dumps({"sets": sets}))
    return folder
