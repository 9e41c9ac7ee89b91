"""Sections through people: each function puts the organs of one place on a canvas."""

import numpy as np

from limner.phantoms._canvas import Canvas
from limner.phantoms._layouts import Field, smooth


def trunk(canvas: Canvas, *, half: tuple[float, float], fat: float) -> Field:
    """Skin, fat, muscle and what they hold; gives the distance from the middle of the inside."""
    edge = canvas.ellipse((0, 0), half, rough=0.02, loose=0.06)
    canvas.put(edge < 1, "skin", named=False)
    canvas.put(edge < 0.98, "fat")
    inner = canvas.ellipse(
        (-0.02, 0), (half[0] * (1 - fat), half[1] * (1 - fat)), rough=0.02, loose=0.02
    )
    canvas.put(inner < 1, "muscle")
    canvas.put(inner < 0.9, "fat", named=False)  # between the organs
    return inner


def spine(canvas: Canvas, down: float) -> None:
    """A vertebra with its canal, arch and the muscles beside it."""
    for side in (-1, 1):
        canvas.put(canvas.ellipse((down + 0.17, side * 0.24), (0.16, 0.19)) < 1, "muscle")
    arch = canvas.ellipse((down + 0.17, 0), (0.12, 0.17), rough=0.2)
    canvas.put(arch < 1, "compact", named=False)
    spur = canvas.ellipse((down + 0.3, 0), (0.13, 0.03))
    canvas.put(spur < 1, "compact", named=False)
    body = canvas.ellipse((down, 0), (0.12, 0.16), rough=0.03)
    canvas.put(body < 1, "compact")
    canvas.put(body < 0.86, "marrow", named=False)
    canal = canvas.ellipse((down + 0.155, 0), (0.05, 0.07), rough=0.02)
    canvas.put(canal < 1, "fluid", named=False)
    canvas.put(canal < 0.7, "cord")


def ribs(canvas: Canvas, inner: Field, *, count: int) -> None:
    """Ribs cut slantwise, in the wall between `inner` 0.9 and 1."""
    rng = canvas.rng
    angle = np.arctan2(canvas.down, canvas.across)
    start = rng.uniform(0, 2 * np.pi)
    wave = np.cos((angle + start) * count) - rng.uniform(0.3, 0.8)
    seen = (wave > 0) & (np.abs(inner - 0.95) < 0.032) & (inner < 1)
    canvas.put(seen, "compact", named=False)
    canvas.put((wave > 0.12) & (np.abs(inner - 0.95) < 0.014), "marrow", named=False)


def bowel(canvas: Canvas, at: tuple[float, float], size: float) -> None:
    """A loop of bowel: wall and content, sometimes with a level of gas above it."""
    rng = canvas.rng
    turn = rng.uniform(0, np.pi)
    loop = canvas.ellipse(at, (size, size * rng.uniform(1, 2)), turn=turn, rough=0.12, loose=0.1)
    canvas.put(loop < 1, "wall")
    content = str(rng.choice(["food", "fluid", "contrast", "wall"]))
    canvas.put(loop < rng.uniform(0.6, 0.85), content, named=False)
    if rng.random() < 0.4:
        level = at[0] + rng.uniform(-0.6, 0.6) * size
        canvas.put((loop < 0.8) & (canvas.down < level), "gas", named=False)


def kidney(canvas: Canvas, at: tuple[float, float], side: int) -> None:
    """Cortex, medulla, sinus, and now and then a cyst or a tumour."""
    rng = canvas.rng
    half, turn = (0.15, 0.105), side * rng.uniform(0.2, 0.9)
    bean = canvas.ellipse(at, half, turn=turn, rough=0.03)
    notch = canvas.ellipse((at[0] - 0.02, at[1] - side * 0.12), (0.06, 0.06), rough=0.1)
    canvas.put((bean < 1) & (notch > 1), "cortex", name="kidney")
    canvas.put((bean < 0.72) & (notch > 1), "medulla", named=False)
    canvas.put((bean < 0.4 + 0.2 * rng.random()) & (notch > 0.6), "fat", named=False)
    if rng.random() < 0.25:
        place = (at[0] + rng.normal(0, 0.08), at[1] + side * rng.uniform(0, 0.1))
        size = rng.uniform(0.02, 0.08)
        lump = canvas.ellipse(place, (size, size))
        canvas.put(lump < 1, str(rng.choice(["tumour", "fluid"])))


