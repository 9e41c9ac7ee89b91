"""The calibrated regions of an ultrasound picture (PS3.3 C.8.5.5)."""

from limner.dicom.headers import Header, number, value
from limner.image import Region

CENTIMETRES = 3  # Physical Units X/Y Direction (PS3.3 C.8.5.5.1.15)
FORMATS = {1: "2D", 2: "M-mode", 3: "Doppler", 4: "waveform", 5: "graphics"}


def regions(told: Header) -> tuple[Region, ...]:
    """The regions, clipped to the picture; where two lie on each other, the later one counts.

    They are in the order of the file, those with pixels of low priority (bit 0 of their flags)
    before the others.
    """
    rows = int(number(told.dataset, "Rows", 0) or 0)
    columns = int(number(told.dataset, "Columns", 0) or 0)
    found = []
    for each in value(told.dataset, "SequenceOfUltrasoundRegions") or ():
        left, top = number(each, "RegionLocationMinX0"), number(each, "RegionLocationMinY0")
        right, bottom = number(each, "RegionLocationMaxX1"), number(each, "RegionLocationMaxY1")
        if left is None or top is None or right is None or bottom is None:
            continue
        low = (max(0, int(top)), max(0, int(left)))
        high = (min(rows, int(bottom) + 1), min(columns, int(right) + 1))
        if low[0] >= high[0] or low[1] >= high[1]:
            continue
        down, along = number(each, "PhysicalDeltaY", 0.0), number(each, "PhysicalDeltaX", 0.0)
        lengths = (
            number(each, "PhysicalUnitsXDirection") == CENTIMETRES
            and number(each, "PhysicalUnitsYDirection") == CENTIMETRES
        )
        # A delta is negative where the axis runs against the pixels; its size is the same.
        step = (abs(down or 0.0) * 10, abs(along or 0.0) * 10) if lengths else (0.0, 0.0)
        low_priority = bool(int(number(each, "RegionFlags", 0) or 0) & 1)
        kind = FORMATS.get(int(number(each, "RegionSpatialFormat", 0) or 0), "unknown")
        found.append((low_priority, Region(low, high, step, kind)))
    ordered = sorted(found, key=lambda each: not each[0])
    return tuple(region for _, region in ordered)
