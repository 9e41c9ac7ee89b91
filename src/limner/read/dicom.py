"""DICOM: a folder, a zip, a single file or a DICOMDIR becomes an Image.

The folder is read by what the files say, never by their names. What was odd is in
`source.problems`, one sentence each; what cannot be understood is refused in one.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from limner.image import Image

if TYPE_CHECKING:
    from limner.dicom.series import Found, SeriesReport

HOLDS_SERIES = True


def claims(path: Path) -> bool:
    """Whether there is a DICOM file at the path, or one that its name promises."""
    from limner.dicom.places import holds_dicom

    return holds_dicom(path)


def read(path: Path, *, series: str | None = None) -> Image:
    """The image of one series.

    series   its number in the list of `survey`, its UID, or rules as `dicom.pick` has them;
             None where there is only one (localisers and reports beside it do not count)

    Raises UnreadableFile, SeveralSeries with the list, and BadValue for a series that is
    not there.
    """
    from limner.dicom.picture import picture

    image = picture(_chosen(path, series))
    folder = str(path if path.is_dir() else path.parent)
    return replace(image, source=replace(image.source, folder=folder))


def _chosen(path: Path, series: str | None) -> "Found":
    from limner.dicom.series import choose

    if series is None or not any(each.isalpha() for each in series):
        return choose(path, series)
    from limner.dicom.pick import pick

    return pick(path, series)


def survey(path: Path) -> "list[SeriesReport]":
    """What lies at the path: one entry for each series, with what is odd about it."""
    from limner.dicom.series import survey as listed

    return listed(path)