def lesions(canvas: Canvas, within: Field, tissue: str = "tumour", *, most: int = 3) -> None:
    """Up to `most` named lumps where `within` < 0.85, some with a rim or a dead middle."""
    rng = canvas.rng
    places = np.flatnonzero(within < 0.85)
    if not places.size:
        return
    for place in rng.choice(places, int(rng.integers(0, most + 1))):
        at = (float(canvas.down.flat[place]), float(canvas.across.flat[place]))
        size = float(np.exp(rng.uniform(np.log(0.025), np.log(0.14))))
        slim = float(np.exp(rng.normal(0, 0.25)))
        lump = canvas.ellipse(
            at, (size * slim, size / slim), turn=rng.uniform(0, 3), rough=rng.uniform(0, 0.2)
        )
        inside = (lump < 1) & (within < 1)
        canvas.put(inside, tissue)
        if rng.random() < 0.3:
            canvas.put(inside & (lump > 0.75), "rim", named=False)
        if rng.random() < 0.3:
            canvas.put(lump < rng.uniform(0.3, 0.7), "necrosis", named=False)


def abdomen(canvas: Canvas) -> None:
    """Liver, stomach, spleen, kidneys, pancreas, bowel, great vessels, spine."""
    rng = canvas.rng
    inner = trunk(canvas, half=(rng.uniform(0.6, 0.78), 0.95), fat=rng.uniform(0.06, 0.22))
    ribs(canvas, inner, count=int(rng.integers(5, 9)))
    inside = inner < 0.89
    low = rng.random()  # 0 under the diaphragm, 1 at the navel
    for _ in range(int(rng.integers(2, 5)) + int(5 * low)):
        bowel(canvas, (rng.uniform(-0.4, 0.1), rng.uniform(-0.55, 0.55)), rng.uniform(0.05, 0.1))
    size = 1.1 - 0.6 * low
    liver = canvas.ellipse(
        (-0.1, -0.42), (0.42 * size, 0.42 * size), turn=rng.normal(0, 0.3), rough=0.08
    )
    lobe = canvas.ellipse((-0.3, -0.1), (0.17 * size, 0.35 * size), rough=0.08)
    liver = np.maximum(np.minimum(liver, lobe), inner / np.float32(0.89))
    if low < 0.85:
        canvas.put(liver < 1, "liver")
        canvas.dots(liver < 0.9, "vein", most=14, size=0.022)
        lesions(canvas, liver)
        if rng.random() < 0.5:
            bladder = canvas.ellipse((-0.18, -0.28), (0.11, 0.065), turn=rng.normal(0, 0.5))
            canvas.put((bladder < 1) & inside, "fluid", name="gallbladder")
    if low < 0.7:
        stomach = canvas.ellipse((-0.25, 0.28), (0.18, 0.28), turn=0.5, rough=0.08)
        canvas.put((stomach < 1) & inside, "wall", name="stomach")
        canvas.put((stomach < 0.82) & inside, str(rng.choice(["food", "contrast"])), named=False)
        if rng.random() < 0.6:
            level = rng.uniform(-0.4, -0.2)
            canvas.put((stomach < 0.82) & inside & (canvas.down < level), "gas", named=False)
        spleen = canvas.ellipse((0.08, 0.62), (0.24, 0.12), turn=-0.35, rough=0.06)
        canvas.put((spleen < 1) & inside, "spleen")
        lesions(canvas, np.maximum(spleen, inner / np.float32(0.89)), most=1)
    spine(canvas, 0.28)
    for side in (-1, 1):
        if rng.random() < 0.92:
            kidney(canvas, (0.2 + rng.normal(0, 0.04), side * 0.42), side)
        if low > 0.4:
            canvas.put(canvas.ellipse((0.24, side * 0.25), (0.1, 0.08)) < 1, "muscle")
    _vessels(canvas)
    if rng.random() < 0.7:
        gland = canvas.ellipse((-0.03, 0.08), (0.05, 0.26), turn=rng.normal(0.2, 0.2), rough=0.16)
        canvas.put(gland < 1, "pancreas")
        lesions(canvas, gland, most=1)


