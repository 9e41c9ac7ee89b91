"""Every baseline keeps the contract of a predictor."""

import numpy as np
import pytest

from limner.errors import NotFound, PromptRefused
from limner.evaluate.baselines import BASELINES
from limner.image import Image
from limner.predict import Prediction
from limner.prompt.box import Box
from limner.prompt.click import Click
from limner.prompt.stroke import Stroke
from limner.prompt.words import Words

UNKNOWN_FIELD = b"\xfa\x3f\x00"  # of number 1023 and no length: readers pass over it
LIKE_LIMNER = {"scribbleprompt_unet", "equal_budget"}  # take volumes, may go beyond a box
pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # torch's own export


def picture(*, colour=False, shape=(60, 70)):
    """A bright ellipse at (30, 35) with half axes 12 and 18 on a dark, grainy ground."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    inside = ((rows - 30) / 12) ** 2 + ((columns - 35) / 18) ** 2 <= 1
    grain = np.random.default_rng(0).normal(0, 8, shape)
    grey = np.clip(60 + 120 * inside + grain, 0, 255).astype(np.uint8)
    samples = np.repeat(grey[None, ..., None], 3, axis=-1) if colour else grey
    return Image.of(samples), inside


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """A network that takes what is brighter than midway, for the baseline that ships without."""
    torch = pytest.importorskip("torch")
    from limner.learn.networks.scribbleprompt_unet import five
    from limner.learn.publish import export

    class Bright(torch.nn.Module):
        def forward(self, batch):
            grey = five(batch["image"])[:, :1]
            return {"logits": 10 * (grey - 0.5), "quality": grey.mean(dim=(1, 2, 3))}

    path = tmp_path_factory.mktemp("bright") / "network.onnx"
    export(Bright(), path)
    return path


@pytest.fixture
def predictor(name, request):
    if name in LIKE_LIMNER:
        return BASELINES.get(name)(weights=request.getfixturevalue("weights"))
    return BASELINES.get(name)()


def prompts_for(predictor, image):
    if "box" in predictor.abilities.prompts:
        return [Box.between(image.grid, (0, 18, 17), (0, 42, 53))]
    return [Click((35, 30, 0))]


def dice(found, inside):
    answer = found.mask.where(1)[0]
    return 2 * (answer & inside).sum() / (answer.sum() + inside.sum())


@pytest.mark.parametrize("name", BASELINES.names())
class TestEveryBaseline:
    @pytest.mark.parametrize("colour", [False, True])
    def test_answers_on_the_images_grid(self, name, predictor, colour):
        image, inside = picture(colour=colour)
        found = predictor.predict(predictor.encode(image), prompts_for(predictor, image))
        assert isinstance(found, Prediction)
        assert found.mask.grid == image.grid
        assert found.card == predictor.card
        assert dice(found, inside) > (0.83 if name == "filled_box" else 0.9)

    def test_refuses_what_it_cannot_take(self, predictor):
        image, _ = picture()
        encoded = predictor.encode(image)
        for prompts in ([], [Words("liver")]):
            with pytest.raises(PromptRefused):
                predictor.predict(encoded, prompts)

    def test_refuses_a_volume_unless_it_takes_them(self, name, predictor):
        volume = Image.of(np.zeros((3, 8, 8), np.uint8))
        if name in LIKE_LIMNER:
            assert predictor.encode(volume).grid == volume.grid
            return
        with pytest.raises(PromptRefused, match="3 slices"):
            predictor.encode(volume)

    def test_repeats_itself(self, predictor):
        image, _ = picture()
        prompts = prompts_for(predictor, image)
        one, two = (predictor.predict(predictor.encode(image), prompts).mask for _ in range(2))
        assert one == two

    @pytest.mark.parametrize(
        ("low", "high"),
        [((0, 0, 0), (0, 59, 69)), ((0, 0, 0), (0, 0, 0)), ((0, 57, 0), (0, 59, 69))],
        ids=["all", "a pixel", "an edge"],
    )
    def test_takes_any_box_in_the_picture(self, name, predictor, low, high):
        image, _ = picture()
        if "box" not in predictor.abilities.prompts:
            return
        box = Box.between(image.grid, low, high)
        answer = predictor.predict(predictor.encode(image), [box]).mask.where(1)
        within = np.zeros(image.grid.shape, bool)
        within[:, low[1] : high[1] + 1, low[2] : high[2] + 1] = True
        assert answer.any()
        assert name in LIKE_LIMNER or not (answer & ~within).any()


@pytest.mark.parametrize(
    ("name", "shape"),
    [("scribbleprompt_unet", "$"), ("equal_budget", " --shape prompt_unet$")],
)
def test_weights_that_are_not_there_are_named(name, shape, tmp_path):
    with pytest.raises(NotFound, match=rf"python -m benchmarks\.equal_budget{shape}"):
        BASELINES.get(name)(weights=tmp_path / "network.onnx")


@pytest.mark.parametrize("name", sorted(LIKE_LIMNER))
def test_other_weights_are_another_contestant(name, weights, tmp_path):
    """So the scoreboard asks again after another training."""
    other = tmp_path / "network.onnx"
    other.write_bytes(weights.read_bytes() + UNKNOWN_FIELD)
    cards = {BASELINES.get(name)(weights=each).card for each in (weights, other)}
    assert len(cards) == 2


def test_the_filled_box_is_the_box():
    image, _ = picture()
    predictor = BASELINES.get("filled_box")()
    box = Box.between(image.grid, (0, 3, 5), (0, 7, 6))
    assert predictor.predict(predictor.encode(image), [box]).mask.voxels(1) == 5 * 2


def test_the_ellipse_fills_pi_fourths_of_its_box():
    image, _ = picture()
    predictor = BASELINES.get("ellipse")()
    box = Box.between(image.grid, (0, 5, 5), (0, 54, 64))
    voxels = predictor.predict(predictor.encode(image), [box]).mask.voxels(1)
    assert voxels == pytest.approx(np.pi / 4 * 50 * 60, rel=0.01)


def test_the_random_walker_obeys_clicks_on_either_side():
    image, inside = picture()
    predictor = BASELINES.get("random_walker")()
    encoded = predictor.encode(image)
    clicks = [
        Click((35, 30, 0)),
        Click((35, 5, 0), inside=False),
        Click((3, 3, 0)),
        Click((65, 55, 0), inside=False),
    ]
    answer = predictor.predict(encoded, clicks).mask.where(1)[0]
    assert answer[30, 35]
    assert answer[3, 3]
    assert not answer[5, 35]
    assert not answer[55, 65]
    assert (answer & inside).sum() > 0.7 * inside.sum()


def test_the_random_walker_takes_scribbles_on_either_side():
    """A disc that is brighter than its like: told apart by strokes alone, to the right edge."""
    rows, columns = np.ogrid[:80, :100]
    disc = (rows - 40) ** 2 + (columns - 30) ** 2 <= 15**2
    other = (rows - 40) ** 2 + (columns - 75) ** 2 <= 15**2
    image = Image.of((60 + 120 * (disc | other)).astype(np.uint8))
    inside = Stroke(((25, 36, 0), (35, 44, 0)), 3.0)
    outside = Stroke(((52, 5, 0), (52, 75, 0)), 3.0, inside=False)
    walker = BASELINES.get("random_walker")()
    encoded = walker.encode(image)
    assert dice(walker.predict(encoded, [inside, outside]), disc) > 0.95
    assert dice(walker.predict(encoded, [inside]), disc) > 0.8
