"""Small cases that know what they were made of, and the test crops: for `generator_parts`.

A case is one of `limner.learn.cases`, begun with a box or a click, brought to half its side.
Beside it stand its tags: which parts of the generator had a hand in it. So to leave a part out
is to draw from the cases without its tag, and all arms share what was made once.
"""

from contextlib import contextmanager
from functools import cache, wraps

import numpy as np

from limner.evaluate.protocols.objects import entries, load, pictures
from limner.evaluate.robots import next_click, tight_box
from limner.learn import cases, crops
from limner.learn.material import Found, Generated, Labelled
from limner.learn.permitted import permitted
from limner.phantoms import _paint, shapes
from limner.predict import _hints
from limner.predict._look import standardised
from limner.prompt import draw
from limner.window import window_of

KINDS = ("annotated", "found", "shapes", "anatomy", "micro")
MADE_UP = ("shapes", "anatomy", "micro")
TAGS = ("restyling", "artefacts", *shapes.SCENE_PARTS)
DIET = cases.Diet((("box", 0.5), ("click", 0.5)), zoom=(1.5, 4.0), stay=0.0)
CHUNK = 250  # cases in a file
SIDE = crops.SIDE // 2
ZOOM = {"box": 1.25, "click": 2.5}  # side of a test crop over the object's extent
SAID = [cases.REGION, cases.INSIDE]
HANDS = {
    (shapes, "divided"): "parts",
    (shapes, "framed"): "frames",
    (_paint, "_texture"): "textures",
    (_paint, "_leaked"): "leaks",
    (_paint, "_rims"): "rims",
    (_paint, "_clutter"): "clutter",
    (cases, "restyled"): "restyling",
}  # which function is the hand of which part


@contextmanager
def tagged():
    """A set to which every part adds its name when it has a hand in a case; clear it between."""
    found = set()

    def noted(function, part):
        @wraps(function)
        def noting(*given, **told):
            found.add(part)
            return function(*given, **told)

        return noting

    def spoiled(rng, picture):
        after = kept[crops, "spoiled"](rng, picture)
        if after is not picture:
            found.add("artefacts")
        return after

    places = (*HANDS, (shapes, "LAYOUTS"), (crops, "spoiled"))
    kept = {(place, name): getattr(place, name) for place, name in places}
    for (place, name), part in HANDS.items():
        setattr(place, name, noted(getattr(place, name), part))
    shapes.LAYOUTS = tuple((noted(each, each.__name__), share) for each, share in shapes.LAYOUTS)
    crops.spoiled = spoiled
    try:
        yield found
    finally:
        for (place, name), function in kept.items():
            setattr(place, name, function)


def material(kind, data):
    """Where the scenes of a kind come from."""
    if kind in MADE_UP:
        return Generated(without=tuple(each for each in MADE_UP if each != kind))
    return Labelled(sources(data)) if kind == "annotated" else Found(sources(data))


@cache
def sources(data):
    """The sets that may train: every picture is compared with the measuring ones, once."""
    return permitted(data)


