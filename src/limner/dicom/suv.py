"""PET activity as standardised uptake value by body weight, where the header allows it.

Source   QIBA, "SUV vendor-neutral pseudo-code", "happy path" and "robust" versions, 2018-06
         (qibawiki.rsna.org/index.php/Standardized_Uptake_Value_(SUV)).
Differs  a dose below 1 MBq is refused as one written in MBq; the Siemens branch for images
         that were made later is taken only where its times are all there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from limner.dicom.clock import instant, moment
from limner.dicom.headers import damage, number, text, value

if TYPE_CHECKING:
    import pydicom

LEAST_BQ = 1e6  # no diagnostic PET dose is below a megabecquerel
INJECTED = "RadiopharmaceuticalStartTime"
LONGEST = timedelta(days=1)  # between injection and scan; more is a wrong date


@dataclass(frozen=True)
class Suv:
    """How PET values become SUV.

    factor     g/mL for each unit of the rescaled value; 1 where nothing is changed
    unit       "SUVbw", "Bq/mL" or another text of the header; "" for what is no PET
    problems   what is missing, where the values stay what they were
    """

    factor: float = 1.0
    unit: str = ""
    problems: tuple[str, ...] = ()


class _Missing(Exception):
    """The header lacks something; the text says what, to end a sentence with 'because'."""


def suv(every: "Sequence[pydicom.Dataset]") -> Suv:
    """The factor for one series, from the headers of all its files.

    The values are left as they are, and a sentence says why, where the weight, the dose or
    the times are missing or the correction for decay is not said.
    """
    first = every[0]
    units = text(first, "Units")
    try:
        if units == "GML":
            return _grams(first)
        if units == "CNTS":
            return _counts(every)
        if units == "BQML":
            return Suv(_factor(every), "SUVbw")
    except _Missing as reason:
        unit = {"BQML": "Bq/mL", "CNTS": "counts"}.get(units, units)
        return Suv(1.0, unit, (f"The values stay in {unit}, not SUV, because {reason}.",))
    named = f"'{units}'" if units else "not said (Units)"
    return Suv(1.0, units, (f"The unit of this PET is {named}; SUV is not computed from it.",))


def _grams(first: "pydicom.Dataset") -> Suv:
    kind = text(first, "SUVType") or "BW"
    if kind == "BW":
        return Suv(1.0, "SUVbw")
    return Suv(1.0, f"SUV ({kind})", (f"The SUV is by '{kind}', not by body weight.",))


def _counts(every: "Sequence[pydicom.Dataset]") -> Suv:
    """Philips: counts, with a private factor to SUV or to Bq/mL."""
    direct = _philips(every[0], 0x00)
    if direct:
        return Suv(direct, "SUVbw")
    activity = _philips(every[0], 0x09)
    if not activity:
        raise _Missing("the private factor from counts to SUV is not there")
    return Suv(activity * _factor(every), "SUVbw")


def _factor(every: "Sequence[pydicom.Dataset]") -> float:
    """SUV for one Bq/mL: weight in grams over the dose that is left, g/Bq."""
    first = every[0]
    told = (value(first, "RadiopharmaceuticalInformationSequence") or [None])[0]
    lacking = _lacking(first, told)
    if told is None or lacking:
        raise _Missing(", ".join(lacking[:-1]) + " and " * (len(lacking) > 1) + lacking[-1])
    kilograms = number(first, "PatientWeight", 0.0) or 0.0
    dose = number(told, "RadionuclideTotalDose", 0.0) or 0.0
    if dose < LEAST_BQ:
        raise _Missing(
            f"the injected dose is {dose:g} Bq, which looks like another unit "
            "(RadionuclideTotalDose)"
        )
    if text(first, "DecayCorrection") == "ADMIN":
        return kilograms * 1000 / dose
    half_life_s = number(told, "RadionuclideHalfLife", 0.0) or 0.0
    scan = _scan_start(every, half_life_s)
    waited = scan - _injected(told, scan)
    if not timedelta(0) <= waited < LONGEST:
        raise _Missing(f"the dose was given {waited} before the scan, which cannot be right")
    left = dose * 2 ** (-waited.total_seconds() / half_life_s)
    return float(kilograms * 1000 / left)


def _lacking(first: "pydicom.Dataset", told: "pydicom.Dataset | None") -> list[str]:
    """All that is missing at once, each with the attribute that would say it."""
    found = []
    corrected = text(first, "CorrectedImage")
    if "ATTN" not in corrected or "DECY" not in corrected:
        found.append(
            "the images are not said to be corrected for attenuation and decay (CorrectedImage)"
        )
    if not _above_zero(first, "PatientWeight"):
        found.append("the patient's weight is missing (PatientWeight)")
    to = text(first, "DecayCorrection")
    if to not in {"ADMIN", "START"}:
        found.append("it is not said to what time the decay was corrected (DecayCorrection)")
    if told is None:
        about = "nothing is said about the radiopharmaceutical"
        return [*found, f"{about} (RadiopharmaceuticalInformationSequence)"]
    if not _above_zero(told, "RadionuclideTotalDose"):
        found.append("the injected dose is missing (RadionuclideTotalDose)")
    if to == "ADMIN":
        return found
    if not _above_zero(told, "RadionuclideHalfLife"):
        found.append("the half-life of the nuclide is missing (RadionuclideHalfLife)")
    if not (text(told, "RadiopharmaceuticalStartDateTime") or text(told, INJECTED)):
        found.append(f"the time of the injection is missing ({INJECTED})")
    return found


def _above_zero(dataset: "pydicom.Dataset", keyword: str) -> bool:
    found = number(dataset, keyword)
    return found is not None and found > 0


def _injected(told: "pydicom.Dataset", scan: datetime) -> datetime:
    """When the dose was given; a time without a date is that before the scan."""
    given = instant(text(told, "RadiopharmaceuticalStartDateTime"))
    if given is not None:
        return given
    clock = text(told, INJECTED)
    given = moment(f"{scan:%Y%m%d}", clock)
    if given is None:
        raise _Missing(f"the time of the injection cannot be read ({INJECTED})")
    return given - timedelta(days=1) if given > scan else given


def _scan_start(every: "Sequence[pydicom.Dataset]", half_life_s: float) -> datetime:
    """The moment to which the decay was corrected."""
    first = every[0]
    series = moment(text(first, "SeriesDate"), text(first, "SeriesTime"))
    taken = [moment(text(each, "AcquisitionDate"), text(each, "AcquisitionTime")) for each in every]
    known = [each for each in taken if each is not None]
    if series is not None and known and series <= min(known):
        return series
    # The series was made later than it was scanned (PS3.3 C.8.9.1.1.11 means the scan).
    general = instant(_private(first, 0x0009, "GEMS_PETD_01", element=0x0D))
    if general is not None:
        return general
    earliest = min(known, default=None)
    if earliest is None:
        raise _Missing("the time of the scan is missing (SeriesTime, AcquisitionTime)")
    sooner = every[taken.index(earliest)]
    since_ms, frame_ms = (
        number(sooner, "FrameReferenceTime"),
        number(sooner, "ActualFrameDuration"),
    )
    if not since_ms or not frame_ms or since_ms <= 0 or frame_ms <= 0:
        raise _Missing("the series is dated after its scan and gives no frame times")
    constant = math.log(2) / half_life_s
    decayed = constant * frame_ms / 1000
    mean_s = math.log(decayed / -math.expm1(-decayed)) / constant
    return earliest + timedelta(seconds=mean_s - since_ms / 1000)


def _private(dataset: "pydicom.Dataset", group: int, creator: str, *, element: int) -> str:
    """A private element as text; "" where it is missing."""
    try:
        return str(dataset.private_block(group, creator)[element].value)
    except damage():
        return ""


def _philips(dataset: "pydicom.Dataset", element: int) -> float:
    """A private factor; 0 where it is missing or no number."""
    try:
        return float(_private(dataset, 0x7053, "Philips PET Private Group", element=element) or 0)
    except ValueError:
        return 0.0
