"""A card says everything about a model, and what it says of the weights is checked."""

import hashlib

import pytest

from limner.errors import BadValue, NotFound, UnknownName, UnreadableFile
from limner.predict.card import Card

WEIGHTS = b"not really weights"
GOOD = f"""
id = "mine-1"
title = "A model of mine"
predictor = "limner"
licence = "CC-BY-4.0"
side = 128
negative = ["click"]
limits = ["It has never seen a scan."]

[prompts]
click = [0, 20]
box = [0, 1]

[intensity]
any = "window to 0..1"

[[weights]]
file = "weights.onnx"
sha256 = "{hashlib.sha256(WEIGHTS).hexdigest()}"

[[training]]
name = "synthetic"
licence = "Apache-2.0"
"""


def card_in(folder, text=GOOD, weights=WEIGHTS):
    (folder / "card.toml").write_text(text, encoding="utf-8")
    if weights is not None:
        (folder / "weights.onnx").write_bytes(weights)
    return Card.read(folder)


def test_a_card_says_what_the_model_takes(tmp_path):
    card = card_in(tmp_path)
    assert card.abilities.prompts == {"click": (0, 20), "box": (0, 1)}
    assert card.abilities.negative == {"click"}
    assert card.name == f"mine-1@{hashlib.sha256(WEIGHTS).hexdigest()[:12]}"
    assert card.training[0].licence == "Apache-2.0"
    card.verify()


def test_weights_that_differ_from_the_card_are_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="but the card says"):
        card_in(tmp_path, weights=b"others").verify()


def test_weights_that_are_not_there_are_named(tmp_path):
    with pytest.raises(NotFound, match="'weights.onnx' of 'mine-1' are not in"):
        card_in(tmp_path, weights=None).verify()


def test_no_card_is_said(tmp_path):
    with pytest.raises(NotFound, match="no model card"):
        Card.read(tmp_path)


@pytest.mark.parametrize(
    ("change", "kind", "sentence"),
    [
        (("side = 128", "sides = 128"), UnknownName, "Did you mean 'side'"),
        (("side = 128", ""), BadValue, "has no 'side'"),
        (("side = 128", "side ="), UnreadableFile, "is not TOML"),
        (("sha256", "md5"), BadValue, "other fields"),
    ],
)
def test_what_is_no_card_is_refused(tmp_path, change, kind, sentence):
    with pytest.raises(kind, match=sentence):
        card_in(tmp_path, GOOD.replace(*change))
