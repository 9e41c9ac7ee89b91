"""How a body lay at another visit: one turn and one shift between two scans.

Source   Lowekamp et al., Frontiers in Neuroinformatics 2013, 7, 45 (SimpleITK); the metric is
         that of Mattes et al., IEEE Transactions on Medical Imaging 2003, 22, 120.
Differs  scans are windowed as they are shown and brought to coarse cubes first, so that it takes
         seconds; samples are drawn in order and one thread works, so that it gives the same twice.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from limner.errors import BadValue, extra
from limner.grid import Grid, Vector, vector
from limner.image import Image
from limner.resample import onto
from limner.window import window_of

STEP_MM = 5.0  # of the cubes, or as many as give
LARGEST = 80  # of them along a side
STEPS = 200
FIRST_MM, LAST_MM = 4.0, 0.002  # steps of the descent
SHARE = 0.2  # of the cubes that the finer level looks at
BINS = 32


@dataclass(frozen=True)
class Rigid:
    """A turn and a shift from the positions of one visit to those of another.

    turn      three rows of a rotation
    shift_mm  what is added after it
    likeness  of the two scans once aligned: their correlation, 1 for equal
    """

    turn: tuple[Vector, Vector, Vector]
    shift_mm: Vector
    likeness: float

    def carry(self, positions_mm: ArrayLike) -> NDArray[np.float64]:
        """(..., 3) positions of the one visit to (..., 3) of the other."""
        turned = np.asarray(positions_mm, float) @ np.array(self.turn).T
        return np.asarray(turned + self.shift_mm, float)


STAYS = Rigid(((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)), (0.0, 0.0, 0.0), float("nan"))


def rigid(one: Image, other: Image) -> Rigid:
    """What carries positions of one scan to those of another of the same body.

    Raises BadValue for scans that do not lie in a patient, MissingExtra without SimpleITK.
    """
    for image in (one, other):
        if not image.grid.placed or image.grid.shape[0] == 1:
            raise BadValue(
                f"A scan of shape {image.grid.shape} cannot be aligned: it has one slice or no "
                "place in a patient. Give volumes, or lesions that are matched by hand."
            )
    with extra("itk"):
        import SimpleITK
    itk: Any = SimpleITK
    fixed, moving = _cubes(itk, one), _cubes(itk, other)
    start = itk.CenteredTransformInitializer(
        fixed, moving, itk.Euler3DTransform(), itk.CenteredTransformInitializerFilter.MOMENTS
    )
    method = itk.ImageRegistrationMethod()
    method.SetGlobalDefaultNumberOfThreads(1)
    method.SetNumberOfThreads(1)
    method.SetMetricAsMattesMutualInformation(BINS)
    method.SetMetricSamplingStrategy(method.REGULAR)
    method.SetMetricSamplingPercentagePerLevel([1.0, SHARE], 1)
    method.SetInterpolator(itk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(FIRST_MM, LAST_MM, STEPS)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([3, 1])
    method.SetSmoothingSigmasPerLevel([2, 1])
    method.SetInitialTransform(start, inPlace=False)
    found = itk.CompositeTransform(method.Execute(fixed, moving)).GetBackTransform()
    found = itk.Euler3DTransform(found)
    turn = np.array(found.GetMatrix()).reshape(3, 3)
    shift = np.array(found.TransformPoint((0.0, 0.0, 0.0)))
    shown = itk.Resample(moving, fixed, found, itk.sitkLinear, 0.0)
    alike = _correlation(itk.GetArrayViewFromImage(fixed), itk.GetArrayViewFromImage(shown))
    first, second, third = (vector(row) for row in turn)
    return Rigid((first, second, third), vector(shift), alike)


def _cubes(itk: Any, image: Image) -> Any:
    """The scan as ITK's image of coarse cubes along the patient's axes, 0 to 1."""
    corners = image.grid.corners_mm()
    low, high = corners.min(axis=0), corners.max(axis=0)
    step = max(STEP_MM, float((high - low).max()) / LARGEST)
    columns, rows, slices = (np.ceil((high - low) / step).astype(int) + 1).tolist()
    steps = ((0.0, 0.0, step), (0.0, step, 0.0), (step, 0.0, 0.0))
    grid = Grid((slices, rows, columns), origin_mm=vector(low), steps_mm=steps)
    window = window_of(image)
    samples = onto(image, grid, outside=window.low).whole()[..., 0]
    made = itk.GetImageFromArray(window.apply(samples))
    made.SetOrigin(grid.origin_mm)
    made.SetSpacing((step, step, step))
    return made


def _correlation(one: NDArray[Any], other: NDArray[Any]) -> float:
    if not one.std() or not other.std():
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
