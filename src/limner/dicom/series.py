"""Which series lie at a path, what each is, and what is odd about it.

`survey` lists them; `choose` gives the one that is meant.
"""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from limner.dicom.coding import DEFLATED, Coding, coding
from limner.dicom.decode import stored_frame
from limner.dicom.frames import frame_count, frames
from limner.dicom.gathered import Gathered, gathered
from limner.dicom.headers import Header, number, quietly, text
from limner.dicom.layout import Layout, arrange
from limner.dicom.problems import Problem, texts
from limner.dicom.stacks import Stack, stacks
from limner.errors import BadValue, LimnerError, SeveralSeries, UnreadableFile

# Objects that carry samples but are no picture of the patient.
NOT_PICTURES = {
    "SEG": "a segmentation, not an image; give it where a mask is wanted",
    "RTSTRUCT": "a set of contours, not an image; give the series that it was drawn on",
    "SR": "a report without an image",
    "PR": "a presentation state: how to show another image, not an image",
    "KO": "a list of key images, not an image; give the series that it points to",
    "RTPLAN": "a treatment plan without an image",
    "REG": "a registration without an image",
    "ECG": "a waveform without an image",
    "DOC": "a document without an image",
    "SM": "a whole-slide image, which is read by another reader that is not here yet",
}


UNREAD = {"damaged files", "lost files"}