def made(kind, count, *, folder, data):
    """The arrays of at least `count` cases of a kind; chunks that are in the folder are read."""
    chunks, source = [], None
    for number in range(-(-count // CHUNK)):
        path = folder / f"{kind}-{number:03d}.npz"
        if not path.is_file():
            source = source or material(kind, data)
            np.savez(path.with_suffix(".part.npz"), **chunk(kind, source, number=number))
            path.with_suffix(".part.npz").rename(path)
            print(f"made {path.name}", flush=True)
        with np.load(path) as held:
            chunks.append(dict(held))
    return {name: np.concatenate([each[name] for each in chunks]) for name in chunks[0]}


def chunk(kind, source, *, number):
    """The arrays of `CHUNK` cases, and their tags (n, TAGS)."""
    rng = np.random.default_rng((KINDS.index(kind), number))
    found, told = [], []
    with tagged() as names:
        while len(found) < CHUNK:
            names.clear()
            fresh = cases.case(rng, source.draw(rng), practised=DIET)
            if fresh is None or fresh.prompts[cases.REGION].all():  # a tile of threads
                continue
            found.append(fresh)
            told.append([each in names for each in TAGS])
    return {**arrays(found), "tags": np.array(told)}


def arrays(found):
    """Cases at half their side, in the smallest types that do."""
    image = np.stack([each.image for each in found])
    said = np.stack([each.prompts[SAID] for each in found])
    target = np.stack([each.target for each in found])[:, None]
    weight = np.stack([each.weight for each in found])[:, None]
    return {
        "image": _blocks(image).mean(axis=(3, 5)).astype(np.float16),
        "said": np.rint(255 * _blocks(said).max(axis=(3, 5))).astype(np.uint8),
        # worked out on blocks of two pixels, so that nothing is lost
        "hints": np.rint(127 * np.stack([each.hints for each in found])[..., ::2, ::2]).astype(
            np.int8
        ),
        "target": _blocks(target).mean(axis=(3, 5)) > 0.49,
        "weight": _blocks(weight).min(axis=(3, 5)) > 0,
    }


def _blocks(planes):
    """(n, channels, rows, columns) as blocks of 2 x 2, along the axes 3 and 5."""
    count, channels, rows, columns = planes.shape
    return planes.reshape(count, channels, rows // 2, 2, columns // 2, 2)


def tests(data, *, limit, folder):
    """The objects of `choose`, at most `limit` a set, and the arrays of a crop for each prompt.

    Beside what `arrays` gives: `whole`, the target (n, 1, side, side) of the crop in full, and
    `beyond`, the pixels of the object that it does not show. Thin objects get no box.
    """
    groups = pictures(entries(data, "choose", limit=limit))
    paths = {prompt: folder / f"choose-{limit}-{prompt}.npz" for prompt in ZOOM}
    if not all(path.is_file() for path in paths.values()):
        seen = {prompt: [] for prompt in ZOOM}
        for subject in (each for group in groups for each in load(data, group)):
            for prompt, own in seen.items():
                own.append(crop(subject, prompt))
        for prompt, own in seen.items():
            whole = np.stack([each.target for each, _ in own])[:, None]
            beyond = np.array([missing for _, missing in own])
            plain = arrays([each for each, _ in own])
            np.savez(paths[prompt], **plain, whole=whole, beyond=beyond)
    held = {}
    for prompt, path in paths.items():
        with np.load(path) as file:
            held[prompt] = dict(file)
    return [each for group in groups for each in group], held


def crop(subject, prompt):
    """The case that a box or a click on a subject opens, and how much of it is beyond the crop."""
    image, target = subject.image, subject.target
    low, high = tight_box(target) + 0.5
    centre = (low + high) / 2
    if prompt == "click":
        centre = next_click(np.zeros_like(target), target).path[0] + 0.5
    extent = max(12.0, ZOOM[prompt] * float(max(high - low)))
    at = crops.places(crops.View(tuple(centre), extent), np.random.default_rng(0))
    share, inside = crops.cut(target[..., None].astype(np.float32), at)
    shown, _ = crops.cut(window_of(image).apply(image.slice(0)), at)
    held = crops.solid(share[..., 0] * inside)
    planes = np.zeros((4, *held.shape), np.float32)
    scale = crops.SIDE / extent
    if prompt == "box":
        first, last = ((each - centre) * scale + crops.SIDE / 2 - 0.5 for each in (low, high))
        planes[cases.REGION] = draw.box(held.shape, first, last)
    else:
        middle = np.full((1, 2), crops.SIDE / 2 - 0.5)
        planes[cases.INSIDE] = draw.line(held.shape, middle)
    sight = standardised(shown, inside)
    hinted = _hints.hints(sight, planes)
    opened = cases.Case(sight, held, inside.astype(np.float32), planes, hinted)
    return opened, max(0.0, float(target.sum()) * scale**2 - float(share.sum()))
