"""A voxel of a DICOM series lies where PS3.3 C.7.6.2.1-1 says, however the files are laid out."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from limner.dicom.frames import Frame
from limner.dicom.layout import arrange
from limner.read import open_image
from tests.dicom.make import placed, plane, save

CUBE = [
    np.array(axes, float) * np.array(signs)[:, None]
    for axes in permutations(np.eye(3).tolist())
    for signs in product((1, -1), repeat=3)
]
MM = some.floats(-300, 300, allow_nan=False)
SIZES = some.floats(0.1, 5.0, allow_nan=False)


@some.composite
def rotations(draw):
    """A rotation from a quaternion, its rows are directions."""
    q = np.array([draw(some.floats(-1, 1)) for _ in range(4)])
    size = np.linalg.norm(q)
    if size < 0.1:
        return np.eye(3)
    w, x, y, z = q / size
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def frames_of(axes, *, origin, spacing, step, count, shear=(0.0, 0.0)):
    """Frames whose columns grow along axes[0], rows along axes[1], and slices along axes[2]."""
    along, down, across = axes
    move = across * step + along * shear[0] + down * shear[1]
    return [
        Frame(
            file=k,
            number=1,
            uid=f"1.{k}",
            size=(4, 5),
            position=tuple(np.array(origin) + k * move),
            orientation=(*along, *down),
            spacing=spacing,
        )
        for k in range(count)
    ]


def check(frames):
    """Every corner of every slice against the equation of the standard."""
    layout = arrange(frames)
    steps = np.array(layout.steps_mm)
    assert len(layout.cells[0]) == len(frames)
    for k, cell in enumerate(layout.cells[0]):
        frame = cell.first
        assert cell.second is None
        along, down = np.array(frame.orientation[:3]), np.array(frame.orientation[3:])
        between_rows, between_columns = frame.spacing
        for row, column in product((0, 3), (0, 4)):
            said = np.array(frame.position) + row * between_rows * down
            said = said + column * between_columns * along
            ours = np.array(layout.origin_mm) + np.array((k, row, column)) @ steps
            assert np.abs(ours - said).max() < 1e-9
    # The slices follow the normal of the image plane.
    assert steps[0] @ np.cross(along, down) > 0


@pytest.mark.parametrize("axes", CUBE, ids=lambda axes: "".join(f"{v:+.0f}" for v in axes.ravel()))
def test_all_48_orientations(axes):
    check(frames_of(axes, origin=(-7.0, 11.0, 13.0), spacing=(0.7, 0.9), step=2.5, count=5))


@given(
    axes=rotations(),
    origin=some.tuples(MM, MM, MM),
    spacing=some.tuples(SIZES, SIZES),
    step=SIZES,
    shear=some.tuples(some.floats(-1, 1), some.floats(-1, 1)),
    order=some.randoms(use_true_random=False),
)
def test_oblique_and_tilted_in_any_order(axes, origin, spacing, step, shear, order):
    frames = frames_of(axes, origin=origin, spacing=spacing, step=step, count=6, shear=shear)
    order.shuffle(frames)
    check(frames)


@pytest.mark.parametrize("turn", range(3))
def test_simpleitk_agrees_on_places_and_samples(tmp_path, turn):
    sitk = pytest.importorskip("SimpleITK")
    angle = 0.3 + turn
    along = (np.cos(angle), np.sin(angle), 0.0)
    down = (0.0, 0.0, -1.0)
    normal = np.cross(along, down)
    names = ["c.dcm", "a.dcm", "e.dcm", "b.dcm", "d.dcm"]
    for k, name in enumerate(names):
        position = np.array((12.0, -8.0, 33.0)) + normal * 2.5 * k
        save(
            placed(plane(k), position.round(6), orientation=np.round((*along, *down), 6)),
            tmp_path / name,
        )
    image = open_image(tmp_path)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path)))
    other = reader.Execute()
    assert np.array_equal(image.whole()[..., 0], sitk.GetArrayFromImage(other))
    for index in product((0, 4), (0, 3), (0, 4)):
        theirs = other.TransformIndexToPhysicalPoint(index[::-1])
        assert image.grid.position_mm(index) == pytest.approx(theirs, abs=1e-5)


@settings(max_examples=8)
@given(order=some.permutations(range(5)))
def test_names_of_files_change_nothing(tmp_path_factory, order):
    folder = tmp_path_factory.mktemp("shuffled")
    for k, place in enumerate(order):
        save(placed(plane(k), (1.0, 2.0, 3.0 * k), uid=f"1.2.{k + 1}"), folder / f"{place}.dcm")
    image = open_image(folder)
    assert image.whole()[:, 0, 0, 0].tolist() == [100 * k - 1024 for k in range(5)]
    assert [each.sop_instance_uid for each in image.source.slices] == [
        f"1.2.{k + 1}" for k in range(5)
    ]
