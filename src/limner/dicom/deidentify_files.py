"""Folders of DICOM files de-identified: everything is looked at first, then all or nothing.

    plan = planned(paths, wishes)           raises where a file must not go out as it is
    told = carried_out(plan, folder, key)   writes beside the folder, then gives it its name

Source   PS3.15 E.1.1 and E.2: every instance of a set by one profile, references kept.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limner.dicom.deidentify import clean, patient_of
from limner.dicom.deidentify_key import Key
from limner.dicom.deidentify_pixels import (
    KINDS,
    Masking,
    blank,
    drop_embedded_overlays,
    suspected,
    unmaskable,
)
from limner.dicom.deidentify_streams import drop_comments
from limner.dicom.deidentify_table import table
from limner.dicom.headers import damage, header, quietly, text
from limner.dicom.places import SUFFIXES, Place, looks_like_dicom, places
from limner.errors import BadValue, LimnerError, NotFound, UnreadableFile, UnwritableFile

if TYPE_CHECKING:
    from pydicom import Dataset

ROOT = "1.2.840.10008.5.1.4.1.1."
DIRECTORY = "1.2.840.10008.1.3.10"  # SOP class of a DICOMDIR
# Kinds whose every place for a name is known here: pictures without text, and what is drawn on
# them. A kind that is neither here nor in KINDS stops the run.
PLAIN = {
    "CT": "2 2.1 2.2",
    "MR": "4 4.1 4.3 4.4",
    "PET and nuclear medicine": "5 20 128 128.1 130",
    "X-ray volumes": "13.1.1 13.1.2 13.1.3 13.1.4 13.1.5",
    "tomography of the eye": "77.1.5.4",
    "parametric maps": "30",
    "segmentations": "66.4 66.7",
    "registrations, fiducials, values": "66.1 66.2 66.3 67",
    "radiotherapy": "481.1 481.2 481.3 481.5 481.8",
    "presentation states": "11.1 11.2 11.3 11.4 11.5 11.8 11.12",
    "reports": "88.11 88.22 88.33 88.34 88.35 88.50 88.65 88.67 88.68 88.69 88.71 88.72 88.73",
    "key objects": "88.59",
    "further dose reports": "88.76",
}
# Masks and maps have no text in their samples, and sizes of their own.
DRAWN_ON = {ROOT + ending for ending in ("30", "66.4", "66.7", "481.2")}
KNOWN = {ROOT + each for listed in PLAIN.values() for each in listed.split()} | set(KINDS)
HEADS = ("HEAD", "BRAIN", "SKULL", "FACE", "NECK", "ORBIT", "SINUS", "JAW", "EAR")


@dataclass(frozen=True)
class Wishes:
    """What a run may do beside the profile.

    masking        of one file, by its attributes; an empty one where nothing is masked
    skip_unknown   leave out, and say, what is not understood; else it stops the run
    """

    masking: Callable[[Any], Masking] = field(default=lambda _: Masking())
    skip_unknown: bool = False


@dataclass(frozen=True)
class Job:
    """One file that will be written."""

    place: Place
    masking: Masking


@dataclass(frozen=True)
class Plan:
    """What will be done, and what is left out: the file's name and why."""

    jobs: tuple[Job, ...]
    left_out: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Written:
    """One file that was written.

    file    below the folder
    was     what it was before: path, patient, study, date, instance
    """

    file: str
    kind: str
    syntax: str
    masked: bool
    counts: Mapping[str, int]
    was: Mapping[str, str]


