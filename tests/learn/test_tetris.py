"""The search for extreme clicks, on a network whose best and worst click are known."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from limner.learn.tetris import INSIDE, Question, Search, extreme_clicks, iou, score_clicks
from limner.learn.tetris import answers as answered
from limner.prompt import draw

SIDE = 32


def disc(row, column, radius):
    rows, columns = np.indices((SIDE, SIDE))
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


class Blob(nn.Module):
    """Answers a disc round the click, of about the radius 6."""

    def forward(self, batch):
        rows = torch.arange(-20.0, 21.0)
        bell = torch.exp(-(rows**2) / (2 * 3.0**2))
        kernel = (bell[:, None] * bell)[None, None]
        spread = functional.conv2d(batch["image"][:, INSIDE : INSIDE + 1], kernel, padding=20)
        return {"logits": 2 * (spread.clamp(min=1e-6).log() - np.log(2.2))}


class Deaf(nn.Module):
    """Answers the same whatever was clicked, though its gradient exists."""

    def forward(self, batch):
        return {"logits": batch["image"][:, :1] + 0 * batch["image"][:, INSIDE : INSIDE + 1]}


def question(target):
    return Question.first(np.zeros((7, SIDE, SIDE), np.float32), target)


class TestTheSearch:
    def test_finds_the_centre_and_the_rim(self):
        asked = question(disc(15, 14, 6))
        found = extreme_clicks(Blob(), asked, np.random.default_rng(0))
        every = score_clicks(Blob(), asked, np.argwhere(asked.target))
        assert found.worst == pytest.approx(every.min(), abs=0.03)
        assert found.best == pytest.approx(every.max(), abs=0.03)
        assert np.hypot(*(found.best_at - (15, 14))) <= 1.5
        assert np.hypot(*(found.worst_at - (15, 14))) >= 5
        assert found.centre == pytest.approx(found.best, abs=0.05)
        assert found.gap > 0.3

    def test_stays_in_the_region_and_scores_what_it_says(self):
        asked = question(disc(6, 20, 5) & ~disc(6, 20, 2))
        found = extreme_clicks(Blob(), asked, np.random.default_rng(1))
        for at, score in ((found.worst_at, found.worst), (found.best_at, found.best)):
            assert asked.region[tuple(at.astype(int))]
            assert score_clicks(Blob(), asked, at[None])[0] == pytest.approx(score, abs=1e-5)

    def test_a_network_that_does_not_listen_has_no_gap(self):
        found = extreme_clicks(Deaf(), question(disc(15, 14, 6)), np.random.default_rng(2))
        assert found.gap == 0

    def test_repeats_itself_under_one_seed(self):
        asked, search = question(disc(15, 14, 6)), Search(starts=4, steps=3)
        one, two = (
            extreme_clicks(Blob(), asked, np.random.default_rng(3), search=search) for _ in range(2)
        )
        assert (one.worst, one.asked) == (two.worst, two.asked)
        assert one.worst_at.tolist() == two.worst_at.tolist()


def test_a_click_is_drawn_as_a_prompt_is():
    seen = []

    class Sees(nn.Module):
        def forward(self, batch):
            seen.append(batch["image"][0, INSIDE].numpy())
            return {"logits": batch["image"][:, :1]}

    place = np.array([[9.0, 21.0]])
    with torch.no_grad():
        answered(Sees(), question(disc(9, 21, 3)), torch.from_numpy(place).float())
    assert np.abs(seen[0] - draw.spots((SIDE, SIDE), place)).max() < 5e-4


def test_the_overlap_by_hand():
    answer, target = torch.zeros(2, 4, 4), torch.zeros(4, 4, dtype=torch.bool)
    target[0, :2] = True
    answer[0, 0, 1:4] = 1  # one of two, and two beside: 1 of 4
    assert iou(answer, target).tolist() == [0.25, 0.0]
    assert iou(torch.zeros(1, 4, 4), torch.zeros(4, 4)).tolist() == [1.0]
