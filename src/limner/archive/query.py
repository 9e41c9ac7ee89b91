"""What an archive is asked for, and what it answers, in words of our own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Level = Literal["study", "series", "instance"]
Found: TypeAlias = Mapping[str, str]  # one study, series or instance: our names and their values

# Our names and DICOM's keywords, level by level (PS3.4 tables C.6-1 to C.6-4 and PS3.18 10.6.3).
FIELDS: dict[Level, dict[str, str]] = {
    "study": {
        "study": "StudyInstanceUID",
        "patient_id": "PatientID",
        "patient_name": "PatientName",
        "study_date": "StudyDate",
        "study_time": "StudyTime",
        "accession": "AccessionNumber",
        "study_description": "StudyDescription",
        "modalities": "ModalitiesInStudy",
        "study_instances": "NumberOfStudyRelatedInstances",
    },
    "series": {
        "study": "StudyInstanceUID",
        "series": "SeriesInstanceUID",
        "modality": "Modality",
        "series_number": "SeriesNumber",
        "series_description": "SeriesDescription",
        "series_instances": "NumberOfSeriesRelatedInstances",
    },
    "instance": {
        "study": "StudyInstanceUID",
        "series": "SeriesInstanceUID",
        "instance": "SOPInstanceUID",
        "sop_class": "SOPClassUID",
        "instance_number": "InstanceNumber",
    },
}
KEYWORDS = {name: keyword for names in FIELDS.values() for name, keyword in names.items()}
UIDS = ("study", "series", "instance")
LIMIT = 200


@dataclass(frozen=True)
class Query:
    """What must match. Text may hold `*` and `?`; dates are YYYYMMDD, or two with a dash.

    keys    our names and what each must be
    limit   most answers
    """

    level: Level
    keys: tuple[tuple[str, str], ...] = ()
    limit: int = LIMIT

    def __getitem__(self, name: str) -> str:
        return dict(self.keys).get(name, "")

    def at(self, level: Level, **keys: str) -> "Query":
        """The same question at another level; only what that level knows is asked there."""
        asked = {**dict(self.keys), **keys}
        if level == "study" and "modality" in asked:
            asked.setdefault("modalities", asked["modality"])
        known = tuple((name, value) for name, value in asked.items() if name in FIELDS[level])
        return replace(self, level=level, keys=known)


def harmless(text: str) -> str:
    """A server's words on one line, without what would steer a terminal."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
