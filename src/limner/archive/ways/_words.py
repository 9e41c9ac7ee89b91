"""DICOM's keywords and ours, and the values that a network answers."""

from collections.abc import Mapping

from limner.archive.query import FIELDS, Found, Level


def ours(level: Level, values: Mapping[str, str]) -> Found:
    """What was answered under DICOM's keywords, under our names; without empty values."""
    names = FIELDS[level]
    found = {name: values.get(keyword, "").strip(" \0") for name, keyword in names.items()}
    return {name: value for name, value in found.items() if value}
