"""Cases to train on: a crop, its target, and what a simulated person says first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.evaluate import robots
from limner.learn.crops import SIDE, View, cut, places, restyled, solid
from limner.learn.material import Material, Scene
from limner.predict._hints import NONE, Colours, hints
from limner.predict._look import standardised
from limner.prompt import draw

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

REGION, INSIDE, OUTSIDE, PRIOR = range(4)
TILES = 0.7  # share of the cases on threads that show a tile of them from close
FILLED = 0.25  # threads fill less than this of their box,
SLENDER = 0.08  # and their mean width is less than this of its longer side
RESTYLED = 0.6  # share of crops that are shown as another machine might have shown them
BAND = 6  # pixels round an object that count where the rest may hold unlabelled objects


@dataclass(frozen=True)
class Diet:
    """What is practised: how cases begin, how wide a first click looks, how long cases stay.

    openings   how often a case begins so; the shares add up to 1
    zoom       least and most side of the crop of a first click, over the object's extent
    stay       the chance that a corrected case stays for another round
    side       pixels of a crop
    """

    openings: tuple[tuple[str, float], ...]
    zoom: tuple[float, float]
    stay: float
    side: int = SIDE


# A case's first answer is the hardest and is seen once in two or three steps, so most cases
# leave soon; first clicks are shown at every zoom that is tried in use.
MIXED = Diet(
    (
        ("box", 0.30),
        ("click", 0.30),
        ("clicks", 0.05),
        ("stroke", 0.13),
        ("lasso", 0.04),
        ("box and click", 0.06),
        ("prior and click", 0.12),
    ),
    zoom=(0.6, 8.0),
    stay=0.58,
)


@dataclass
class Case:
    """One crop on its way through the rounds of correction; it changes in place.

    image    (3, side, side), standardised
    target   (side, side)
    weight   (side, side), 0 where a pixel does not count
    prompts  (4, side, side): region, inside, outside, prior
    hints    (3, side, side), of the prompts as they are now
    elsewhere  colours that were marked outside of the crop, where it is a tile
    beyond   pixels of the object that the crop does not show, in pixels of the crop's size
    """

    image: Floats
    target: Bools
    weight: Floats
    prompts: Floats
    hints: Floats
    elsewhere: Colours = NONE
    beyond: float = 0.0
    rounds: int = 0

    @property
    def input(self) -> Floats:
        """The network's input (7, side, side)."""
        return np.concatenate([self.image, self.prompts])

    def point(self, path: NDArray[np.float64], *, inside: bool) -> None:
        """Add a click, or a stroke of several places."""
        plane = self.prompts[INSIDE if inside else OUTSIDE]
        np.maximum(plane, draw.line(plane.shape, path), out=plane)

    def said(self) -> None:
        """Work the hints out again: something was said."""
        self.hints = hints(self.image, self.prompts, self.elsewhere)


def case(rng: np.random.Generator, scene: Scene, *, practised: Diet = MIXED) -> Case | None:
    """A case on one object of the scene, opened; None where too little of it is in view."""
    openings, shares = zip(*practised.openings, strict=True)
    opening = str(rng.choice(openings, p=shares))
    mask = scene.objects == rng.integers(1, scene.count + 1)
    width = thread(mask)
    tile = width > 0 and rng.random() < TILES
    side = practised.side
    if tile:
        view = _tile(rng, mask, width, side=side)
    else:
        view = replace(_view(rng, mask, opening=opening, zoom=practised.zoom), side=side)
    at = places(view, rng)
    share, inside = cut(mask[..., None], at)
    target = solid(share[..., 0] * inside)
    if target.sum() < 12 or (target.mean() > 0.95 and opening != "click"):
        return None
    crop, _ = cut(scene.picture, at)
    if scene.picture.dtype == np.uint8:
        crop = crop / np.float32(255)
    weight = inside.astype(np.float32)
    if scene.uncertain:
        weight *= ndimage.distance_transform_edt(~target) <= BAND
    if rng.random() < RESTYLED:
        crop = restyled(crop, rng)
    image = standardised(crop, inside)
    nothing = np.zeros((7, side, side), np.float32)
    fresh = Case(image, target, weight, nothing[:4], nothing[4:])
    if tile:
        _open_tile(fresh, rng)
    else:
        whole = float(mask.sum()) * (side / view.extent) ** 2
        fresh.beyond = max(0.0, whole - float(share.sum()))
        _open(fresh, rng, opening=opening)
    fresh.said()
    return fresh


