"""The models there are: predictors of the package, and cards that a person added."""

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limner.errors import BadValue, NotFound, UnknownName, UnwritableFile

if TYPE_CHECKING:
    from limner.predict.card import Card

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


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
    cards = (each for each in place.glob("*/card.toml") if not each.parent.name.startswith("."))
    return tuple(sorted(each.parent.name for each in cards))


def names() -> tuple[str, ...]:
    """Every name that `--model` takes."""
    from limner.predict import PREDICTORS

    return tuple(sorted({*PREDICTORS.names(), *added()}))


def find(name: str) -> "Card | None":
    """The card of an added model; None for a name of the package, or an unknown one."""
    from limner.predict.card import Card

    return Card.read(folder() / name) if name in added() else None


def card_of(name: str) -> "Card | None":
    """The card of any model; None for a method without weights. Raises UnknownName."""
    import limner.predict
    from limner.predict.card import Card

    if name not in names():
        raise UnknownName("model", name, names())
    own = Path(str(limner.predict.__file__)).parent / "cards" / name
    if name in added():
        return find(name)
    return Card.read(own) if (own / "card.toml").is_file() else None


def described() -> list[dict[str, str]]:
    """Name, version, where it comes from and what it does, of every model."""
    found = []
    for name in names():
        card = card_of(name)
        found.append(
            {
                "name": name,
                "id": card.name if card else "–",
                "where": "added" if name in added() else "limner",
                "title": card.title if card else _method(name),
            }
        )
    return found


def card_json(name: str) -> str:
    """A card with every field; for a method without weights, its name and what it does."""
    card = card_of(name)
    if card is None:
        told: dict[str, Any] = {"id": name, "title": _method(name), "weights": []}
    else:
        told = {**asdict(card), "folder": str(card.folder)}
    return json.dumps(told, indent=2, ensure_ascii=False, default=str)


def card_text(name: str) -> str:
    """A card as a page."""
    card = card_of(name)
    if card is None:
        return f"{name}: {_method(name)}\n  a method without weights; nothing trained it"
    prompts = ", ".join(
        f"{kind} (up to {most})" for kind, (_, most) in sorted(card.prompts.items())
    )
    lines = [
        f"{name}: {card.title}",
        f"  version    {card.name}",
        f"  licence    {card.licence}",
        f"  runs by    {card.predictor}, in {card.runtime}, {card.precision}",
        f"  sees       {card.side} x {card.side} pixels: {card.spacing or 'the whole slice'}",
        f"  takes      {prompts or 'no prompts'}",
    ]
    lines += [f"  refuses    {kind} that is not the object" for kind in _only_inside(card)]
    lines += [f"  intensity  {key}: {value}" for key, value in card.intensity.items()]
    lines += [f"  gives      {', '.join(card.classes)}"] if card.classes else []
    lines += [f"  figure     {key}: {_figure(value)}" for key, value in card.figures.items()]
    lines += [f"  limit      {each}" for each in card.limits]
    lines += [f"  made by    {key}: {value}" for key, value in card.made_by.items()]
    lines += [
        f"  trained on {each.name} ({each.licence}) {each.citation}" for each in card.training
    ]
    lines += [f"  lies in    {card.folder}"]
    return "\n".join(lines)


def bring(source: Path, *, name: str | None = None, replace: bool = False) -> tuple[str, Path]:
    """Copy a model into the folder of added ones, checked; its name and where it lies.

    Raises what `Card.read` and `Card.verify` raise, UnknownName for a predictor there is
    not, BadValue for a name that is taken or cannot be one, UnwritableFile.
    """
    from limner.predict import PREDICTORS
    from limner.predict.card import Card

    if not source.exists():
        raise NotFound(f"There is no folder '{source}'. Check the name.")
    card = Card.read(source)
    card.verify()
    if card.predictor not in PREDICTORS.names():
        raise UnknownName("predictor", card.predictor, PREDICTORS.names())
    called = name or card.id
    if not NAME.fullmatch(called):
        raise BadValue(
            f"A model cannot be called '{called}'. Use letters, digits, dots and dashes."
        )
    if called in PREDICTORS.names():
        raise BadValue(f"'{called}' is a model of Limner itself. Give another: --name NAME.")
    target = folder() / called
    if target.exists() and not replace:
        raise BadValue(f"There is a model '{called}' already. Say --replace, or --name NAME.")
    fresh = target.with_name(f".{called}.part")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for path in ((source / "card.toml") if source.is_dir() else source, *card.paths()):
            shutil.copyfile(path, fresh / ("card.toml" if path.suffix == ".toml" else path.name))
        if target.exists():
            shutil.rmtree(target)
        fresh.rename(target)
    except OSError as error:
        raise UnwritableFile(
            f"The model cannot be kept in '{target}': {error.strerror or error}. "
            "Name another folder in LIMNER_MODELS."
        ) from error
    return called, target


def _method(name: str) -> str:
    """The first line of what a method's file says of itself."""
    from importlib import import_module

    from limner.predict import PREDICTORS

    PREDICTORS.get(name)
    try:
        told = import_module(f"limner.predict.{name}").__doc__ or ""
    except ModuleNotFoundError:  # from another package, by its entry point
        told = PREDICTORS.get(name).__doc__ or ""
    return told.partition("\n")[0].strip()


def _only_inside(card: "Card") -> list[str]:
    drawn = {"click", "stroke", "box", "lasso"}
    return sorted((set(card.prompts) & drawn) - set(card.negative))


def _figure(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return str(value)
