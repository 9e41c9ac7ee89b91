"""The card that ships tells the figures of its own scoring, and of no other network's."""

import json

import pytest

pytest.importorskip("torch")

from benchmarks.card import REPORT, figures  # torch first
from limner.errors import BadValue
from limner.predict.card import Card
from limner.predict.limner import CARDS


def test_the_card_that_ships_tells_what_was_scored():
    card = Card.read(CARDS)
    scored = json.loads(REPORT.read_text(encoding="utf-8"))
    assert card.figures == figures(scored, name=card.name)
    box = scored["tables"]["ordinary"]["contestants"]["limner"]["mean"]["box"][0]
    assert card.figures["Dice, box"] == box


def test_a_scoring_of_another_network_is_refused():
    scored = json.loads(REPORT.read_text(encoding="utf-8"))
    with pytest.raises(BadValue, match="The scoring is of limner-"):
        figures(scored, name="limner-0@000000000000")
