"""read(write(mask)) == mask, and every voxel stays where it is, whatever the grid."""

from itertools import permutations, product

import hypothesis.strategies as some
import nibabel
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings

from limner.formats import nifti, npz, png
from limner.grid import Grid
from limner.image import Image, Source
from limner.mask import Mask, Object
from limner.nifti import affine_of, open_volume, save_volume
from limner.read import nifti as read_nifti
from limner.schema import PALETTE, Label, Schema

LPS_OF_RAS = np.array([-1, -1, 1])
ORIENTATIONS = list(product(permutations(range(3)), product((1, -1), repeat=3)))  # 48
EPS = float(np.finfo(np.float32).eps)

settings.register_profile(
    "files", parent=settings.get_profile("everyday"), suppress_health_check=list(HealthCheck)
)
FILES = settings(settings.get_profile("files"), max_examples=25)


def rotation(a: float, b: float, c: float) -> np.ndarray:
    """Three turns about x, y and z, radians."""
    ca, sa, cb, sb, cc, sc = np.cos(a), np.sin(a), np.cos(b), np.sin(b), np.cos(c), np.sin(c)
    about_x = np.array([[1, 0, 0], [0, ca, -sa], [0, sa, ca]])
    about_y = np.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])
    about_z = np.array([[cc, -sc, 0], [sc, cc, 0], [0, 0, 1]])
    return about_x @ about_y @ about_z


@some.composite
def grids(draw, *, shears=True) -> Grid:
    """Any of the 48 orientations, oblique, anisotropic and, if wished, sheared."""
    order, signs = draw(some.sampled_from(ORIENTATIONS))
    sizes = np.array(draw(some.tuples(*[some.floats(0.2, 6.0)] * 3)))
    angles = draw(some.tuples(*[some.sampled_from([0.0, 0.0, 0.1, -0.7])] * 3))
    axes = np.eye(3)[list(order)] * np.array(signs)[:, None] @ rotation(*angles).T
    if shears:
        axes[0] += draw(some.sampled_from([0.0, 0.2, -0.4])) * axes[1]
    origin = draw(some.tuples(*[some.floats(-400, 400)] * 3))
    shape = draw(some.tuples(*[some.integers(1, 6)] * 3))
    return Grid(shape, origin, tuple(map(tuple, axes * sizes[:, None])))


@some.composite
def masks(draw, *, grid=None, most=4) -> Mask:
    """Labels of up to `most` objects with classes, names and answered slices."""
    where = draw(grids()) if grid is None else grid
    ids = draw(some.lists(some.integers(1, 300), unique=True, max_size=most))
    seed = draw(some.integers(0, 2**31))
    layer = np.random.default_rng(seed).choice([0, *ids], where.shape).astype(np.uint16)
    labels = tuple(Label(3 * n + 2, f"class {n} µ\"'", colour=PALETTE[n]) for n in range(len(ids)))
    objects = tuple(
        Object(
            number,
            labels[n].name,
            name="lesion ü" if n else "",
            tracking_uid=f"2.25.{number}",
            source="model" if n else "",
            slices=(0,) if n % 2 else (),
        )
        for n, number in enumerate(ids)
    )
    return Mask(where, (layer,), objects, schema=Schema(labels))


def precision_mm(grid: Grid) -> float:
    """How far float32 entries of an affine may move a corner: half a unit in each."""
    reach = np.abs(grid.origin_mm).max() + sum(
        np.abs(step).max() * n for step, n in zip(grid.steps_mm, grid.shape, strict=True)
    )
    return float(2 * EPS * reach + 1e-12)


@FILES
@given(masks())
def test_a_mask_comes_back_from_nifti_as_it_was(tmp_path, mask):
    path = tmp_path / "mask.nii"
    nifti.write(mask, path)
    assert nifti.read(path) == mask


@pytest.mark.parametrize("order, signs", ORIENTATIONS)
def test_every_orientation_keeps_every_voxel_in_place(tmp_path, order, signs):
    """By nibabel's own affine, and without our record: positions in the sform alone."""
    axes = (np.eye(3)[list(order)] * np.array(signs)[:, None]) @ rotation(0.2, -0.3, 0.5).T
    steps = axes * np.array([2.5, 0.7, 0.9])[:, None]
    steps[0] += 0.3 * steps[1]  # a tilted gantry
    grid = Grid((3, 4, 5), (-120.3, 88.8, 1500.0), tuple(map(tuple, steps)))
    samples = np.arange(60, dtype=np.uint8).reshape(1, 3, 4, 5)
    path = tmp_path / "volume.nii.gz"
    save_volume(samples, grid, path)
    theirs = nibabel.load(path)
    voxels = np.asarray(theirs.dataobj)
    for index in [(0, 0, 0), (2, 3, 4), (1, 0, 3)]:
        ijk = index[::-1]
        place = nibabel.affines.apply_affine(theirs.affine, ijk) * LPS_OF_RAS
        assert np.allclose(place, grid.position_mm(index), atol=precision_mm(grid), rtol=0)
        assert voxels[ijk] == samples[0][index]
    back = open_volume(path)
    assert np.array_equal(back.stored[..., 0], samples)
    assert np.abs(back.grid.corners_mm() - grid.corners_mm()).max() <= precision_mm(grid)


