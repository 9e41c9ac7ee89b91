"""How a wound heals between two photographs.

Source   advance of the border: Gilman, Wounds 1990, 2, 95: the change of the area over the mean
         perimeter. Half of the area within four weeks: Sheehan et al., Diabetes Care 2003, 26, 1879
         (53 % for foot ulcers that healed by the twelfth).
Differs  none.
"""

from limner.errors import BadValue


def reduction(before_mm2: float, after_mm2: float) -> float:
    """The share of the area that is gone: 1 for a closed wound, negative for one that grew.

    >>> reduction(400.0, 100.0)
    0.75
    """
    if not before_mm2 > 0 or after_mm2 < 0:
        raise BadValue(
            f"A wound of {before_mm2:g} mm2 and then {after_mm2:g} mm2 has no reduction. Give an "
            "area above 0, and one from 0 up."
        )
    return (before_mm2 - after_mm2) / before_mm2


def advance_mm_a_week(
    areas_mm2: tuple[float, float], perimeters_mm: tuple[float, float], *, days: float
) -> float:
    """How far the border moved inwards, mm a week; negative where the wound grew.

    It does not depend on the size of the wound, as the share of the area does.

    >>> from math import pi
    >>> round(advance_mm_a_week((100 * pi, 64 * pi), (20 * pi, 16 * pi), days=14), 6)
    1.0
    """
    mean = sum(perimeters_mm) / 2
    if not mean > 0 or not days > 0:
        raise BadValue(
            f"Perimeters of {perimeters_mm} mm over {days:g} days give no advance. Give lengths "
            "and days above 0."
        )
    return (areas_mm2[0] - areas_mm2[1]) / mean / days * 7
