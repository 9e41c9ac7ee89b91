"""A made-up trunk in three dimensions: organs, bones, lungs, vessels, fat, and what was planted.

Places and sizes are those of an adult in mm (0 is the middle at the height of the lowest
ribs), shaken at random; they are drawn before the voxels are chosen, so the same patient may
lie in two scanners.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from limner.grid import Grid, Vector
from limner.phantoms._solids import Block, Ellipsoid, Flags

# organ: (centre, half axes, turn, tilt), mm and radians, LPS; the left one of a pair is mirrored
ORGANS: dict[str, tuple[Vector, Vector, float, float]] = {
    "liver": ((-58.0, -8.0, 22.0), (84.0, 72.0, 66.0), 0.1, 0.25),
    "spleen": ((96.0, 30.0, 30.0), (26.0, 42.0, 50.0), 0.2, -0.2),
    "stomach": ((52.0, -35.0, 20.0), (44.0, 34.0, 50.0), 0.3, 0.3),
    "pancreas": ((12.0, 0.0, -14.0), (58.0, 13.0, 15.0), 0.25, 0.2),
    "gallbladder": ((-42.0, -48.0, -22.0), (14.0, 17.0, 28.0), 0.0, 0.2),
    "right kidney": ((-62.0, 48.0, -30.0), (25.0, 23.0, 52.0), 0.3, 0.15),
    "left kidney": ((62.0, 48.0, -20.0), (25.0, 23.0, 52.0), -0.3, -0.15),
    "heart": ((24.0, -32.0, 112.0), (58.0, 44.0, 50.0), 0.3, 0.5),
    "right lung": ((-70.0, 8.0, 135.0), (60.0, 80.0, 122.0), 0.0, 0.06),
    "left lung": ((70.0, 8.0, 135.0), (60.0, 80.0, 122.0), 0.0, -0.06),
    "bladder": ((0.0, -22.0, -160.0), (38.0, 32.0, 30.0), 0.0, 0.0),
}
REMOVABLE = ("gallbladder", "spleen", "left kidney", "right kidney")
HOSTS = ("liver", "right lung", "left lung", "left kidney", "right kidney", "spleen", "pancreas")


@dataclass(frozen=True)
class Patient:
    """What was drawn of one patient before any voxel.

    organs    by class, where they would lie
    tumours   planted whole, each fully within its host
    hosts     the organ of each tumour
    removed   organs that were taken out
    trunk_mm  half width and half depth
    fat_mm    thickness of the fat under the skin
    """

    organs: dict[str, Ellipsoid]
    tumours: tuple[Ellipsoid, ...]
    hosts: tuple[str, ...]
    removed: tuple[str, ...]
    trunk_mm: tuple[float, float]
    fat_mm: float


def patient(
    seed: int,
    *,
    tumours: int | None = None,
    hosts: Sequence[str] = HOSTS,
    resected: float = 0.1,
) -> Patient:
    """The patient of a seed.

    tumours   how many; None for 0 to 3 by chance
    hosts     organs that they may lie in
    resected  the chance of each removable organ to be gone
    """
    rng = np.random.default_rng((seed, 0))
    size = float(np.exp(rng.normal(0, 0.06)))
    organs = {name: _shaken(rng, shape, size=size) for name, shape in ORGANS.items()}
    removed = tuple(name for name in REMOVABLE if rng.random() < resected)
    many = int(rng.integers(0, 4)) if tumours is None else tumours
    staying = [name for name in hosts if name not in removed]
    chosen = [str(rng.choice(staying)) for _ in range(many)] if staying else []
    planted = tuple(_planted(rng, organs[name]) for name in chosen)
    fat = float(np.exp(rng.uniform(np.log(7), np.log(38))))
    trunk = (145 * size + fat, (104 + rng.normal(0, 6)) * size + fat * 0.8)
    return Patient(organs, planted, tuple(chosen), removed, trunk, fat)


def _shaken(
    rng: np.random.Generator, shape: tuple[Vector, Vector, float, float], *, size: float
) -> Ellipsoid:
    at, half, turn, tilt = shape
    x, y, z = (np.array(at) * size + rng.normal(0, 4, 3)).tolist()
    a, b, c = (np.array(half) * size * np.exp(rng.normal(0, 0.07, 3))).tolist()
    return Ellipsoid(
        (x, y, z), (a, b, c), turn + float(rng.normal(0, 0.1)), tilt + float(rng.normal(0, 0.1))
    )


def _planted(rng: np.random.Generator, host: Ellipsoid) -> Ellipsoid:
    """A tumour that fits into its host: a small ellipsoid of its own direction."""
    most = min(24.0, 0.55 * min(host.half_mm))
    size = float(np.exp(rng.uniform(np.log(min(6.0, 0.8 * most)), np.log(most))))
    a, b, c = (size * np.exp(rng.uniform(-0.25, 0.0, 3))).tolist()
    way = rng.standard_normal(3)
    way *= rng.uniform(0, 0.85) / np.linalg.norm(way)
    room = np.maximum(np.array(host.half_mm) - size * 1.1, 0)
    roots = np.linalg.eigh(host.form)
    shrunk = roots.eigenvectors @ np.diag(roots.eigenvalues**-0.5) @ roots.eigenvectors.T
    share = float(room.min() / min(host.half_mm))
    x, y, z = (np.array(host.at_mm) + share * shrunk @ way).tolist()
    return Ellipsoid((x, y, z), (a, b, c), float(rng.uniform(0, np.pi)), float(rng.normal(0, 0.5)))


def trunk(who: Patient, grid: Grid, *, seed: int) -> Block:
    """The voxels of a patient on a grid whose axes are the body's own."""
    block = Block(grid, np.random.default_rng((seed, 1)))
    inner = _flesh(block, who)
    chest = block.inside(
        Ellipsoid((0, 4, 95), (who.trunk_mm[0] - who.fat_mm - 8, 0.86 * who.trunk_mm[1], 190))
    )
    _lungs(block, who, chest & inner)
    _belly(block, who, inner)
    _heart(block, who)
    _bones(block, who, inner)
    _vessels(block)
    for number, tumour in enumerate(who.tumours, start=1):
        where = block.inside(tumour)
        block.put(where, "tumour", name=f"tumour {number}")
        if min(tumour.half_mm) > 12 and number % 2:
            middle = Ellipsoid(tumour.at_mm, _times(tumour.half_mm, 0.5), tumour.turn, tumour.tilt)
            block.put(block.inside(middle), "necrosis")
    return block