@FILES
@given(grids())
def test_geometry_alone_comes_back_within_float32(tmp_path, grid):
    path = tmp_path / "volume.nii"
    save_volume(np.zeros((1, *grid.shape), np.uint8), grid, path)
    back = open_volume(path).grid
    assert np.abs(back.corners_mm() - grid.corners_mm()).max() <= precision_mm(grid)
    assert np.allclose(affine_of(back), nibabel.load(path).affine, atol=1e-12, rtol=0)


@FILES
@given(grids(shears=False))
@example(Grid((2, 3, 4), (1, 2, 3), ((0, 0, -3), (0, 2, 0), (-1, 0, 0))))
def test_qform_alone_places_the_same(tmp_path, grid):
    """Another program that drops the sform must not move the mask by a thousandth voxel."""
    path = tmp_path / "volume.nii"
    save_volume(np.zeros((1, *grid.shape), np.uint8), grid, path, codes=(1, 1))
    theirs = nibabel.load(path)
    assert int(theirs.header["qform_code"]) == 1
    corners = np.array(list(product(*((0, n - 1) for n in grid.shape))))
    placed = nibabel.affines.apply_affine(theirs.get_qform(), corners[:, ::-1]) * LPS_OF_RAS
    apart = np.linalg.norm(placed - grid.corners_mm(), axis=1).max()
    assert apart <= 1e-3 * min(grid.spacing_mm) + precision_mm(grid)


def test_a_sheared_grid_is_not_put_into_the_qform(tmp_path):
    grid = Grid((2, 3, 4), steps_mm=((0, 1, 3), (0, 2, 0), (1, 0, 0)))
    path = tmp_path / "volume.nii"
    save_volume(np.zeros((1, *grid.shape), np.uint8), grid, path, codes=(1, 1))
    header = nibabel.load(path).header
    assert (int(header["sform_code"]), int(header["qform_code"])) == (1, 0)


@FILES
@given(grids(shears=False))
def test_simpleitk_reads_the_same_places(tmp_path, grid):
    itk = pytest.importorskip("SimpleITK")
    path = tmp_path / "volume.nii"
    samples = np.arange(np.prod(grid.shape), dtype=np.int16).reshape(1, *grid.shape)
    save_volume(samples, grid, path)
    theirs = itk.ReadImage(str(path))
    last = tuple(n - 1 for n in grid.shape)
    for index in [(0, 0, 0), last]:
        place = theirs.TransformIndexToPhysicalPoint(index[::-1])
        assert np.allclose(place, grid.position_mm(index), atol=1e-3 * min(grid.spacing_mm))
        assert theirs[index[::-1]] == samples[0][index]


@FILES
@given(masks(grid=Grid.picture(5, 7)))
def test_a_flat_mask_comes_back_from_png_as_it_was(tmp_path, mask):
    path = tmp_path / "mask.png"
    png.write(mask, path)
    assert png.read(path) == mask
    assert png.read(path, grid=mask.grid) == mask


@FILES
@given(masks(grid=Grid.picture(5, 7, slices=3)))
def test_labels_come_back_from_npz(tmp_path, mask):
    path = tmp_path / "mask.npz"
    npz.write(mask, path)
    back = npz.read(path)
    assert np.array_equal(back.label_map(), mask.label_map())


@pytest.mark.parametrize("codes", [(1, 1), (2, 1), (4, 0), (0, 3), (0, 0)])
def test_a_mask_lies_on_the_scan_whatever_the_scan_codes(tmp_path, codes):
    """Both files read by nibabel, which knows nothing of our record."""
    affine = np.diag([-0.8, 0.9, 2.0, 1.0])
    affine[:3, 3] = (30, -40, 50)
    scan = nibabel.Nifti1Image(np.zeros((4, 5, 6), np.int16), affine)
    scan.set_sform(affine, codes[0])
    scan.set_qform(affine, codes[1])
    nibabel.save(scan, tmp_path / "scan.nii")
    image = read_nifti.read(tmp_path / "scan.nii")
    nifti.write(Mask.of(np.ones((6, 5, 4)), image.grid), tmp_path / "mask.nii.gz", image=image)
    theirs, ours = nibabel.load(tmp_path / "scan.nii"), nibabel.load(tmp_path / "mask.nii.gz")
    assert np.allclose(theirs.affine, ours.affine, atol=1e-5)
    assert nifti.read(tmp_path / "mask.nii.gz").grid.placed == any(codes)


def test_sizes_alone_do_not_move_a_grid_that_they_cannot_place(tmp_path):
    """A crop of a scan without a position keeps its place by an sform of its own."""
    image = Image.of(
        np.zeros((2, 3, 4)), Grid((2, 3, 4), (9, 9, 9), ((0, 0, 1), (1, 0, 0), (0, 1, 0)))
    )
    source = Source(format="nifti", attributes=(("sform_code", "0"), ("qform_code", "0")))
    image = Image(image.pixels, image.grid, source=source)
    nifti.write(Mask.of(np.ones((2, 3, 4)), image.grid), tmp_path / "m.nii", image=image)
    assert open_volume(tmp_path / "m.nii").grid.matches(image.grid)
