"""The pictures of measurements on generated scenes: `python docs/draw.py`.

Everything that is written into them is measured from the masks that are drawn.
"""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from limner.cli._ruler import spacing_of
from limner.cli._scale import sized_grid
from limner.grid import Grid
from limner.mask import Mask, Object
from limner.measure import measure
from limner.phantoms import PHANTOMS

PICTURES = Path(__file__).parent / "pictures"
SEED = 10
CARD = 40  # pixels along a side of the card, which stands for 20 mm
TURN = 0.35
LESION, OTHER = "#e6194b", "#4363d8"


def main() -> None:
    """Draw them all."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    for name, draw, size in (("wound", wound, (5.0, 5.6)), ("neighbours", neighbours, (9.6, 3.0))):
        figure = draw(plt, size)
        figure.savefig(PICTURES / f"{name}.png", dpi=110)
        plt.close(figure)


def wound(plt: Any, size: tuple[float, float]) -> Any:
    """A generated lesion beside a turned card of 20 mm, with its axes by that card."""
    sample = PHANTOMS.get("skin")(seed=SEED)
    shown = np.array(sample.image.whole()[0])
    rows, columns = np.mgrid[: shown.shape[0], : shown.shape[1]]
    down, across = rows - 42.0, columns - 212.0
    turned = (
        down * np.cos(TURN) + across * np.sin(TURN),
        across * np.cos(TURN) - down * np.sin(TURN),
    )
    card = np.maximum(*map(np.abs, turned)) <= CARD / 2
    shown[card] = 238
    lesion = sample.targets[0].value.where(1)[0]
    mask = Mask.of(lesion[None], Grid.picture(*lesion.shape), label="wound")
    mask = mask.with_object(card[None], Object(2, "card"))
    grid = sized_grid(mask.grid, spacing_of("card 20x20", mask))
    told = measure(Mask(grid, mask.layers, mask.objects, schema=mask.schema))[0]
    figure, axes = plt.subplots(figsize=size, layout="constrained")
    axes.imshow(shown)
    axes.contour(lesion, [0.5], colors=[LESION], linewidths=1.6)
    axes.contour(card, [0.5], colors=[OTHER], linewidths=1.6)
    for name, style in (("long_axis", "-"), ("short_axis", "--")):
        ends = grid.index_at(np.array(told[name].ends_mm))[:, 1:]
        said = f"{name.replace('_', ' ')} {told[name].value:.1f} mm"
        axes.plot(ends[:, 1], ends[:, 0], style, color="white", linewidth=1.6, label=said)
    axes.plot([], [], color=LESION, label=f"area {told['area'].value:.0f} mm²")
    axes.plot([], [], color=OTHER, label="card, 20 x 20 mm")
    figure.legend(loc="outside lower center", ncols=2, facecolor="#999999")
    axes.set_axis_off()
    return figure


def neighbours(plt: Any, size: tuple[float, float]) -> Any:
    """Four tumours by a vessel, from apart to all round it."""
    grid = Grid((1, 96, 96), steps_mm=((0, 0, 3.0), (0, 0.5, 0), (0.5, 0, 0)))
    rows, columns = np.mgrid[:96, :96]

    def disc(row: float, column: float, radius: float) -> NDArray[np.bool_]:
        return np.asarray(np.hypot(rows - row, columns - column) <= radius)

    vessel = disc(48, 48, 12)
    tumours = (
        disc(48, 82, 12),
        disc(44, 73, 14.5),
        disc(46, 62, 20) & (columns > 46),
        disc(46, 52, 27),
    )
    figure, several = plt.subplots(1, len(tumours), figsize=size, layout="constrained")
    for axes, tumour in zip(several, tumours, strict=True):
        own = tumour & ~vessel
        mask = Mask.of(own[None], grid, label="tumour").with_object(
            vessel[None], Object(2, "vessel")
        )
        told = measure(mask, names=("neighbours",))[0]
        axes.set_facecolor("#dddddd")
        axes.contourf(own, [0.5, 1], colors=[LESION], alpha=0.55)
        axes.contourf(vessel, [0.5, 1], colors=[OTHER], alpha=0.75)
        axes.set_title(
            f"contact {told['contact_with_vessel'].value:.0f}°\n"
            f"distance {told['distance_to_vessel'].value:.1f} mm",
            fontsize=10,
        )
        axes.set(xticks=[], yticks=[], aspect="equal")
        axes.invert_yaxis()
    return figure


if __name__ == "__main__":
    main()
