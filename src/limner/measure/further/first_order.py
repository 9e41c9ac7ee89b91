"""First-order features: what the voxels hold, whatever their places.

Source   Zwanenburg et al., Radiology 2020, 295, 328 (the Image Biomarker Standardisation
         Initiative): intensity-based statistics, and entropy and uniformity of the histogram;
         its reference manual, arXiv:1612.07003, sections 3.3 and 3.4.
Differs  bins are 25 HU wide on CT and a quarter of an SUV on PET, from whole multiples of
         their width; there are 32 of them over the range of anything else.
"""

import numpy as np
from numpy.typing import NDArray

from limner.measure import FURTHER
from limner.measure.measurement import Measurement, Subject

Values = NDArray[np.float64]
WIDTHS = {"HU": 25.0, "SUVbw": 0.25}
BINS = 32


@FURTHER.add
def first_order(subject: Subject) -> tuple[Measurement, ...]:
    """Statistics of the samples inside an object; nothing without an image or in colour.

    Voxels that are not finite are left out, and the method says how many.
    """
    samples = subject.samples()
    if samples is None or not len(samples) or samples.shape[1] != 1:
        return ()
    values = np.asarray(samples[:, 0], np.float64)
    finite = values[np.isfinite(values)]
    if not len(finite):
        return ()
    unit = (subject.image.unit if subject.image else "") or "1"
    dropped = len(values) - len(finite)
    without = f", without {dropped} voxels that are not finite" if dropped else ""
    units = {"variance": f"{unit}2", "energy": f"{unit}2"} | dict.fromkeys(BARE, "1")
    found = [
        Measurement(
            f"first_order_{name}",
            value,
            units.get(name, unit),
            f"Of the voxels inside{without}; IBSI.",
        )
        for name, value in statistics(finite).items()
    ]
    width = WIDTHS.get(unit, 0.0)
    bins = f"bins of {width:g} {unit}" if width else f"{BINS} bins"
    return (
        *found,
        *(
            Measurement(f"first_order_{name}", value, "1", f"In {bins}{without}; IBSI.")
            for name, value in histogram(finite, width=width).items()
        ),
    )


BARE = ("skewness", "kurtosis", "coefficient_of_variation", "quartile_dispersion")


def statistics(values: Values) -> dict[str, float]:
    """IBSI's intensity-based statistics (UHIW) by name; ratios of what is 0 are left out.

    The variance is divided by n, the kurtosis is 0 for a normal distribution, and skewness
    and kurtosis are 0 where all values are equal.
    """
    mean, variance = float(values.mean()), float(values.var())
    apart = values - mean
    low, first, median, third, high = np.percentile(values, (10, 25, 50, 75, 90)).tolist()
    middle = values[(values >= low) & (values <= high)]
    middle = middle if len(middle) else values  # of two values neither lies between
    found = {
        "mean": mean,
        "variance": variance,
        "skewness": float((apart**3).mean()) / variance**1.5 if variance else 0.0,
        "kurtosis": float((apart**4).mean()) / variance**2 - 3 if variance else 0.0,
        "median": median,
        "minimum": float(values.min()),
        "p10": low,
        "p90": high,
        "maximum": float(values.max()),
        "interquartile_range": third - first,
        "range": float(np.ptp(values)),
        "mean_absolute_deviation": float(np.abs(apart).mean()),
        "robust_mean_absolute_deviation": float(np.abs(middle - middle.mean()).mean()),
        "median_absolute_deviation": float(np.abs(values - median).mean()),
        "energy": float((values**2).sum()),
        "root_mean_square": float(np.sqrt((values**2).mean())),
    }
    if mean:
        found["coefficient_of_variation"] = float(np.sqrt(variance)) / mean
    if third + first:
        found["quartile_dispersion"] = (third - first) / (third + first)
    return found


def histogram(values: Values, *, width: float = 0.0) -> dict[str, float]:
    """Entropy, bits, and uniformity of the histogram.

    width   of a bin; 0 divides the range into 32 bins
    """
    low = float(values.min())
    if width:
        bins = np.floor(values / width) - np.floor(low / width)
    else:
        span = float(np.ptp(values)) or 1.0
        bins = np.minimum(np.floor((values - low) / span * BINS), BINS - 1)
    shares = np.bincount(bins.astype(np.int64)) / len(values)
    there = shares[shares > 0]
    return {
        "entropy": max(0.0, -float((there * np.log2(there)).sum())),
        "uniformity": float((there**2).sum()),
    }