def _vessels(canvas: Canvas) -> None:
    aorta = canvas.ellipse((0.09, 0.06), (0.055, 0.055), rough=0.02)
    canvas.put(aorta < 1, "blood", name="aorta")
    if canvas.rng.random() < 0.25:
        canvas.put((aorta > 0.85) & (aorta < 1), "compact", named=False)  # chalk
    cava = canvas.ellipse((0.08, -0.1), (0.05, 0.07), rough=0.04)
    canvas.put(cava < 1, "vein", name="vena cava")


def chest(canvas: Canvas) -> None:
    """Lungs with vessels and nodules, heart, great vessels, ribs, spine, breasts."""
    rng = canvas.rng
    if rng.random() < 0.4:
        for side in (-1, 1):
            breast = canvas.ellipse((-0.6, side * 0.42), (0.25, 0.3), rough=0.03)
            canvas.put(breast < 1, "fat")
            gland = canvas.ellipse((-0.62, side * 0.42), (0.15, 0.18), rough=0.25)
            canvas.put(gland < 1, "breast")
            lesions(canvas, gland, most=1)
    inner = trunk(canvas, half=(rng.uniform(0.58, 0.75), 0.95), fat=rng.uniform(0.04, 0.16))
    ribs(canvas, inner, count=int(rng.integers(5, 10)))
    inside = inner < 0.9
    size = rng.uniform(0.7, 1.1)
    middle = canvas.ellipse((-0.1, 0.02), (0.55, 0.16 * size), rough=0.08)
    canvas.put(inside & (middle < 1.3), "fat", named=False)
    lungs = inside & (middle > 1)
    for side in (-1, 1):
        lung = canvas.ellipse((0.02, side * 0.45), (0.52 * size, 0.34 * size), rough=0.04)
        here = lungs & (lung < 1)
        canvas.put(here, "lung")
        canvas.dots(here, "vein", most=30, size=0.012)
        lesions(canvas, np.where(here, lung, np.float32(9)), most=2)
        if rng.random() < 0.15:
            canvas.put(
                here & (canvas.down > rng.uniform(0.1, 0.4)), "fluid", name="effusion"
            )  # effusion
    if rng.random() < 0.7:
        short_axis(canvas, at=(-0.16, 0.14), size=rng.uniform(0.16, 0.3), around=False)
    else:
        for at, half in (((-0.2, -0.08), 0.08), ((-0.16, 0.05), 0.07), ((-0.02, 0.06), 0.05)):
            canvas.put(canvas.ellipse(at, (half, half), loose=0.1) < 1, "blood")
        for side in (-1, 1):
            canvas.put(canvas.ellipse((0, side * 0.09), (0.04, 0.04)) < 1, "gas")
    canvas.put(canvas.ellipse((0.15, 0.14), (0.055, 0.055), rough=0.02) < 1, "blood")
    gullet = canvas.ellipse((0.1, 0.03), (0.03, 0.04))
    canvas.put(gullet < 1, "wall")
    spine(canvas, 0.28)


