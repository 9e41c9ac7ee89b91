"""Star-convex objects as rays: by hand, there and back, and by the recipe."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from limner.evaluate.instances import matching  # noqa: E402  # torch first
from limner.learn import NETWORKS, RECIPES  # noqa: E402
from limner.learn.recipe import Batch  # noqa: E402
from limner.learn.stars import RAYS, directions, middleness, outlined, ray_lengths  # noqa: E402


def discs():
    """Three discs, two of which touch."""
    rows, columns = np.mgrid[:64, :64]
    labels = np.zeros((64, 64), np.int32)
    for number, (row, column, radius) in enumerate([(20, 20, 11), (20, 43, 12), (48, 30, 7)], 1):
        labels[np.hypot(rows - row, columns - column) < radius] = number
    return labels


def test_directions_are_units_from_the_columns_on():
    steps = directions(4)
    assert steps == pytest.approx(np.array([[0, 1], [1, 0], [0, -1], [-1, 0]]), abs=1e-9)


def test_rays_of_a_rectangle_by_hand():
    labels = np.zeros((1, 12, 16), np.int32)
    labels[0, 3:8, 2:12] = 4  # rows 3..7, columns 2..11
    rays = ray_lengths(labels, count=4)
    # from row 4, column 5: columns 6..11 lie ahead, rows 5..7 below, 2..4 behind, 3 above
    assert rays[0, :, 4, 5].tolist() == [6.5, 3.5, 3.5, 1.5]
    assert rays[0, :, 0, 0].tolist() == [0, 0, 0, 0]


def test_a_ray_ends_at_a_neighbour_and_at_the_border():
    labels = np.array([[[1, 1, 2, 2, 2]]])
    rays = ray_lengths(labels, count=4)
    assert rays[0, 0, 0].tolist() == [1.5, 0.5, 2.5, 1.5, 0.5]
    assert rays[0, 2, 0].tolist() == [0.5, 1.5, 0.5, 1.5, 2.5]


def test_every_second_place_has_the_rays_it_has_among_all():
    labels = discs()[None]
    assert np.array_equal(ray_lengths(labels, every=2), ray_lengths(labels)[..., ::2, ::2])


def test_the_middle_is_1_and_the_rim_is_little():
    labels = discs()[None]
    share = middleness(ray_lengths(labels), labels)[0]
    assert share[20, 20] == 1
    assert share[48, 30] == 1
    assert share[20, 10] < 0.1
    assert (share[labels[0] == 0] == 0).all()


@pytest.mark.parametrize("every", [1, 2])
def test_objects_come_back_from_their_rays(every):
    labels = discs()
    rays = ray_lengths(labels[None], every=every)[0]
    share = middleness(ray_lengths(labels[None]), labels[None])[0]
    found = matching(outlined(share, rays), labels)
    assert (found.predicted, found.reference) == (3, 3)
    assert min(found.overlaps) > 0.85


def test_what_is_mostly_taken_is_dropped():
    share = np.zeros((40, 40))
    share[20, 15], share[20, 19] = 0.9, 0.8
    rays = np.full((RAYS, 40, 40), 8.0, np.float32)
    rays[:, 20, 19] = 3.0
    assert outlined(share, rays).max() == 1  # its middle lies in the first
    share[20, 19], share[20, 25] = 0, 0.8
    assert outlined(share, rays, overlap=0.1).max() == 1
    assert outlined(share, rays, overlap=0.9).max() == 2


def test_nothing_likely_is_no_object():
    rays = np.ones((RAYS, 8, 8), np.float32)
    assert outlined(np.zeros((16, 16)), rays).max() == 0


class Oracle(torch.nn.Module):
    """Answers what it is told."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer
        self.logit = torch.nn.Parameter(torch.zeros(1))

    def forward(self, batch):
        return {name: value + 0 * self.logit for name, value in self.answer.items()}


def test_the_right_answer_costs_nothing_and_a_wrong_ray_its_logarithm():
    labels = discs()[None]
    rays = torch.from_numpy(ray_lengths(labels, every=2))
    share = torch.from_numpy(middleness(ray_lengths(labels), labels)).clamp(1e-4, 1 - 1e-4)
    recipe = RECIPES.get("star_convex")()
    batch = Batch({}, torch.from_numpy(labels)[:, None], torch.ones(1, 1, 64, 64))
    answer = {"logits": share.logit()[:, None], "rays": rays}
    terms = recipe.losses(torch.nn.ModuleDict({"student": Oracle(answer)}), batch, 0.0)
    assert float(terms["mask"].detach()) < 0.02  # places between the asked ones differ a little
    assert float(terms["rays"].detach()) == pytest.approx(0, abs=1e-6)
    answer["rays"] = 2 * rays + 1  # log(2 r + 2) - log(r + 1) is ln 2 whatever r; it weighs two
    terms = recipe.losses(torch.nn.ModuleDict({"student": Oracle(answer)}), batch, 0.0)
    assert float(terms["rays"].detach()) == pytest.approx(2 * np.log(2), abs=1e-4)


def test_the_network_gives_positive_rays_of_every_second_place():
    torch.manual_seed(0)
    answer = NETWORKS.get("star_convex")().eval()({"image": torch.randn(2, 1, 64, 64)})
    assert answer["rays"].shape == (2, RAYS, 32, 32)
    assert (answer["rays"] > 0).all()
