"""Names and units of measurements as DICOM codes, and back.

Source   PS3.16: CID 7469 (general measurements), 7464 (derivations), 7181 and 7460 to 7462
         (units, UCUM). What has no code of the standard's gets one of ours, 99LIMNER, whose
         meaning is the name itself.
"""

from types import MappingProxyType
from zlib import crc32

from limner.schema import Code

OURS = "99LIMNER"
SHORT = 16  # characters of a Code Value (PS3.5 section 6.2)
COMMENT = Code("DCM", "121106", "Comment")
DERIVATION = Code("DCM", "121401", "Derivation")

_NAMES = MappingProxyType(
    {
        "volume": Code("SCT", "118565006", "Volume"),
        "area": Code("SCT", "42798000", "Area"),
        "long_axis": Code("SCT", "103339001", "Long axis"),
        "short_axis": Code("SCT", "103340004", "Short axis"),
    }
)
_DERIVED = MappingProxyType(
    {
        "mean": Code("SCT", "373098007", "Mean"),
        "sd": Code("SCT", "386136009", "Standard Deviation"),
        "min": Code("SCT", "255605001", "Minimum"),
        "max": Code("SCT", "56851009", "Maximum"),
        "p50": Code("SCT", "373099004", "Median"),
    }
)
_INTENSITIES = MappingProxyType(
    {
        "HU": Code("DCM", "112031", "Attenuation Coefficient"),
        "SUVbw": Code("DCM", "126401", "SUVbw"),
        "": Code(OURS, "intensity", "intensity"),
    }
)
# Ours differ from DICOM's where DICOM writes UCUM in another way: "ml", Hounsfield, SUV.
_UNITS = MappingProxyType(
    {
        "mL": Code("UCUM", "ml", "milliliter"),
        "mm": Code("UCUM", "mm", "millimeter"),
        "mm2": Code("UCUM", "mm2", "square millimeter"),
        "1": Code("UCUM", "1", "no units"),
        "deg": Code("UCUM", "deg", "degree"),
        "HU": Code("UCUM", "[hnsf'U]", "Hounsfield unit"),
        "SUVbw": Code("UCUM", "{SUVbw}g/ml", "Standardized Uptake Value body weight"),
        "Bq/mL": Code("UCUM", "Bq/ml", "Becquerels/milliliter"),
        "{pixels}": Code("UCUM", "{pixels}", "pixels"),
        "mm{detector}": Code("UCUM", "mm{detector}", "millimeter on the detector"),
        "mm2{detector}": Code("UCUM", "mm2{detector}", "square millimeter on the detector"),
        "mm{ruler}": Code("UCUM", "mm{ruler}", "millimeter by a marker in the picture"),
        "mm2{ruler}": Code("UCUM", "mm2{ruler}", "square millimeter by a marker in the picture"),
    }
)


def concept(name: str, unit: str) -> tuple[Code, Code | None]:
    """The code of a measurement, and of how it was derived where that is a code of its own.

    >>> [each.meaning for each in concept("intensity_sd", "HU")]
    ['Attenuation Coefficient', 'Standard Deviation']
    """
    if name in _NAMES:
        return _NAMES[name], None
    kind, _, derived = name.partition("_")
    if kind == "intensity" and derived in _DERIVED:
        return _INTENSITIES.get(unit, _INTENSITIES[""]), _DERIVED[derived]
    return _own(name, name.replace("_", " ")), None


def _own(value: str, meaning: str) -> Code:
    """A code of ours. Longer ones than 16 characters are a kind that few programs read."""
    short = value if len(value) <= SHORT else f"{value[:8]}{crc32(value.encode()):08x}"
    return Code(OURS, short, meaning[:64])


def name_of(code: Code, derivation: Code | None) -> str:
    """The inverse of `concept`; for other programs' codes their meaning, as a name."""
    if code.scheme == OURS and derivation is None:
        return (code.meaning or code.value).replace(" ", "_")
    for name, known in _NAMES.items():
        if same(known, code):
            return name
    ending = next((k for k, v in _DERIVED.items() if derivation and same(v, derivation)), "")
    if ending and any(same(known, code) for known in _INTENSITIES.values()):
        return f"intensity_{ending}"
    words = code.meaning or code.value
    if derivation is not None:
        words = f"{derivation.meaning} {words}"
    return "_".join(words.casefold().split())


def unit_code(unit: str) -> Code:
    """The code of a unit; one of ours for a text that is no UCUM."""
    if unit in _UNITS:
        return _UNITS[unit]
    if unit.isascii() and 0 < len(unit) <= SHORT and not set(unit) & set(" \\"):
        return Code("UCUM", unit, unit)
    return _own(unit or "none", unit or "none")


def unit_of(code: Code) -> str:
    """The inverse of `unit_code`."""
    for unit, known in _UNITS.items():
        if same(known, code):
            return unit
    return code.meaning if code.scheme == OURS else code.value


def same(one: Code, other: Code) -> bool:
    """Whether two codes are one concept, however it is worded."""
    return (one.scheme, one.value) == (other.scheme, other.value)
