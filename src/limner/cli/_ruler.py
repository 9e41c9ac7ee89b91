"""`--ruler`: the size of a photograph's pixels from a ruler or a card that lies in it."""

import re
from typing import TYPE_CHECKING

from limner.errors import BadValue

if TYPE_CHECKING:
    from limner.mask import Mask

LINE = re.compile(r"^\s*([\d.]+)\s*,\s*([\d.]+)\s+([\d.]+)\s*,\s*([\d.]+)\s+([\d.]+)\s*$")
CARD = re.compile(r"^\s*(\S.*?)\s+([\d.]+)\s*x\s*([\d.]+)\s*$")
HOW = (
    "Write two places on it, row,column, and the mm between them, as --ruler '40,52 40,252 100', "
    "or the name of a card in the mask and its sides in mm, as --ruler 'card 20x20'."
)


def spacing_of(text: str, mask: "Mask | None" = None) -> str:
    """The size of a pixel in mm, as `--spacing` takes it.

    text   two places and a length; or the label, name or id of an object of `mask` whose two
           sides are known: its area gives the size, so that it may lie turned

    Raises BadValue for what is neither, and for a line without length.
    """
    line = LINE.match(text)
    if line is not None:
        a, b, c, d, length_mm = (float(each) for each in line.groups())
        pixels = ((c - a) ** 2 + (d - b) ** 2) ** 0.5
        if pixels < 1 or not length_mm > 0:
            raise BadValue(f"The ruler '{text}' is {pixels:g} pixels long. {HOW}")
        return repr(length_mm / pixels)
    card = CARD.match(text)
    if card is None:
        raise BadValue(f"The ruler '{text}' cannot be read. {HOW}")
    name, (one, other) = card[1], (float(each) for each in card.groups()[1:])
    every = () if mask is None else mask.objects
    objects = [each for each in every if name in {each.label, each.name, str(each.id)}]
    if mask is None or len(objects) != 1:
        raise BadValue(f"The mask holds {len(objects)} objects called '{name}', not one. {HOW}")
    pixels = mask.voxels(objects[0].id)
    if not pixels * one * other:
        raise BadValue(f"The ruler '{text}' has no area. {HOW}")
    return repr((one * other / pixels) ** 0.5)
