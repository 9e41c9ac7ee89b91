"""Our own promptable network: any modality, any prompt, an answer on the slice prompted.

Input of the network  `image` (n, 7, 128, 128): colour in 0-2 (grey repeated), of mean 0 and
                      sd 1 inside the image; then region, inside, outside, prior.
                      `hints` (n, 3, 128, 128), where it asks for them: see `_hints.py`.
Output                `logits` (n, 1, 128, 128), and `quality` (n,), the Dice it expects;
                      and, if it tells, `evidence` (n, facts) that it judged that by.

A second, small network may pick among the zooms of a first click: see `_ladder.py`.

The networks are any callables from dict to dict; `limner()` opens those that ship with the
package. Another's ONNX file with these inputs and outputs runs here too, from its own card.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from limner.image import Image
from limner.mask import Mask, Object, Soft
from limner.predict import PREDICTORS, Abilities, Block, Encoded, Prediction, check
from limner.predict._ask import AS_IT_SAYS, Answer, Asking, Calibration, Question, Task
from limner.predict._hints import hints
from limner.predict._ladder import Judge
from limner.predict._look import Scene, levels
from limner.predict._slices import Where, by_slice
from limner.predict._zoom import answer, searched
from limner.predict.card import Card
from limner.prompt import Prompt
from limner.prompt.prior import Prior
from limner.window import window_of

Network = Callable[[Mapping[str, NDArray[Any]]], Mapping[str, NDArray[Any]]]
Ended = TypeVar("Ended")

CARDS = Path(__file__).parent / "cards" / "limner"
AT_ONCE = 8  # crops that go through the network together: more only take memory

ABILITIES = Abilities(
    prompts={
        "box": (0, 1),
        "click": (0, 1000),
        "stroke": (0, 1000),
        "lasso": (0, 8),
        "prior": (0, 1),
    },
    negative=frozenset({"click", "stroke"}),
)


@dataclass(frozen=True)
class Limner:
    """A small network that is shown crops; see `_zoom.py` for which.

    judge        picks among the zooms of a first click; a rule does where there is none
    calibration  of the Dice that the network expects
    """

    network: Network
    card: str = "limner"
    abilities: Abilities = field(default=ABILITIES)
    judge: Judge | None = None
    calibration: Calibration = AS_IT_SAYS

    def encode(self, image: Image, region: Block | None = None) -> Encoded:
        """The window of the image: crops are cut when a prompt says where."""
        return Encoded(image, region, {"window": window_of(image)})

    def predict(
        self, encoded: Encoded, prompts: Sequence[Prompt], previous: Prediction | None = None
    ) -> Prediction:
        """An answer on every slice that was prompted; see `Predictor`."""
        check(self.abilities, prompts, encoded.image)
        scene = _scene(encoded)
        said = by_slice(prompts, encoded.grid)
        before = previous.state if previous is not None and previous.state is not None else {}
        found: dict[Where, Answer] = {}
        asked: dict[Where, Asking] = {}
        for where, here in said.items():
            known = before.get(where)
            if known is not None and known.prompts == here:
                found[where] = known  # nothing new was said there
            else:
                told = here if known is not None else (*_painted(previous, where, here), *here)
                task = Task(*where, told, known, self.calibration)
                asked[where] = answer(task, scene, self.judge)
        for where, one in self._together(asked, scene).items():
            found[where] = replace(one, prompts=said[where])
        expected = {where: self.calibration.told(one) for where, one in found.items()}
        return _prediction(found, scene, card=self.card, prompts=prompts, expected=expected)

    def zooms(self, encoded: Encoded, prompts: Sequence[Prompt]) -> tuple[list[Answer], Scene]:
        """The answers among which a first click's is picked, from far to close, and what is seen.

        prompts   clicks and strokes of one object on one slice
        """
        check(self.abilities, prompts, encoded.image)
        scene = _scene(encoded)
        ((where, here),) = by_slice(prompts, encoded.grid).items()
        asked = {where: searched(Task(*where, prompts=here), scene)}
        return self._together(asked, scene)[where], scene

    def _together(
        self,
        asked: Mapping[Where, Generator[list[Question], list[Answer], Ended]],
        scene: Scene,
    ) -> dict[Where, Ended]:
        """Run strategies side by side: each round's questions share the network's batches."""
        done: dict[Where, Ended] = {}
        waiting = {where: next(asking) for where, asking in asked.items()}
        while waiting:
            questions = [each for group in waiting.values() for each in group]
            answers = iter(self._answers(questions, scene))
            still = {}
            for where, group in waiting.items():
                mine = [next(answers) for _ in group]
                try:
                    still[where] = asked[where].send(mine)
                except StopIteration as end:
                    done[where] = end.value
            waiting = still
        return done

    def _answers(self, questions: Sequence[Question], scene: Scene) -> Iterable[Answer]:
        for group in _together_at_once(questions):
            sights = [scene.sight(each.look, time=each.time) for each in group]
            pairs = list(zip(sights, group, strict=True))
            shown = [np.concatenate([sight, each.planes]) for sight, each in pairs]
            told = [hints(sight, each.planes, each.elsewhere) for sight, each in pairs]
            views = [(place, axes) for place, each in enumerate(group) for axes in each.views]
            answers = self.network({"image": _seen(shown, views), "hints": _seen(told, views)})
            said = [np.asarray(each[0], np.float32) for each in answers["logits"]]
            logits = np.stack([np.flip(s, axes) for s, (_, axes) in zip(said, views, strict=True)])
            qualities = np.clip(answers["quality"].reshape(-1), 0, 1)
            evidence = answers.get("evidence")
            for place, each in enumerate(group):
                mine = [number for number, (of, _) in enumerate(views) if of == place]
                by = None if evidence is None else np.asarray(evidence[mine].mean(axis=0))
                quality = float(qualities[mine].mean())
                yield Answer(
                    each.look, logits[mine].mean(axis=0), quality, sights[place], evidence=by
                )


@PREDICTORS.add
def limner(
    *,
    network: Network | None = None,
    card: Card | Path | None = None,
    runtime: str | None = None,
    precision: str | None = None,
    threads: int | None = None,
    deterministic: bool = False,
) -> Limner:
    """The network that ships with the package, or another with its card, or any callable.

    runtime, precision   instead of what the card says; see `open_network`
    Raises NotFound where the card or the weights are not there.
    """
    if network is not None:
        return Limner(network, card.name if isinstance(card, Card) else "limner")
    from limner.predict.runtime import open_network

    about = card if isinstance(card, Card) else Card.read(card or CARDS)
    weights, *others = about.paths()
    opened = open_network(
        weights,
        runtime=runtime or about.runtime,
        precision=precision or about.runs_in,
        threads=threads,
        deterministic=deterministic,
    )
    # in ONNX Runtime whatever the other runs in: it is too small to gain from anything else
    judge = open_network(others[0], runtime="onnxruntime", threads=1) if others else None
    abilities = about.abilities if about.prompts else ABILITIES
    return Limner(opened, about.name, abilities, judge, Calibration.of(about.calibration))


def _together_at_once(questions: Sequence[Question]) -> Iterable[list[Question]]:
    """The questions in order, in groups that have at most `AT_ONCE` views."""
    group: list[Question] = []
    for each in questions:
        if group and sum(len(one.views) for one in (*group, each)) > AT_ONCE:
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _seen(
    planes: Sequence[NDArray[Any]], views: Sequence[tuple[int, tuple[int, ...]]]
) -> NDArray[Any]:
    """Each view (place in `planes`, axes to mirror it along) of planes (..., side, side)."""
    return np.stack([np.flip(planes[place], axes) for place, axes in views])


def _scene(encoded: Encoded) -> Scene:
    low, high = encoded.region or ((0, 0, 0), encoded.grid.shape)
    window = encoded.features.get("window") or window_of(encoded.image)
    return Scene(encoded.image, window, (low[1], low[2]), (high[1], high[2]))


def _painted(
    previous: Prediction | None, where: Where, here: Sequence[Prompt]
) -> tuple[Prompt, ...]:
    """The earlier mask on this slice as a prior, where it comes without a state."""
    number, slice_, time = where
    if previous is None or previous.state is not None or any(p.kind == "prior" for p in here):
        return ()
    mask = previous.mask
    if number not in mask.ids or time >= mask.times:
        return ()
    flags = np.zeros((1, *mask.grid.shape[1:]), bool)
    for layer in mask.layers:
        flags |= layer[time, slice_] == number
    if not flags.any():
        return ()
    return (Prior.of(flags, mask.grid.slice_at(slice_), object=number, at_time=time),)


def _prediction(
    found: Mapping[Where, Answer],
    scene: Scene,
    *,
    card: str,
    prompts: Sequence[Prompt],
    expected: Mapping[Where, float],
) -> Prediction:
    grid = scene.image.grid
    kind = np.min_scalar_type(max(each.object for each in prompts))
    layers: list[NDArray[Any]] = []
    blocks: dict[tuple[int, int], list[Soft]] = {}
    for (number, slice_, time), one in sorted(found.items()):
        (row, column), shown = levels(one.logits, one.look, scene)
        block = Soft(number, (slice_, row, column), shown[None], time)
        blocks.setdefault((number, time), []).append(block)
        place = (
            time,
            slice_,
            slice(row, row + shown.shape[0]),
            slice(column, column + shown.shape[1]),
        )
        inside = shown > 127
        home = next((each for each in layers if not each[place][inside].any()), None)
        if home is None:
            home = np.zeros((scene.image.times, *grid.shape), kind)
            layers.append(home)
        home[place][inside] = number
    flat = grid.shape[0] == 1
    slices = {number: set[int]() for number, _, _ in found}
    for number, slice_, _ in found:
        slices[number].add(slice_)
    objects = tuple(
        Object(
            number, source="model", rater=card, slices=() if flat else tuple(sorted(slices[number]))
        )
        for number in sorted(slices)
    )
    quality = {
        number: float(np.mean([each for where, each in expected.items() if where[0] == number]))
        for number in slices
    }
    return Prediction(
        mask=Mask(grid, tuple(layers), objects, tuple(_joined(each) for each in blocks.values())),
        quality=quality,
        card=card,
        prompts=tuple(prompts),
        slices=() if flat else tuple(sorted({slice_ for _, slice_, _ in found})),
        state=dict(found),
    )


def _joined(parts: Sequence[Soft]) -> Soft:
    """One block over all the slices of an object."""
    if len(parts) == 1:
        return parts[0]
    low = np.min([each.low for each in parts], axis=0)
    high = np.max([np.add(each.low, each.levels.shape) for each in parts], axis=0)
    together = np.zeros(high - low, np.uint8)
    for each in parts:
        (a, b, c), (d, e, f) = np.subtract(each.low, low).tolist(), each.levels.shape
        together[a : a + d, b : b + e, c : c + f] = each.levels
    return Soft(parts[0].object, (int(low[0]), int(low[1]), int(low[2])), together, parts[0].time)