def _times(vector: Vector, share: float) -> Vector:
    x, y, z = vector
    return x * share, y * share, z * share


def _flesh(block: Block, who: Patient) -> Flags:
    """Skin, fat and muscle; what is left inside them."""
    wide, deep = who.trunk_mm
    shoulder = 1 + 0.16 / (1 + np.exp(-(block.z - 215) / 14))
    waist = 1 - 0.06 * np.exp(-(((block.z + 40) / 60) ** 2)) + 0.05 * (block.z < -120)

    def within(less_mm: float) -> Flags:
        along = np.abs(block.x) / (np.float32(wide - less_mm) * shoulder * waist)
        across = np.abs(block.y + np.float32(6)) / np.float32(deep - less_mm)
        border = 1 + np.float32(0.015) * block.wander
        return np.asarray(along**2.5 + across**2.5 < border)

    block.put(within(0), "fat", name="body")
    block.put(within(who.fat_mm), "muscle")
    inner = within(who.fat_mm + 13) & (block.z < 245)
    block.put(inner, "fat")
    return inner


def _lungs(block: Block, who: Patient, room: Flags) -> None:
    for name in ("right lung", "left lung"):
        solid = who.organs[name]
        x, _, z = solid.at_mm
        dome = Ellipsoid((x, -12, z - 118), (84, 105, 66))
        middle = np.abs(block.x) > 13
        where = block.inside(solid, rough=0.04) & ~block.inside(dome, rough=0.04) & room & middle
        block.put(where, "lung", name=name)
        hilum = (x * 0.45, 12.0, z - 5)
        block.branches(hilum, where, "vein", count=70)


