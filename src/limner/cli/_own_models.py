"""The models there are: predictors of the package, and cards that a person added."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limner.predict.card import Card


def folder() -> Path:
    """Where models that a person added are kept: LIMNER_MODELS, or the usual data folder."""
    told = os.environ.get("LIMNER_MODELS")
    if told:
        return Path(told)
    share = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(share) / "limner" / "models"


def added() -> tuple[str, ...]:
    """The names of the models that were added."""
    place = folder()
    if not place.is_dir():
        return ()
    return tuple(sorted(each.parent.name for each in place.glob("*/card.toml")))


def names() -> tuple[str, ...]:
    """Every name that `--model` takes."""
    from limner.predict import PREDICTORS

    return tuple(sorted({*PREDICTORS.names(), *added()}))


def find(name: str) -> "Card | None":
    """The card of an added model; None for a name of the package, or an unknown one."""
    from limner.predict.card import Card

    return Card.read(folder() / name) if name in added() else None


def own_card(name: str) -> "Card | None":
    """The card of a predictor of the package; None for a method without weights."""
    import limner.predict
    from limner.predict.card import Card

    place = Path(str(limner.predict.__file__)).parent / "cards" / name
    return Card.read(place) if (place / "card.toml").is_file() else None