def pelvis(canvas: Canvas) -> None:
    """Hips, femoral heads, bladder, prostate or womb, rectum, muscles."""
    rng = canvas.rng
    inner = trunk(canvas, half=(rng.uniform(0.55, 0.68), 0.97), fat=rng.uniform(0.08, 0.25))
    for side in (-1, 1):
        buttock = canvas.ellipse((0.35, side * 0.5), (0.22, 0.32), rough=0.06)
        canvas.put((buttock < 1) & (inner < 1), "muscle")
        blade = canvas.ellipse((0.0, side * 0.5), (0.3, 0.07), turn=side * 0.5, rough=0.15)
        _bone(canvas, blade)
        if rng.random() < 0.7:
            _bone(canvas, canvas.ellipse((0.02, side * 0.62), (0.14, 0.14), rough=0.03))
            _bone(canvas, canvas.ellipse((0.1, side * 0.78), (0.09, 0.1), rough=0.08))
        vessels = (-0.28 + rng.normal(0, 0.03), side * rng.uniform(0.35, 0.5))
        canvas.put(canvas.ellipse(vessels, (0.04, 0.04)) < 1, "blood")
        other = (vessels[0] + 0.03, vessels[1] - side * 0.09)
        canvas.put(canvas.ellipse(other, (0.045, 0.045)) < 1, "vein")
    for _ in range(int(rng.integers(0, 4))):
        bowel(canvas, (rng.uniform(-0.4, -0.1), rng.uniform(-0.3, 0.3)), rng.uniform(0.05, 0.09))
    bladder = canvas.ellipse((-0.14, 0), (rng.uniform(0.1, 0.22), 0.24), rough=0.05)
    canvas.put(bladder < 1, "wall")
    canvas.put(bladder < rng.uniform(0.8, 0.94), "urine", name="bladder")
    gland(canvas, (0.1, 0), rng.uniform(0.11, 0.2))
    rectum = canvas.ellipse((0.32, 0), (0.09, 0.09), rough=0.1)
    canvas.put(rectum < 1, "wall")
    canvas.put(rectum < 0.6, str(rng.choice(["gas", "food", "wall"])), named=False)
    _bone(canvas, canvas.ellipse((0.48, 0), (0.05, 0.12), rough=0.15))


def gland(canvas: Canvas, at: tuple[float, float], size: float) -> None:
    """A prostate: outer zone, darker knotty inner zone, perhaps a tumour."""
    rng = canvas.rng
    whole = canvas.ellipse(at, (size * 0.85, size), rough=0.04)
    canvas.put(whole < 1, "gland")
    canvas.put((whole > 0.93) & (whole < 1), "muscle", named=False)
    inner = canvas.ellipse((at[0] - 0.2 * size, at[1]), (size * 0.5, size * 0.62), rough=0.06)
    canvas.put(inner < 1, "muscle")
    canvas.dots(inner < 0.85, "gland", most=10, size=0.25 * size)
    if rng.random() < 0.5:
        spot = (at[0] + size * rng.uniform(-0.3, 0.5), at[1] + size * rng.uniform(-0.6, 0.6))
        lump = canvas.ellipse(spot, (size * 0.22, size * 0.3), turn=rng.uniform(0, 3), rough=0.1)
        canvas.put((lump < 1) & (whole < 1), "tumour")


def _bone(canvas: Canvas, distance: Field, *, core: float = 0.8) -> None:
    canvas.put(distance < 1, "compact")
    canvas.put(distance < core + canvas.rng.normal(0, 0.04), "marrow", named=False)


def limb(canvas: Canvas) -> None:
    """One or two arms or legs cut across: fat, muscle bellies, bones, vessels, a sarcoma."""
    rng = canvas.rng
    pair = rng.random() < 0.4
    for side in (-1, 1) if pair else (0,):
        scale = 0.46 if pair else rng.uniform(0.6, 0.9)
        middle = (0.0, side * 0.5)
        edge = canvas.ellipse(middle, (scale, scale), rough=0.03)
        canvas.put(edge < 1, "skin", named=False)
        canvas.put(edge < 0.97, "fat")
        inner = edge / np.float32(rng.uniform(0.72, 0.93))
        canvas.put(inner < 1, "fat", named=False)
        count, start = int(rng.integers(4, 9)), rng.uniform(0, 2 * np.pi)
        for number in range(count):
            angle = start + 2 * np.pi * number / count
            far = scale * rng.uniform(0.42, 0.52)
            at = (middle[0] + far * np.sin(angle), middle[1] + far * np.cos(angle))
            belly = canvas.ellipse(at, (scale * 0.3, scale * 0.24), turn=-angle, rough=0.06)
            canvas.put((belly < 1) & (inner < 0.97), "muscle")
        places = ((0.0, 0.0),) if rng.random() < 0.6 else ((-0.1, -0.25), (0.15, 0.3))
        for down, right in places:
            radius = scale * rng.uniform(0.13, 0.24)
            at = (middle[0] + down * scale, middle[1] + right * scale)
            _bone(canvas, canvas.ellipse(at, (radius, radius), rough=0.06), core=0.62)
        for tissue in ("blood", "vein"):
            at = (middle[0] + rng.normal(0, 0.25) * scale, middle[1] + rng.normal(0, 0.25) * scale)
            radius = scale * rng.uniform(0.04, 0.07)
            canvas.put(canvas.ellipse(at, (radius, radius)) < 1, tissue)
        lesions(canvas, inner, most=1)


