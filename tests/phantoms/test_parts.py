"""Parts, frames and thin things: by hand where it can be, else what each promises."""

import numpy as np
import pytest
from scipy import ndimage

from limner.errors import UnknownName
from limner.phantoms._aperture import framed
from limner.phantoms._layouts import joined, membranes, trees
from limner.phantoms._paint import paint
from limner.phantoms._parts import divided, whole
from limner.phantoms.shapes import SCENE_PARTS, scene


def discs(side=96):
    rows, columns = np.mgrid[:side, :side]
    labels = np.zeros((side, side), np.int32)
    labels[np.hypot(rows - 30, columns - 30) < 20] = 1
    labels[np.hypot(rows - 65, columns - 65) < 14] = 2
    return labels


def test_corners_are_joined_by_one_pixel_each():
    mask = np.eye(4, dtype=bool)
    assert ndimage.label(mask)[1] == 4
    assert joined(mask).sum() == 7
    assert ndimage.label(joined(mask))[1] == 1
    assert ndimage.label(joined(mask[::-1]))[1] == 1
    square = np.ones((3, 3), bool)
    assert np.array_equal(joined(square), square)


def test_what_is_outlined_is_a_union_a_part_or_an_inner_part():
    labels, seen = discs(), set()
    for seed in range(60):
        parts = divided(np.random.default_rng(seed), labels)
        inner = parts.shown >= parts.step
        assert np.array_equal(np.where(inner, parts.shown - parts.step, parts.shown), labels)
        if not inner.any():
            continue
        if np.array_equal(parts.objects, labels):
            seen.add("union")
        elif np.array_equal(parts.objects, parts.shown):
            seen.add("parts")
        else:
            assert np.array_equal(parts.objects, np.where(inner, labels, 0))
            seen.add("inner")
    assert seen == {"union", "parts", "inner"}
    assert whole(labels).step == 3


def test_an_object_of_two_tones_is_one_object():
    """The union's picture shows both parts: their tones differ more often than not."""
    apart = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        parts = divided(rng, discs())
        core, rest = parts.shown == 1 + parts.step, parts.shown == 1
        if core.sum() < 50 or rest.sum() < 50:
            continue
        picture = paint(rng, parts.shown, outer=parts.step)
        apart.append(np.abs(picture[core].mean(axis=0) - picture[rest].mean(axis=0)).max())
    assert np.median(apart) > 0.08


def test_nothing_outside_a_frame_is_outlined():
    labels = np.ones((80, 80), np.int32)
    for seed in range(12):
        noise = np.random.default_rng(99).uniform(0.3, 0.7, (80, 80, 1)).astype(np.float32)
        picture, kept = framed(np.random.default_rng(seed), noise, labels)
        assert np.array_equal(picture == noise, (kept > 0)[..., None])
        assert 0.1 < (kept > 0).mean() <= 1


def test_trees_come_from_one_pixel_to_many_wide():
    widths = []
    for seed in range(30):
        mask = trees(np.random.default_rng(seed), 128) > 0
        if mask.sum() > 60:
            widths.append(2 * np.median(ndimage.distance_transform_edt(mask)[mask]))
    assert min(widths) <= 2
    assert max(widths) > 4  # twice the median depth, so less than the width
    assert np.mean(np.array(widths) <= 4) > 0.4


def test_membranes_keep_cells_apart():
    for seed in range(10):
        labels = membranes(np.random.default_rng(seed), 96)
        touching = (labels[1:] != labels[:-1]) & (labels[1:] > 0) & (labels[:-1] > 0)
        assert touching.mean() < 0.01


@pytest.mark.parametrize("part", SCENE_PARTS)
def test_every_part_can_be_left_out(part):
    kept = [scene(np.random.default_rng(seed), 64) for seed in range(40)]
    left = [scene(np.random.default_rng(seed), 64, without=(part,)) for seed in range(40)]
    assert any(not np.array_equal(one[0], two[0]) for one, two in zip(kept, left, strict=True))


def test_a_part_that_there_is_not_is_named_with_the_nearest():
    pytest.importorskip("torch")
    from limner.learn.material import Generated

    with pytest.raises(UnknownName, match="trees"):
        Generated(without=("tree",))