def thread(mask: Bools) -> float:
    """The mean width in pixels of a mask that is a tree or a net of threads; else 0.

    Such a mask fills little of its box and is much narrower than that box is wide.
    """
    low, high = (robots.tight_box(mask) + 0.5).astype(int)
    part = np.pad(mask[low[0] : high[0], low[1] : high[1]], 1)
    area = int(part.sum())
    if area > FILLED * part.size:
        return 0.0
    core = part[1:-1, 1:-1]
    inner = core & part[2:, 1:-1] & part[:-2, 1:-1] & part[1:-1, 2:] & part[1:-1, :-2]
    width = 2 * area / max(area - int(inner.sum()), 1)
    return width if width < SLENDER * max(core.shape) else 0.0


def handful(
    materials: Sequence[tuple[Material, int]],
    *,
    seed: int,
    number: int,
    practised: Diet = MIXED,
) -> list[Case]:
    """The cases number `number` of a run: from each material as many as it is listed with.

    A pure function of its arguments, so that a run repeats wherever it is made.
    """
    rng = np.random.default_rng((seed, number))
    found: list[Case] = []
    for material, count in materials:
        shown: Scene | None = None
        made = 0
        while made < count:
            shown = material.draw(rng) if made % 2 == 0 or shown is None else shown
            fresh = case(rng, shown, practised=practised)
            if fresh is None:
                shown = None
                continue
            found.append(fresh)
            made += 1
    return [found[k] for k in rng.permutation(len(found))]


def correct(state: Case, rng: np.random.Generator, *, answer: Floats) -> bool:
    """Carry the answer (side, side) in 0..1 over and mend it. False where nothing is wrong.

    Now and then the answer is forgotten, or kept as a plain mask, as a file would hold it.
    """
    counted = state.weight > 0
    mask = (answer > 0.5) & counted
    said = robots.correction(rng, mask, state.target & counted)
    if said is None:
        return False
    kind = rng.random()
    state.prompts[PRIOR] = 0 if kind < 0.08 else mask if kind < 0.2 else answer * counted
    state.point(said.path, inside=said.inside)
    state.said()
    state.rounds += 1
    return True


def reconsider(state: Case, *, answer: Floats) -> None:
    """Carry the answer (side, side) in 0..1 over and say nothing: it is thought over."""
    state.prompts[PRIOR] = answer * (state.weight > 0)
    state.said()  # hints look at the last answer too
    state.rounds += 1


def _view(
    rng: np.random.Generator, mask: Bools, *, opening: str, zoom: tuple[float, float]
) -> View:
    """Where a program would look for what was said: close for a box, at any zoom for a click."""
    low, high = robots.tight_box(mask) + 0.5  # at pixel faces of the picture
    extent = float(max(high - low))
    turn = float(rng.integers(4) * np.pi / 2)
    turn += rng.normal(0, 0.25) if rng.random() < 0.4 else 0
    mirrored = bool(rng.random() < 0.5)
    bend = float(rng.uniform(0, 0.025)) if rng.random() < 0.3 else 0.0
    if rng.random() < (0.12 if opening == "click" else 0.05):
        side = float(max(mask.shape)) * rng.uniform(1.0, 1.1)
        centre = np.array(mask.shape) / 2
    else:
        ratio = {"click": zoom, "box": (1.15, 2.2)}.get(opening, (1.1, 3.5))
        side = _side(rng, extent, most=float(max(mask.shape)), ratio=ratio)
        centre = _centre(rng, mask, side=side, opening=opening)
    return View((float(centre[0]), float(centre[1])), side, turn, mirrored=mirrored, bend=bend)


def _tile(rng: np.random.Generator, mask: Bools, width: float, *, side: int) -> View:
    """A view so close that threads are a few pixels wide, round a place on one of them."""
    extent = max(width * side / float(np.exp(rng.uniform(np.log(2.0), np.log(9.0)))), 24.0)
    places_on = np.argwhere(mask)
    at = places_on[rng.integers(len(places_on))] + rng.uniform(-0.35, 0.35, 2) * extent
    turn = float(rng.integers(4) * np.pi / 2) + (rng.normal(0, 0.4) if rng.random() < 0.4 else 0)
    mirrored = bool(rng.random() < 0.5)
    return View((float(at[0]), float(at[1])), extent, turn, mirrored=mirrored, side=side)


def _open_tile(fresh: Case, rng: np.random.Generator) -> None:
    """What is known on a tile: colours that were marked elsewhere, and at times marks on it.

    The colours are some of the crop's own, a little off, so that they went through the same
    restyling.
    """
    fresh.prompts[REGION] = 1
    inside = _sampled(fresh, rng, fresh.target, most=7)
    outside = _sampled(fresh, rng, _beside(fresh), most=5) if rng.random() < 0.7 else NONE.outside
    fresh.elsewhere = Colours(inside, outside)
    for _ in range(int(rng.integers(0, 3))):
        fresh.point(robots.click_in(rng, fresh.target)[None, :], inside=True)
    for _ in range(int(rng.integers(0, 3))):
        fresh.point(robots.click_in(rng, _beside(fresh))[None, :], inside=False)


