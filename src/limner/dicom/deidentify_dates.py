"""Dates and times shifted by whole days, so that what lies between them stays.

Source   PS3.15 E.3.6 (Retain Longitudinal Temporal Information With Modified Dates) leaves the
         way to the program; PS3.5 section 6.2 (DA, TM, DT).
Differs  whole days, as The Cancer Imaging Archive does it: times of day stay, because decay
         between injection and scan is counted from times that stand without a date.
"""

import re
from datetime import date, datetime, timedelta, timezone

DATE = re.compile(r"(\d{4})(?:(\.?)(\d\d)(?:\2(\d\d))?)?$")  # with dots: ACR-NEMA 2
TIME = re.compile(r"(\d\d)(?:(:?)(\d\d)(?:\2(\d\d)(?:\.\d{1,6})?)?)?$")
MOMENT = re.compile(r"(\d{4,14})(\.\d{1,6})?([+-]\d{4})?$")
MIDDLE = (6, 15)  # month and day that stand for a year or a month of which no more is said


def shifted_date(text: str, days: int) -> str:
    """A date so many days on, as exact as it was (YYYY, YYYYMM); "" for what is no date."""
    found = DATE.match(text.strip())
    if found is None:
        return ""
    year, _, month, day = found.groups()
    try:
        then = date(int(year), int(month or MIDDLE[0]), int(day or MIDDLE[1]))
        moved = then + timedelta(days=days)
    except (ValueError, OverflowError):
        return ""
    return f"{moved:%Y%m%d}".rjust(8, "0")[: 4 + 2 * bool(month) + 2 * bool(day)]


def kept_time(text: str) -> str:
    """A time of day as it is; "" for what is none."""
    found = TIME.match(text.strip())
    if found is None:
        return ""
    hour, _, minute, second = found.groups()
    right = int(hour) < 24 and int(minute or 0) < 60 and int(second or 0) <= 60
    return text.strip() if right else ""


def shifted_moment(text: str, days: int, zone: str = "") -> str:
    """A date with a time so many days on, as exact as it was; "" for what is none.

    zone   the file's Timezone Offset From UTC. A moment that names another one is first
           counted in that; the zone itself, which tells a place, is left out
    """
    found = MOMENT.match(text.strip())
    if found is None:
        return ""
    digits, fraction, offset = found.group(1), found.group(2) or "", found.group(3)
    if len(digits) % 2 or (fraction and len(digits) < 14):
        return ""
    if offset and zone and len(digits) >= 10:
        digits = _in_zone(digits, offset, zone)
    day, time = shifted_date(digits[:8], days), digits[8:]
    if not day or (time and not kept_time(time)):
        return ""
    return day + time + fraction


def _in_zone(digits: str, offset: str, zone: str) -> str:
    """The same moment by the clocks of a zone; "" where a part of it is out of its range."""
    whole = digits.ljust(14, "0")
    try:
        there = datetime.strptime(whole + offset, "%Y%m%d%H%M%S%z")
        here = there.astimezone(_zone(zone))
    except (ValueError, OverflowError):
        return ""
    return f"{here:%Y%m%d%H%M%S}".rjust(14, "0")[: len(digits)]


def _zone(text: str) -> timezone:
    told = datetime.strptime(text.strip(), "%z").utcoffset()
    return timezone(told or timedelta())