def planned(paths: Sequence[Path], wishes: Wishes) -> Plan:
    """Look at every file. Raises BadValue or UnreadableFile for one that must not go out."""
    table()
    jobs: list[Job] = []
    left: list[tuple[str, str]] = []
    seen: dict[str, str] = {}
    issuers: dict[str, set[str]] = {}
    heads = 0
    left += [(each.name, "is a hidden file") for path in paths for each in _hidden(path)]
    with quietly():
        for place in _found(paths):
            try:
                dataset = _dicom(place)
                if dataset is None:
                    left.append((place.name, "is not DICOM"))
                    continue
                masking = _masking(place, dataset, wishes)
            except _NotCarried as reason:
                left.append((place.name, str(reason)))
                continue
            except LimnerError as error:
                if not wishes.skip_unknown:
                    raise
                left.append((place.name, str(error)))
                continue
            _once(seen, place, text(dataset, "SOPInstanceUID"))
            issuers.setdefault(patient_of(dataset), set()).add(text(dataset, "IssuerOfPatientID"))
            heads += _shows_a_head(dataset)
            jobs.append(Job(place, masking))
    _one_issuer(issuers)
    if not jobs:
        raise UnreadableFile("There is no DICOM file to de-identify. Give the scans.")
    remarks = [FACES.format(heads)] if heads else []
    return Plan(tuple(jobs), tuple(left), tuple(remarks))


FACES = (
    "{} files are CT, MR or PET of a head, or do not name the part of the body: a face can be "
    "computed from such a scan, and it is not removed."
)


class _NotCarried(Exception):
    """What is left out of every run: a directory of the old names."""


def _found(paths: Sequence[Path]) -> list[Place]:
    for path in paths:
        if not path.exists():
            raise NotFound(f"There is nothing at '{path}'. Check the name.")
    return [place for path in paths for place in places(path)]


def _hidden(path: Path) -> list[Path]:
    """Files that a listing leaves out: they are not opened."""
    if not path.is_dir():
        return []
    return sorted(each for each in path.rglob(".*") if each.is_file())


def _dicom(place: Place) -> Any:
    """The attributes of a file; None for one that is no DICOM and does not claim to be."""
    if not looks_like_dicom(place):
        if Path(place.name).suffix.lower() in SUFFIXES:
            raise UnreadableFile(
                f"'{place.name}' is called DICOM but is not, or is encrypted. Nothing was "
                "written. Take it away, or say --skip-unknown to leave it out."
            )
        return None
    told = header(place)
    if told.pixels_at >= 0 and told.pixels_at + told.length > place.size:
        raise UnreadableFile(
            f"'{place.name}' ends before its samples do. Nothing was written. Fetch it again, "
            "or say --skip-unknown to leave it out."
        )
    found = told.whole
    if text(found.file_meta, "MediaStorageSOPClassUID") == DIRECTORY:
        raise _NotCarried("is a DICOMDIR, which lists the old names")
    return found


def _masking(place: Place, dataset: Any, wishes: Wishes) -> Masking:
    """How the file is masked. Raises BadValue where it must not go out."""
    from pydicom.uid import UID

    kind = text(dataset, "SOPClassUID")
    if kind not in KNOWN:
        raise BadValue(
            f"'{place.name}' is '{UID(kind).name or 'of no kind'}', and where such a file may "
            "hold names is not known here. Nothing was written. Take it away, or say "
            "--skip-unknown to leave it out."
        )
    if not text(dataset, "SOPInstanceUID"):
        raise BadValue(f"'{place.name}' has no SOP Instance UID. Export it again.")
    masking, reason = wishes.masking(dataset), suspected(dataset)
    if masking and "Rows" in dataset and (reason or (masking.boxes and kind not in DRAWN_ON)):
        if problem := unmaskable(dataset, masking):
            raise BadValue(f"'{place.name}' {problem}. Nothing was written.")
        return masking
    if reason:
        raise BadValue(
            f"'{place.name}' {reason}. Nothing was written. Mask it with --blank, or say "
            "--skip-unknown to leave it out."
        )
    return Masking()


def _once(seen: dict[str, str], place: Place, uid: str) -> None:
    if uid in seen:
        raise BadValue(
            f"'{place.name}' and '{seen[uid]}' are one and the same instance. Nothing was "
            "written. Take one of them away."
        )
    seen[uid] = place.name


def _one_issuer(issuers: Mapping[str, set[str]]) -> None:
    for told in issuers.values():
        if len(told - {""}) > 1:
            raise BadValue(
                "One Patient ID comes from several issuers "
                f"({', '.join(sorted(told - {''}))}), so it may mean several people. "
                "De-identify them one by one, each with a key of its own."
            )