def _sampled(fresh: Case, rng: np.random.Generator, side: Bools, *, most: int) -> Floats:
    """One to `most` colours (n, 3) of that side."""
    places_on = np.argwhere(side)
    chosen = places_on[rng.integers(len(places_on), size=int(rng.integers(1, most + 1)))]
    colours = fresh.image[:, chosen[:, 0], chosen[:, 1]].T
    return np.asarray(colours + rng.normal(0, 0.2, (len(colours), 1)), np.float32)


def _side(
    rng: np.random.Generator, extent: float, *, most: float, ratio: tuple[float, float]
) -> float:
    """How wide the crop is, for an object of that extent in a picture of side `most`."""
    low, high = ratio
    side = max(12.0, extent * float(np.exp(rng.uniform(np.log(low), np.log(high)))))
    return min(side, max(1.6 * extent, 1.1 * most))


def _centre(
    rng: np.random.Generator, mask: Bools, *, side: float, opening: str
) -> NDArray[np.float64]:
    """The middle of the crop: round the object somewhere, or round a click on it."""
    low, high = robots.tight_box(mask) + 0.5
    if opening == "click" and rng.random() < 0.5:
        inner = np.argwhere(mask)
        centre = inner[rng.integers(len(inner))] + 0.5
    else:
        spare = max(side - float(max(high - low)), 0.0)
        centre = (low + high) / 2 + rng.uniform(-0.45, 0.45, 2) * spare * (rng.random() < 0.7)
    if opening != "box" and rng.random() < 0.5:  # pushed back into the picture
        room = np.array(mask.shape)
        least, most = np.minimum(side, room) / 2, np.maximum(room - side / 2, room / 2)
        centre = np.clip(centre, least, most)
    return np.asarray(centre, float)


def _open(fresh: Case, rng: np.random.Generator, *, opening: str) -> None:
    """What is said first."""
    target = fresh.target
    if "box" in opening:
        jitter = 0.0 if rng.random() < 0.6 else float(rng.uniform(0.01, 0.06))
        low, high = robots.box(rng, target, jitter=jitter)
        fresh.prompts[REGION] = draw.box(target.shape, low, high)
    if opening == "lasso":
        fresh.prompts[REGION] = draw.polygon(target.shape, robots.lasso(rng, target))
    if opening == "stroke":
        _scribble(fresh, rng)
    if opening == "prior and click":
        _mistake(fresh, rng)
    elif "click" in opening:
        _click(fresh, rng, several=opening == "clicks")


def _scribble(fresh: Case, rng: np.random.Generator) -> None:
    """A scribble as people draw them, or one or two plain strokes; at times one beside it too."""
    if rng.random() < 0.6:
        inside = robots.human_scribble(rng, fresh.target, inside=True)
    else:
        inside = [robots.stroke(rng, fresh.target) for _ in range(int(rng.integers(1, 3)))]
    for path in inside:
        fresh.point(path, inside=True)
    if rng.random() < 0.5:
        if rng.random() < 0.6:
            outside = robots.human_scribble(rng, fresh.target, inside=False)
        else:
            outside = [robots.stroke(rng, _beside(fresh))]
        for path in outside:
            fresh.point(path, inside=False)


def _mistake(fresh: Case, rng: np.random.Generator) -> None:
    """Somebody else's mask, and the click that mends its largest error."""
    wrong = robots.wrong_mask(rng, fresh.target)
    fresh.prompts[PRIOR] = wrong
    said = robots.correction(rng, wrong, fresh.target)
    if said is not None:
        fresh.point(said.path, inside=said.inside)


def _click(fresh: Case, rng: np.random.Generator, *, several: bool) -> None:
    """One click on the object, or several on it and beside it."""
    for _ in range(int(rng.integers(2, 5)) if several else 1):
        fresh.point(robots.click_in(rng, fresh.target)[None, :], inside=True)
    if several:
        for _ in range(int(rng.integers(0, 4))):
            fresh.point(robots.click_in(rng, _beside(fresh))[None, :], inside=False)


def _beside(fresh: Case) -> Bools:
    """The pixels that somebody would mark as not the object: near it as a rule."""
    apart = ndimage.distance_transform_edt(~fresh.target)
    near = (apart > 2) & (apart < 20) & (fresh.weight > 0)
    return np.asarray(near if near.any() else ~fresh.target)