@dataclass(frozen=True)
class SeriesReport:
    """What `limner info` says of one entry of the list.

    number       in the list, from 1: what `--series` takes
    uid          Series Instance UID; entries that were split from one series share it
    modality     DICOM's code
    patient      Patient ID, to see that two people share a folder
    size         (times, slices, rows, columns); zeros where it is not an image
    files        how many
    image        whether it opens as an image
    localiser    whether it is a scout: it is only opened when asked for
    noted        what is odd about it
    """

    number: int
    uid: str
    series_number: str
    description: str
    modality: str
    patient: str
    size: tuple[int, int, int, int]
    files: int
    image: bool
    localiser: bool = False
    noted: tuple[Problem, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """What is odd, one sentence each."""
        return texts(self.noted)

    def to_json(self) -> dict[str, Any]:
        """Its fields; what is odd as `problems`, one sentence each."""
        told = asdict(self)
        del told["noted"]
        return told | {"problems": list(self.problems)}

    def line(self) -> str:
        """One line of a list for people.

        >>> report = SeriesReport(2, "1.2", "5", "Thorax", "CT", "P1", (1, 90, 512, 512), 90, True)
        >>> report.line()
        '2: CT, 90 slices of 512 x 512, Thorax'
        """
        times, slices, rows, columns = self.size
        parts = [self.modality or "no modality"]
        if self.size[1]:
            some = f"{slices} slices of " if slices > 1 else ""
            moving = f"{times} times, " if times > 1 else ""
            parts.append(f"{moving}{some}{rows} x {columns}")
        parts += [self.description] if self.description else []
        parts += ["localiser"] if self.localiser else []
        parts += [] if self.image else ["does not open"]
        return f"{self.number}: {', '.join(parts)}"


@dataclass(frozen=True, eq=False)
class Found:
    """One entry of the list with all that is needed to open it."""

    report: SeriesReport
    headers: list[Header]
    codings: dict[int, Coding] = field(default_factory=dict)
    stack: Stack | None = None
    layout: Layout | None = None


def survey(path: Path) -> list[SeriesReport]:
    """Every series at the path, in the order of patient, study date and series number.

    Raises UnreadableFile where nothing at the path is DICOM.
    """
    return [found.report for found in find(path)]


def choose(path: Path, wanted: str | None = None) -> Found:
    """The series that is meant: the only one, or the one with that number or UID.

    Localisers and objects without an image are passed over unless they are asked for; so
    are files that could not be read, which is said. Raises SeveralSeries with the list where
    there are several, BadValue where the wanted one is not there, UnreadableFile where the
    one that is meant cannot be opened, or a file of an unknown series is damaged or lost.
    """
    there = look(path)
    if wanted is not None:
        return opened(_wanted(there.found, wanted))
    unread = [each.text for each in there.said if each.kind in UNREAD]
    if unread:
        raise UnreadableFile(unread[0])
    return opened(_meant(path, there.found))


def _meant(path: Path, every: list[Found]) -> Found:
    images = [found for found in every if found.stack is not None]
    chosen = [found for found in images if not found.report.localiser] or images
    if not chosen:
        return every[0]
    if len(chosen) == 1:
        return _with_passed(chosen[0], every)
    openable = [found for found in chosen if found.report.image]
    if not openable:
        return chosen[0]
    listed = "\n".join(f"  {found.report.line()}" for found in images)
    people = {found.report.patient for found in images}
    mixed = f" of {len(people)} patients" if len(people) > 1 else ""
    raise SeveralSeries(
        f"There are {len(images)} series{mixed} in '{path.name}':\n{listed}\n"
        "Choose one by its number or its UID, for example: --series 1"
    )


@dataclass(frozen=True, eq=False)
class Looked:
    """Every series at a path, and what else is to be said of the path.

    said    of files that are damaged, lost or no DICOM: any series may lack them, so every
            series says it too
    """

    found: list[Found]
    said: tuple[Problem, ...] = ()


def find(path: Path) -> list[Found]:
    """Every series at the path, each with its stack and layout."""
    return look(path).found


def look(path: Path) -> Looked:
    """Every series at the path, and the files that could not be read.

    Raises UnreadableFile where nothing at the path is DICOM, or nothing could be read.
    """
    there = gathered(path)
    by_series: dict[tuple[str, str], list[Header]] = {}
    with quietly():
        for each in sorted(there.headers, key=_order):
            uid = text(each.dataset, "SeriesInstanceUID")
            key = (uid, "") if uid else ("", str(each.place.path.parent))
            by_series.setdefault(key, []).append(each)
        found: list[Found] = []
        for group in by_series.values():
            found += _entries(group, len(found) + 1)
    of_all = (*_unread(path, there), *_strays(there))
    for said in of_all:
        found = [_saying(each, said) for each in found]
    return Looked(found, of_all)


def _unread(path: Path, there: Gathered) -> tuple[Problem, ...]:
    """What is said of files that may belong to any of the series."""
    found = []
    if there.damaged:
        more = len(there.damaged) - 1
        others = f" {more} more cannot be read either." if more else ""
        said = f"A file in '{path.name}' cannot be read: {there.damaged[0]}{others}"
        found.append(Problem("damaged files", said, len(there.damaged)))
    if there.lost:
        found.append(
            Problem(
                "lost files",
                f"The DICOMDIR lists {len(there.lost) + len(there.headers)} files, of which "
                f"{len(there.lost)} are not there (the first is '{there.lost[0]}').",
                len(there.lost),
            )
        )
    return tuple(found)


def _strays(there: Gathered) -> tuple[Problem, ...]:
    if not there.strays:
        return ()
    said = (
        f"{len(there.strays)} of the files are called DICOM but are not (first "
        f"'{there.strays[0]}'); they are left out."
    )
    return (Problem("strays", said, len(there.strays)),)


def _saying(found: Found, said: Problem) -> Found:
    report = replace(found.report, noted=(*found.report.noted, said))
    return replace(found, report=report)


def _order(told: Header) -> tuple[str, str, float, str, str]:
    dataset = told.dataset
    return (
        text(dataset, "PatientID"),
        text(dataset, "StudyDate"),
        number(dataset, "SeriesNumber", 0.0) or 0.0,
        text(dataset, "SeriesInstanceUID"),
        text(dataset, "SOPInstanceUID"),
    )


def _entries(group: list[Header], first: int) -> list[Found]:
    """The stacks of the files of one series, numbered from `first`."""
    dataset = group[0].dataset
    modality = text(dataset, "Modality")
    if modality in NOT_PICTURES or not any(_has_pixels(each) for each in group):
        what = NOT_PICTURES.get(modality) or "an object without samples, not an image"
        said = f"'{group[0].place.name}' is {what}."
        return [Found(_report(group, first, (Problem("no image", said),)), group)]
    problems: list[Problem] = []
    pictures = [each for each in group if _has_pixels(each)]
    if len(pictures) < len(group):
        said = f"{len(group) - len(pictures)} files without samples are left out."
        problems.append(Problem("without samples", said))
    people = {text(each.dataset, "PatientID") for each in group}
    if len(people) > 1:
        said = (
            f"The series holds images of {len(people)} patients ({', '.join(sorted(people)[:3])}), "
            "which cannot be right. Separate the files first."
        )
        return [Found(_report(group, first, (Problem("mixed patients", said),)), group)]
    try:
        codings = {k: coding(each, frame_count(each)) for k, each in enumerate(pictures)}
        every = [frame for k, each in enumerate(pictures) for frame in frames(each, k)]
        parts = stacks(every, lambda f: stored_frame(codings[f.file], f.number - 1).tobytes())
    except LimnerError as error:
        return [Found(_report(group, first, (Problem("unreadable", str(error)),)), group)]
    return [
        replace(_entry(pictures, stack, first + k, problems=problems), codings=codings)
        for k, stack in enumerate(parts)
    ]


def _entry(group: list[Header], stack: Stack, number_in: int, *, problems: list[Problem]) -> Found:
    said = (*problems, *stack.problems)
    rows, columns = stack.frames[0].size
    try:
        layout = arrange(stack.frames)
    except UnreadableFile as error:
        size = (1, len(stack.frames), rows, columns)
        report = _report(group, number_in, (*said, Problem("unreadable", str(error))), size=size)
        return Found(replace(report, image=False), group, stack=stack)
    size = (len(layout.cells), len(layout.cells[0]), rows, columns)
    files = len({frame.file for frame in stack.frames})
    report = _report(group, number_in, (*said, *layout.problems), size=size)
    report = replace(report, localiser=stack.localiser, files=files)
    return Found(report, group, stack=stack, layout=layout)


def _report(
    group: list[Header],
    number_in: int,
    noted: tuple[Problem, ...],
    *,
    size: tuple[int, int, int, int] | None = None,
) -> SeriesReport:
    dataset = group[0].dataset
    return SeriesReport(
        number=number_in,
        uid=text(dataset, "SeriesInstanceUID"),
        series_number=text(dataset, "SeriesNumber"),
        description=text(dataset, "SeriesDescription"),
        modality=text(dataset, "Modality"),
        patient=text(dataset, "PatientID"),
        size=size or (0, 0, 0, 0),
        files=len(group),
        image=size is not None,
        noted=noted,
    )


def _has_pixels(told: Header) -> bool:
    if told.pixels_at >= 0:
        return True
    keys = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
    return any(key in told.dataset for key in keys) or (
        told.syntax == DEFLATED and "Rows" in told.dataset
    )


def _wanted(every: list[Found], wanted: str) -> Found:
    by_uid = [found for found in every if found.report.uid == wanted]
    if len(by_uid) == 1:
        return by_uid[0]
    if wanted.isdecimal() and 1 <= int(wanted) <= len(every):
        return every[int(wanted) - 1]
    listed = "\n".join(f"  {found.report.line()}" for found in every)
    reason = f"holds {len(by_uid)} stacks" if by_uid else "is not there"
    raise BadValue(f"The series '{wanted}' {reason}. Choose by number:\n{listed}")


def _with_passed(found: Found, every: list[Found]) -> Found:
    """The same, saying what else lay there."""
    others = [each for each in every if each is not found]
    if not others:
        return found
    scouts = sum(each.report.localiser for each in others)
    parts = [f"{scouts} localiser{'s' if scouts > 1 else ''}"] if scouts else []
    rest = sorted({each.report.modality or "an object" for each in others if not each.stack})
    parts += [f"{', '.join(rest)} without an image"] if rest else []
    said = f"Also there and passed over: {' and '.join(parts)}."
    return _saying(found, Problem("passed over", said))


def opened(found: Found) -> Found:
    """The same, where it holds an image. Raises UnreadableFile with the reason where not."""
    if found.layout is None:
        reason = found.report.problems[-1] if found.report.problems else "It holds no image."
        raise UnreadableFile(reason)
    return found
