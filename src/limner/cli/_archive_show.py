"""What an archive answered, for people and as JSON."""

import json
from collections.abc import Sequence

from limner.archive.query import Found, harmless
from limner.cli._show import table

COLUMNS = {
    "study": {
        "date": "study_date",
        "patient": "patient_id",
        "name": "patient_name",
        "modalities": "modalities",
        "instances": "study_instances",
        "description": "study_description",
        "study": "study",
    },
    "series": {
        "date": "study_date",
        "patient": "patient_id",
        "modality": "modality",
        "number": "series_number",
        "instances": "series_instances",
        "description": "series_description",
        "series": "series",
    },
    "instance": {"number": "instance_number", "class": "sop_class", "instance": "instance"},
}


def as_table(answers: Sequence[Found], level: str) -> str:
    """One line an answer; columns that none of them fills are left out."""
    if not answers:
        return f"Nothing matches. (Asked for: {level}; see --level.)"
    kept = {
        head: name
        for head, name in COLUMNS[level].items()
        if any(each.get(name) for each in answers)
    }
    rows = [[_shown(each.get(name, "")) for name in kept.values()] for each in answers]
    return table(list(kept), rows)


def to_json(answers: Sequence[Found]) -> str:
    """All that was answered; counts stay the texts that they are in DICOM."""
    return json.dumps([dict(each) for each in answers], indent=2, ensure_ascii=False)


def named_archives() -> str:
    """A line for each named archive, or how to name one."""
    from limner.archive.named import named, place

    found = named()
    if not found:
        return (
            f"No archive has a name. Write '{place()}' as in "
            "docs/how-to/use-an-archive.md, or give addresses."
        )
    rows = [
        (name, each.url, each.me if each.way == "dimse" else "–") for name, each in found.items()
    ]
    return f"{table(('archive', 'address', 'known as'), rows)}\n\nfrom {place()}"


def _shown(value: str) -> str:
    """On one line, whatever an archive answers; a dash for nothing."""
    return harmless(value.replace("\\", ", ")) or "–"
