"""What is odd about a series: its kind, the sentence that says it, and what a person can do.

The sentence says what was found and what is done about it. The advice is for the person, and
stands here once for every kind, so that `limner dicom --explain` has one for each.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is odd.

    kind    a key of ADVICE: what the table and the JSON of `limner dicom` call it
    text    what was found, with its numbers, and what is done about it
    count   of the slices, copies or files; 0 where there is nothing to count
    """

    kind: str
    text: str
    count: int = 0

    @property
    def advice(self) -> str:
        """What to do; "" where the text says it already."""
        return ADVICE[self.kind]


def texts(problems: tuple[Problem, ...] | list[Problem]) -> tuple[str, ...]:
    """The sentences alone."""
    return tuple(each.text for each in problems)


CHOOSE = "Choose the part that you mean by its number."
ADVICE = {
    "unreadable": "",  # these sentences say themselves what to do
    "no image": "",
    "mixed patients": "",
    "several patients": (
        "Check that they belong together before you go on; what is written is of one patient."
    ),
    "two names": "Ask the archive whether two people were given one id, or one changed names.",
    "duplicates": "Nothing has to be done. Delete the copies if other programs stumble over them.",
    "missing slices": (
        "Fetch the series again. If the slices were never taken, do not report what an outline "
        "covers on the filled ones."
    ),
    "rounded steps": "Nothing has to be done.",
    "uneven spacing": (
        "Outline as usual, and write a DICOM SEG (.seg.dcm): it goes back onto the slices that "
        "were measured, and says by how much it moved."
    ),
    "gantry tilt": (
        "Nothing has to be done: .seg.dcm, .nii.gz and .nrrd hold the tilt. Formats that cannot "
        "will say so."
    ),
    "mixed sizes": CHOOSE,
    "mixed kinds": CHOOSE,
    "mixed spacings": CHOOSE,
    "mixed orientations": CHOOSE,
    "mixed contrasts": CHOOSE,
    "gap": CHOOSE,
    "several times": "Choose one with --frame, counted from 0.",
    "incomplete times": "Fetch the series again if the other times matter.",
    "no thickness": "Report areas and diameters of a single slice, not volumes.",
    "without samples": "Nothing has to be done, unless you miss pictures: then fetch it again.",
    "strays": "Nothing has to be done if those files are not of the scan.",
    "damaged files": "Fetch them again before you trust the series beside them.",
    "scan not here": "Fetch those images into the same folder, or give them with --image.",
    "absent images": "Fetch the whole series; what was outlined on those images cannot be shown.",
    "lost files": "Copy the whole disc, or open the folder instead of the DICOMDIR.",
    "passed over": "Choose one of them by its number if you mean it.",
    "detector scale": (
        "Do not report lengths as those of the patient: what lies off the detector is magnified."
    ),
    "calibrated": "Check who calibrated it, and on what, before you report lengths.",
    "scales": ("Outline within one region. A length across regions of different scale is refused."),
    "unplaced": "Lengths in the plane hold. It cannot be laid beside another series.",
    "turned over": "Nothing has to be done.",
    "lossy": "Think twice before you report what is as small as the blocks of the compression.",
    "burned in": (
        "Look at the pixels before you give the file away: taking names out of the header does "
        "not take them out of the picture."
    ),
    "no rescale": "Check that air is near -1000 before you believe the values.",
    "no SUV": ("Ask for the series with these attributes, or report the activity and not the SUV."),
}