def brain(canvas: Canvas) -> None:
    """Head across: scalp, skull, folded cortex, white matter, deep nuclei, ventricles, lesions."""
    rng = canvas.rng
    bare = rng.random() < 0.3  # the skull was taken off
    edge = canvas.ellipse((0, 0), (0.95, rng.uniform(0.7, 0.82)), rough=0.012)
    if not bare:
        canvas.put(edge < 1, "skin")
        canvas.put(edge < 0.975, "fat", named=False)
        canvas.put(edge < rng.uniform(0.92, 0.95), "compact")
        canvas.put((edge < 0.915) & (edge > 0.89), "marrow", named=False)
        canvas.put(edge < 0.87, "fluid", named=False)
    folds = smooth(rng, canvas.side, knots=int(rng.integers(14, 24)))
    furrow = np.exp(-((folds * np.float32(rng.uniform(3, 7))) ** 2)) * np.float32(0.11)
    cleft = np.abs(canvas.across + canvas.wander(0.008)) * np.float32(6)
    cut = np.float32(0.09) * np.exp(-cleft * cleft)
    surface = edge + cut + furrow
    whole = surface < 0.84
    canvas.put(whole, "grey")
    ripple = 1.4 * furrow + canvas.wander(0.03)
    canvas.put(edge + 1.2 * cut + ripple < rng.uniform(0.74, 0.8), "white")
    wide = np.exp(rng.normal(0, 0.35))
    for side in (-1, 1):
        for at, half, turn in (
            ((-0.04, side * 0.2), (0.13, 0.07), side * -0.3),
            ((0.12, side * 0.14), (0.1, 0.08), 0.0),
            ((-0.2, side * 0.13), (0.1, 0.045), 0.0),
        ):
            canvas.put(canvas.ellipse(at, half, turn=turn, rough=0.05) < 1, "deep")
        front = canvas.ellipse((-0.22, side * 0.07), (0.15, 0.04 * wide), turn=side * 0.35)
        back = canvas.ellipse((0.26, side * 0.13), (0.16, 0.045 * wide), turn=side * -0.4)
        canvas.put(np.minimum(front, back) < 1, "fluid", name="ventricles")
    third = (np.abs(canvas.across) < 0.012 * wide) & (np.abs(canvas.down) < 0.1)
    canvas.put(third, "fluid", name="ventricles")
    if rng.random() < 0.55:
        kind = str(rng.choice(["tumour", "haemorrhage", "oedema", "rim"]))
        place = rng.uniform(-0.45, 0.45, 2)
        size = float(np.exp(rng.uniform(np.log(0.05), np.log(0.28))))
        lump = canvas.ellipse((place[0], place[1]), (size, size * 0.8), rough=0.12)
        if rng.random() < 0.5:
            canvas.put((lump + canvas.wander(0.2) < 1.6) & whole, "oedema")
        canvas.put((lump < 1) & whole, kind, name="tumour" if kind == "rim" else kind)
        if rng.random() < 0.4:
            canvas.put((lump < 0.65) & whole, "necrosis")