def _belly(block: Block, who: Patient, inner: Flags) -> None:
    """Everything below the diaphragm; organs give way to the lungs above them."""
    lungs = np.isin(block.labels, [n for n, name in enumerate(block.names) if "lung" in name])
    room = inner & ~lungs & (block.z < 120)
    rng = block.rng
    for _ in range(18):
        x, y, z = rng.uniform((-85, -70, -140), (85, 10, -25)).tolist()
        a, b, c = rng.uniform(11, 27, 3).tolist()
        loop = Ellipsoid((x, y, z), (a, b, c), *rng.uniform(0, 3, 2).tolist())
        block.put(block.inside(loop, rough=0.1) & room, "wall")
        content = str(rng.choice(["food", "gas", "contrast", "fluid"], p=(0.5, 0.2, 0.1, 0.2)))
        inside = Ellipsoid(loop.at_mm, _times(loop.half_mm, 0.75), loop.turn, loop.tilt)
        block.put(block.inside(inside, rough=0.1) & room, content)
    looks = {"stomach": "wall", "gallbladder": "fluid", "bladder": "urine"}
    for name in ("stomach", "spleen", "liver", "gallbladder", "pancreas", "bladder"):
        if name in who.removed:
            continue
        where = block.inside(who.organs[name], rough=0.07) & room
        block.put(where, looks.get(name, name), name=name)
        if name == "liver":
            block.branches(who.organs[name].at_mm, where, "vein", count=35)
    solid = who.organs["stomach"]
    hollow = Ellipsoid(solid.at_mm, _times(solid.half_mm, 0.85), solid.turn, solid.tilt)
    mine = block.inside(hollow, rough=0.07) & (block.labels == block.names.index("stomach"))
    block.put(mine, "food")
    block.put(mine & (block.y < solid.at_mm[1] - 8), "gas")  # it rises in who lies on the back
    for name in ("right kidney", "left kidney"):
        if name not in who.removed:
            _kidney(block, who.organs[name], name=name, room=room)


def _kidney(block: Block, solid: Ellipsoid, *, name: str, room: Flags) -> None:
    x, y, z = solid.at_mm
    towards = 14 if x < 0 else -14
    sinus = Ellipsoid((x + towards, y - 2, z), (12, 10, 20))
    block.put(block.inside(solid, rough=0.04) & room, "cortex", name=name)
    pith = Ellipsoid(solid.at_mm, _times(solid.half_mm, 0.68), solid.turn, solid.tilt)
    block.put(block.inside(pith, rough=0.1), "medulla")
    block.put(block.inside(sinus, rough=0.1), "fat")
    block.labels[block.inside(sinus, rough=0.1) & (block.looks == block.tissues.index("fat"))] = 1


def _heart(block: Block, who: Patient) -> None:
    solid = who.organs["heart"]
    block.put(block.inside(solid, rough=0.04), "myocardium", name="heart")
    for shift, share in (((12, -4, -6), 0.5), ((-16, -8, 2), 0.48), ((2, 18, 16), 0.42)):
        x, y, z = (np.array(solid.at_mm) + shift).tolist()
        chamber = Ellipsoid((x, y, z), _times(solid.half_mm, share), solid.turn, solid.tilt)
        block.put(block.inside(chamber, rough=0.07), "blood")


