"""The page on which a person judges every mistake: one HTML file that needs nothing else."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from limner.evaluate import review
from limner.evaluate.pages import filled, part
from limner.evaluate.pictures import plain, svg
from limner.evaluate.replay import Answered
from limner.evaluate.review import Judged

OFF = 0.002  # Dice: a replay that differs by more is said to


def page(
    answers: Sequence[Answered], objects: Sequence[Judged], *, about: Mapping[str, Any], title: str
) -> str:
    """The whole page.

    answers   of the mistakes, in the order in which they are shown
    objects   all that were scored, mistakes and others
    about     what the export says of itself: record, contestant, made, after, below
    """
    recorded = {each.key: each.dice for each in objects}
    told = review.document(about, objects)
    told["id"] = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
    cards = [
        _card(each, number, recorded=recorded[each.entry.key])
        for number, each in enumerate(answers, start=1)
    ]
    return filled(
        part("review.html"),
        title=escape(title),
        intro=escape(_intro(answers, objects, about)),
        look=part("look.css"),
        cards="\n".join(cards) or "<p>Nothing lies under the threshold.</p>",
        told=json.dumps(told).replace("</", "<\\/"),
        script=part("review.js"),
    )


def _intro(answers: Sequence[Answered], objects: Sequence[Judged], about: Mapping[str, Any]) -> str:
    said = "a box" if about["after"] == "box" else about["after"]
    return (
        f"{len(answers)} of {len(objects)} objects have a Dice under {about['below']:g} against "
        f"their label after {said}. Say of each whether the answer is wrong, whether it is as good "
        "as the label, or whether the label is wrong and the answer right. Your verdicts stay in "
        "this browser until you export them."
    )


def _card(answered: Answered, number: int, *, recorded: float) -> str:
    entry = answered.entry
    what = f"{answered.name} in {entry.set}, {entry.image.rpartition('/')[2]}"
    facts = [entry.modality or "no modality", entry.set, _where(answered)]
    if answered.expected is not None:
        facts.append(f"expected Dice {answered.expected:.2f}")
    if answered.failure:
        facts.append(answered.failure)
    elif abs(answered.dice - recorded) > OFF:
        facts.append(f"asked again it is {answered.dice:.2f}: the model has changed since")
    picture = f"p{number}"
    return _CARD.format(
        key=escape(entry.key, quote=True),
        number=number,
        name=escape(answered.name),
        dice=f"{recorded:.2f}",
        facts=escape(" · ".join(facts)),
        outlined=svg(answered, title=f"{what}, with the label and the answer", id=picture),
        plain=plain(answered, title=f"{what}, without outlines", id=picture),
        verdicts=_choices(f"v{number}", "verdict", review.VERDICTS),
        severities=_choices(f"s{number}", "severity", review.SEVERITIES),
        categories="".join(f"<option>{escape(each)}</option>" for each in review.CATEGORIES),
    )


def _where(answered: Answered) -> str:
    entry = answered.entry
    name = entry.image.rpartition("/")[2]
    place = "" if entry.slice is None else f", slice {entry.slice + 1}"
    return f"{name}{place}, {int(answered.subject.target.sum())} pixels"


def _choices(name: str, field: str, values: Sequence[str]) -> str:
    return "".join(
        f'<label><input type="radio" name="{name}" data-field="{field}" value="{each}">'
        f"<span>{each.capitalize()}</span></label>"
        for each in values
    )


_CARD = """\
<article tabindex="-1" data-key="{key}" aria-labelledby="h{number}">
  <div>{plain}</div>
  <div>{outlined}</div>
  <div class="form">
    <header><h2 id="h{number}">{number}. {name}</h2><span class="dice">Dice {dice}</span></header>
    <p class="facts">{facts}</p>
    <fieldset><legend>The answer is</legend><div class="choice">{verdicts}</div></fieldset>
    <div class="why">
      <label class="field"><span>What went wrong</span><select data-field="category">
        <option value="">not said</option>{categories}</select></label>
      <fieldset><legend>How bad</legend><div class="choice">{severities}</div></fieldset>
    </div>
    <label class="field"><span>Note</span><input type="text" autocomplete="off"></label>
  </div>
</article>"""