def short_axis(
    canvas: Canvas,
    *,
    at: tuple[float, float] = (0.0, 0.1),
    size: float = 0.3,
    around: bool = True,
) -> None:
    """The heart across its axis: left chamber in its ring, right chamber as a crescent."""
    rng = canvas.rng
    if around:
        inner = trunk(canvas, half=(0.9, 1.0), fat=0.1)
        for side in (-1, 1):
            lung = canvas.ellipse((0.1, side * 0.62), (0.5, 0.35), rough=0.1)
            canvas.put((lung < 1) & (inner < 0.88), "lung")
        low = canvas.ellipse((0.7, -0.3), (0.3, 0.5), rough=0.1)
        canvas.put((low < 1) & (inner < 0.88), "liver")
        canvas.put(canvas.ellipse((0.35, 0.2), (0.07, 0.07)) < 1, "blood", name="aorta")
    sack = canvas.ellipse((at[0], at[1] - 0.4 * size), (size * 1.35, size * 1.7), rough=0.05)
    canvas.put(sack < 1, "fat", named=False)
    turn = rng.normal(0, 0.3)
    wall = rng.uniform(0.55, 0.8)
    right_at = (at[0] - 0.1 * size, at[1] - rng.uniform(0.85, 1.1) * size)
    right = canvas.ellipse(right_at, (size * 1.05, size * 0.8), turn=turn, rough=0.06)
    canvas.put(right < 1.1, "myocardium", named=False)
    canvas.put(right < 1, "vein", name="right ventricle")
    left = canvas.ellipse(at, (size, size), rough=0.03)
    canvas.put(left < 1, "myocardium")
    chamber = left + canvas.wander(0.03)
    canvas.put(chamber < wall, "blood", name="left ventricle")
    if rng.random() < 0.6:
        for angle in rng.uniform(0, 2 * np.pi, 2):
            spot = (
                at[0] + 0.7 * wall * size * np.sin(angle),
                at[1] + 0.7 * wall * size * np.cos(angle),
            )
            knob = canvas.ellipse(spot, (0.13 * size, 0.13 * size))
            canvas.put((knob < 1) & (chamber < wall), "myocardium", named=False)
    if rng.random() < 0.2:  # a scar, bright after contrast
        scar = canvas.ellipse((at[0], at[1] + 0.8 * size), (0.6 * size, 0.35 * size), rough=0.1)
        canvas.put((scar < 1) & (left < 1) & (chamber > wall), "rim", name="scar")


def coronal(canvas: Canvas) -> None:
    """A trunk from the front: lungs above, liver, spleen, kidneys, spine, hips."""
    rng = canvas.rng
    width = np.float32(rng.uniform(0.7, 0.85)) - 0.12 * np.cos(2.5 * canvas.down)
    inner = np.abs(canvas.across) / width + canvas.wander(0.015)
    canvas.put(inner < 1.02, "skin", named=False)
    canvas.put(inner < 1, "fat")
    canvas.put(inner < rng.uniform(0.84, 0.93), "muscle")
    canvas.put(inner < 0.8, "fat", named=False)
    for _ in range(int(rng.integers(3, 9))):
        bowel(canvas, (rng.uniform(0.1, 0.8), rng.uniform(-0.45, 0.45)), rng.uniform(0.05, 0.1))
    for side in (-1, 1):
        dome = canvas.ellipse((-0.85, side * 0.38), (0.6, 0.3), rough=0.03)
        canvas.put((dome < 1) & (inner < 0.85), "lung")
        canvas.dots(dome < 0.9, "vein", most=15, size=0.015)
        psoas = canvas.ellipse((0.45, side * 0.2), (0.4, 0.1), turn=side * -0.25)
        canvas.put(psoas < 1, "muscle")
        hip = canvas.ellipse((0.85, side * 0.45), (0.25, 0.09), turn=side * -0.5, rough=0.1)
        _bone(canvas, hip)
    liver = np.maximum(canvas.ellipse((-0.2, -0.4), (0.34, 0.36), rough=0.07), inner / 0.85)
    canvas.put(liver < 1, "liver")
    canvas.dots(liver < 0.9, "vein", most=10, size=0.02)
    lesions(canvas, liver, most=2)
    spleen = np.maximum(canvas.ellipse((-0.2, 0.5), (0.2, 0.14), rough=0.05), inner / 0.85)
    canvas.put(spleen < 1, "spleen")
    if rng.random() < 0.5:
        canvas.put(canvas.ellipse((-0.35, 0.05), (0.25, 0.2), rough=0.08) < 1, "myocardium")
    column = np.abs(canvas.across) < 0.1
    canvas.put(column, "compact", named=False)
    pitch = rng.uniform(0.16, 0.24)
    beat = (canvas.down / pitch) % 1
    canvas.put(column & (beat > 0.24), "marrow")
    canvas.put(column & (beat < 0.2), "disc", named=False)
    if rng.random() < 0.6:
        canvas.put(np.abs(canvas.across + 0.02 * canvas.down) < 0.045, "fluid")
    for side in (-1, 1):
        kidney(canvas, (0.12, side * 0.36), side)