def _bones(block: Block, who: Patient, inner: Flags) -> None:
    """Spine with discs and canal, ribs, breastbone, collar bones, shoulder blades, hips."""
    bow = 8 * np.sin(block.z / np.float32(80))
    shape = block.looks.shape

    def tube(at: tuple[float, float], half: tuple[float, float]) -> Flags:
        across = np.square((block.x - at[0]) / np.float32(half[0]))
        return np.asarray(across + np.square((block.y - at[1] - bow) / np.float32(half[1])) < 1)

    beat = (block.z / np.float32(31)) % 1
    spine, arch = tube((0, 62), (20, 17)), tube((0, 86), (17, 15))
    for hand in (-1, 1):
        block.put(tube((hand * 38, 92), (24, 18)), "muscle")
    spur = (np.abs(block.x) < 4) & (np.abs(block.y - 106 - bow) < 14) & (beat > 0.35)
    block.put(arch | np.broadcast_to(spur, shape), "compact", name="spine")
    block.put(spine, "compact", name="spine")
    block.put(tube((0, 62), (17, 14)) & (beat > 0.25), "marrow")
    block.put(spine & (beat < 0.2), "disc")
    block.put(tube((0, 86), (10, 8)), "cord")
    _ribs(block, who)
    _girdles(block, inner)


def _ribs(block: Block, who: Patient) -> None:
    wide, deep = who.trunk_mm[0] - who.fat_mm - 2, 0.9 * who.trunk_mm[1] - who.fat_mm * 0.6
    cage = block.square(Ellipsoid((0, 4, 85), (wide, deep, 200)))
    level = ((block.z - 0.55 * block.y) / np.float32(29)) % 1
    shell = (cage > 0.87) & (cage < 1) & (block.z > -25) & (block.z < 240)
    front = (block.y < -40) & (np.abs(block.x) < 45)
    rib = shell & (level < 0.42) & ~front
    block.put(rib, "compact", name="ribs")
    block.put(rib & (cage > 0.9) & (cage < 0.97) & (level > 0.08) & (level < 0.34), "marrow")
    plate = (np.abs(block.x) < 16) & (cage > 0.84) & (cage < 1.04) & (block.y < 0)
    block.put(plate & (block.z > 80) & (block.z < 220), "marrow")


def _girdles(block: Block, inner: Flags) -> None:
    for hand in (-1, 1):
        collar = Ellipsoid((hand * 75, -48, 232), (70, 7, 7), hand * 0.25, hand * 0.2)
        blade = Ellipsoid((hand * 98, 84, 175), (34, 4, 58), hand * -0.45, hand * 0.15)
        block.put(block.inside(collar), "compact", name="collar bones")
        block.put(block.inside(blade), "compact")
        hip = Ellipsoid((hand * 88, 30, -135), (12, 52, 58), hand * 0.5, hand * -0.3)
        block.put(block.inside(hip, rough=0.1), "compact", name="hips")
        pith = Ellipsoid(hip.at_mm, (7, 47, 53), hip.turn, hip.tilt)
        block.put(block.inside(pith, rough=0.1), "marrow")
        psoas = Ellipsoid((hand * 40, 52, -85), (20, 20, 85), 0, hand * -0.12)
        empty = block.looks == block.tissues.index("fat")
        block.put(block.inside(psoas) & inner & empty, "muscle")


def _vessels(block: Block) -> None:
    bow = 6 * np.sin(block.z / np.float32(80))
    low = block.z > -110
    aorta = np.square(block.x - 10) + np.square(block.y - 32 - bow) < 11**2
    block.put(aorta & (block.z < 170) & low, "blood", name="aorta")
    cava = np.square((block.x + 16) / 13) + np.square((block.y - 28 - bow) / 9) < 1
    block.put(cava & (block.z < 95) & low, "vein", name="vena cava")
    bend = np.square(np.hypot(block.y - 6, block.z - 168) - 27) + np.square(block.x - 8) < 12**2
    block.put(bend & (block.z > 160), "blood", name="aorta")
