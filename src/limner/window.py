"""Which range of an image's samples is shown, and seen by networks as 0 to 1.

One rule a modality, always the same and always said:

    CT                -160 to 240 HU (soft tissue), or a named window
    PT                0 to 10 SUV where the unit is SUV (g/ml); else percentiles, and said
    8 bits            0 to 255 as is
    everything else   the 0.5th to 99.5th percentile of what is not the padding value

`Window.rule` holds the sentence. A person overrides it with `--window`.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, UnknownName
from limner.image import Image, Window

# Centre and width in HU as radiology departments set them; low and high follow.
NAMED = {
    "soft": (-160.0, 240.0),
    "lung": (-1350.0, 150.0),
    "bone": (-450.0, 1050.0),
    "brain": (0.0, 80.0),
    "liver": (-45.0, 105.0),
    "mediastinum": (-125.0, 225.0),
    "stroke": (20.0, 60.0),
}

SUV_HIGH = 10.0
LOW_PERCENT, HIGH_PERCENT = 0.5, 99.5
SEEN_SLICES = 24  # slices that percentiles are taken from; more change them little
SEEN_SAMPLES = 65536  # samples of each of those slices


def windowed(image: Image, told: str | Window | None = None) -> Image:
    """The image with its window in `source.window`.

    told   a Window, "low,high" in the image's unit, a name such as "lung" (CT only), or
           None for the rule of the modality; None keeps a window that is there already

    Raises BadValue for a text that is neither, UnknownName for an unknown name.
    """
    if told is None and image.source.window is not None:
        return image
    window = told if isinstance(told, Window) else _parse(image, told) if told else rule(image)
    return replace(image, source=replace(image.source, window=window))


def window_of(image: Image) -> Window:
    """The window that the image carries, or else that of its modality's rule."""
    return image.source.window or rule(image)


def rule(image: Image) -> Window:
    """The window of the modality's rule; see the top of this file."""
    if image.unit == "HU":
        low, high = NAMED["soft"]
        return Window(low, high, "CT soft-tissue window, -160 to 240 HU")
    if image.unit.startswith("SUV"):
        return Window(0.0, SUV_HIGH, "PET, 0 to 10 SUV")
    if image.pixels.dtype == np.uint8:
        return Window(0.0, 255.0, "8 bits as they are, 0 to 255")
    if image.pixels.dtype == bool:
        return Window(0.0, 1.0, "two values, 0 and 1")
    return _percentiles(image)


def _percentiles(image: Image) -> Window:
    samples = _glimpse(image)
    finite = samples[np.isfinite(samples)]
    if not finite.size:
        return Window(0.0, 1.0, "no finite sample: 0 to 1")
    padding = finite.min()  # scanners and resampling fill with the lowest value
    kept = finite[finite > padding] if (finite > padding).any() else finite
    low, high = (float(each) for each in np.percentile(kept, [LOW_PERCENT, HIGH_PERCENT]))
    if not low < high:
        low, high = float(padding), float(padding) + 1.0
    return Window(
        low, high, f"percentiles 0.5 to 99.5 of what is not background, {low:.6g} to {high:.6g}"
    )


def _glimpse(image: Image) -> NDArray[Any]:
    """Samples of evenly spread slices: reading a whole volume for two numbers is slow."""
    count = image.grid.shape[0]
    picked = sorted(set(np.linspace(0, count - 1, min(count, SEEN_SLICES)).round().astype(int)))
    seen = []
    for number in picked:
        flat = image.slice(int(number)).reshape(-1)
        seen.append(flat[:: max(1, flat.size // SEEN_SAMPLES)])
    return np.concatenate(seen).astype(np.float64)


def _parse(image: Image, text: str) -> Window:
    if text in NAMED:
        if image.unit != "HU":
            raise BadValue(
                f"The window '{text}' is in HU, but this image's unit is "
                f"'{image.unit or 'arbitrary'}'. Give two numbers: --window LOW,HIGH."
            )
        low, high = NAMED[text]
        return Window(low, high, f"CT window '{text}', {low:g} to {high:g} HU")
    parts = text.replace(",", " ").split()
    try:
        low, high = (float(part) for part in parts)
    except ValueError as error:
        if any(part[0].isdigit() or part[0] in "-+." for part in parts):
            raise BadValue(
                f"The window '{text}' is not two numbers. Write --window LOW,HIGH, as -160,240."
            ) from error
        raise UnknownName("window", text, tuple(NAMED)) from error
    return Window(low, high, f"asked for, {low:g} to {high:g}")
