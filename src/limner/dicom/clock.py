"""DICOM's dates and times as seconds that can be subtracted."""

import re
from datetime import UTC, datetime, timedelta

DATE = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")
TIME = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2})?(?:\.(\d{1,6}))?")
ZONE = re.compile(r"([+-])(\d{2})(\d{2})$")


def moment(date: str, time: str) -> datetime | None:
    """A DA and a TM value as one moment; None where either cannot be read.

    >>> moment("20240229", "235959.5")
    datetime.datetime(2024, 2, 29, 23, 59, 59, 500000, tzinfo=datetime.timezone.utc)
    """
    day, clock = DATE.fullmatch(date.strip()), TIME.fullmatch(time.strip())
    if day is None or clock is None:
        return None
    hour, minute, second, part = (clock.group(k) or "0" for k in (1, 2, 3, 4))
    try:
        start = datetime(int(day[1]), int(day[2]), int(day[3]), tzinfo=UTC)
    except ValueError:
        return None
    # A leap second, 60, is within what DICOM allows.
    return start + timedelta(
        hours=int(hour),
        minutes=int(minute),
        seconds=int(second),
        microseconds=int(part.ljust(6, "0")),
    )


def instant(value: str) -> datetime | None:
    """A DT value (date, time and perhaps a zone) as a moment; without a zone, local as UTC.

    >>> instant("20240101120000+0200").hour
    10
    """
    zone = ZONE.search(value.strip())
    plain = value.strip()[: zone.start()] if zone else value.strip()
    found = moment(plain[:8], plain[8:] or "00")
    if found is None or zone is None:
        return found
    ahead = timedelta(hours=int(zone[2]), minutes=int(zone[3]))
    return found - ahead if zone[1] == "+" else found + ahead


def seconds_of(value: str) -> float | None:
    """A TM or DT value as seconds from some fixed moment; None where it cannot be read."""
    found = instant(value) if len(value.partition(".")[0]) >= 8 else moment("20000101", value)
    return None if found is None else found.timestamp()