def _shows_a_head(dataset: Any) -> bool:
    if text(dataset, "Modality") not in {"CT", "MR", "PT"}:
        return False
    part = text(dataset, "BodyPartExamined").upper()
    return not part or any(each in part for each in HEADS)


def carried_out(
    plan: Plan, folder: Path, key: Key, *, after: Callable[[Written], None] | None = None
) -> list[Written]:
    """Write every file of a plan, all of them or none.

    folder   new, or empty; holds PATIENT/STUDY/SERIES/INSTANCE.dcm afterwards
    after    called after each file
    Raises UnwritableFile, UnreadableFile, BadValue; the folder is then as it was.
    """
    check_folder(folder)
    try:
        temporary = Path(tempfile.mkdtemp(prefix=".limner-", dir=folder.parent))
    except OSError as error:
        raise UnwritableFile(f"'{folder.parent}' cannot be written: {error.strerror}.") from error
    told = []
    try:
        for job in plan.jobs:
            told.append(_written(job, key, temporary))
            if after is not None:
                after(told[-1])
        if folder.exists():
            folder.rmdir()
        temporary.chmod(0o755)
        temporary.rename(folder)
    except OSError as error:
        if isinstance(error, LimnerError):
            raise
        raise UnwritableFile(
            f"'{folder}' could not be written: {error.strerror or error}. Nothing is left of it; "
            "choose another place or free some space."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return told


def check_folder(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UnwritableFile(f"'{folder}' is there already. Give the name of a new folder.")
    if not folder.parent.is_dir():
        raise UnwritableFile(f"The folder '{folder.parent}' does not exist. Create it first.")


def _written(job: Job, key: Key, folder: Path) -> Written:
    from pydicom.uid import UID

    with quietly():
        dataset = _read(job.place)
        was = {
            "path": str(job.place.path) + (f"!{job.place.member}" if job.place.member else ""),
            "patient": patient_of(dataset),
            "study": text(dataset, "StudyInstanceUID"),
            "study_date": text(dataset, "StudyDate"),
            "instance": text(dataset, "SOPInstanceUID"),
        }
        try:
            counts = _cleaned(dataset, key, job.masking)
            parts = (
                text(dataset, "PatientID"),
                text(dataset, "StudyInstanceUID") or "no study",
                text(dataset, "SeriesInstanceUID") or "no series",
            )
            target = folder.joinpath(*parts, f"{text(dataset, 'SOPInstanceUID')}.dcm")
            target.parent.mkdir(parents=True, exist_ok=True)
            dataset.save_as(target, enforce_file_format=True)
        except damage() as error:
            if isinstance(error, UnwritableFile) or (
                isinstance(error, OSError) and not isinstance(error, LimnerError)
            ):
                raise
            first = (str(error).splitlines() or [""])[0]  # pydicom tells a whole traceback
            said = str(error) if isinstance(error, BadValue) else f"It is damaged: {first}."
            raise BadValue(f"'{job.place.name}': {said} Nothing was written.") from error
        return Written(
            file=target.relative_to(folder).as_posix(),
            kind=UID(text(dataset, "SOPClassUID")).name,
            syntax=UID(text(dataset.file_meta, "TransferSyntaxUID")).name,
            masked=bool(job.masking),
            counts=dict(sorted(counts.items())),
            was=was,
        )


def _cleaned(dataset: "Dataset", key: Key, masking: Masking) -> Counter[str]:
    overlay = drop_embedded_overlays(dataset)
    if masking:
        blank(dataset, masking)
    comments = drop_comments(dataset)
    counts = clean(dataset, key, masked=bool(masking)).counts
    if overlay:
        counts["overlays cleared from the samples"] += 1
    if comments:
        counts["comments cut from compressed samples"] += comments
    return counts


def _read(place: Place) -> "Dataset":
    """The whole file. Raises UnreadableFile."""
    import pydicom

    try:
        with place.open() as file:
            return pydicom.dcmread(file, force=True)
    except damage() as error:
        if isinstance(error, LimnerError):
            raise
        raise UnreadableFile(
            f"'{place.name}' is damaged: {error}. Nothing was written. Fetch it again."
        ) from error
