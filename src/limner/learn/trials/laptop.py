"""Whether the laptop protocol puts commands of planted behaviour into their planted order.

Six commands answer four cases with masks that were made beforehand, after a planted wait: some
good, some bad, fast and slow; one starts slowly, one crashes on half of its cases, and the best
of all takes longer than the cap on half of its own. The planted order is that of the same
rules on what was planted. A harness of the usual kind, to compare with, has no cap, believes
the time that a program tells of itself, which begins after its start, and takes means over the
answers that came.

Source   the challenge that `evaluate/protocols/laptop.py` follows; its check of stub models.
Differs  own stubs: the challenge has none.
Expected results/laptop.json
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from limner.learn.study import TRIALS

if TYPE_CHECKING:
    from limner.evaluate.protocols.laptop import Line

SIDE = 48
NAMES = ("2D_CT_1", "2D_CT_2", "2D_US_1", "2D_US_2")
CAP_S = 0.8  # of the rules that the planted order follows

# Nothing is imported but what a copy needs, so that a stub starts in some 20 ms.
CODE = """
import sys, os, time, shutil
folder, case, answer = sys.argv[1:]
name = os.path.basename(case)[:-4]
time.sleep(float(open(os.path.join(folder, name + ".txt")).read()))
shutil.copy(os.path.join(folder, name + ".npz"), answer)
"""


@dataclass(frozen=True)
class Plan:
    """How one stub behaves.

    off        pixels by which its masks are shifted
    start_s    before it would start its own clock; `work_s` after
    crashes    the cases that it has no answer for; `slow` those that take it over the cap
    """

    off: int
    start_s: float
    work_s: float
    crashes: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()


@TRIALS.add
def laptop(
    seed: int, *, counted: str = "all", clock: str = "outside", cap_s: float = CAP_S
) -> dict[str, float]:
    """How well the order that is found agrees with the planted one.

    counted   "all" cases, failed ones as nothing; or only the "answered" ones
    clock     "outside", or "inside": the time after a program's own start
    cap_s     0 for none

    agreement   Kendall's tau between the two orders, 1 for the same
    winner      1 where the planted best is found best
    """
    from scipy.stats import kendalltau

    from limner.evaluate.protocols import boxed
    from limner.evaluate.protocols.laptop import run, standings

    rng = np.random.default_rng(seed)
    plans = _plans(rng)
    with TemporaryDirectory() as held:
        truth = _cases(rng, Path(held) / "cases")
        answers = {name: _answers(plan, truth, Path(held) / name) for name, plan in plans.items()}
        commands = {
            name: [sys.executable, "-S", "-E", "-c", CODE, str(Path(held) / name)] for name in plans
        }
        lines = run(commands, boxed.cases(Path(held) / "cases"), cap_s=cap_s or 30.0, cap_mib=0)
    found = _ranks(standings(_taken(lines, plans, counted=counted, clock=clock), cap_s=CAP_S))
    planted = _ranks(standings(_planted(plans, truth, answers), cap_s=CAP_S))
    names = sorted(plans)
    tau = kendalltau([planted[each] for each in names], [found[each] for each in names]).statistic
    best, first = min(names, key=planted.__getitem__), min(names, key=found.__getitem__)
    return {"agreement": float(tau), "winner": float(best == first)}


def _plans(rng: np.random.Generator) -> Mapping[str, Plan]:
    """Six stubs; which waits and shifts they have is drawn, what they stand for is not."""
    slow, crashing = (
        tuple(NAMES[2 * kind + int(rng.integers(2))] for kind in range(2)) for _ in range(2)
    )  # one of each modality, so that every mean has a case left
    waits = 0.03 + 0.12 * np.arange(3) + rng.uniform(0, 0.03, 3)
    near, far = int(rng.integers(2, 4)), int(rng.integers(5, 7))
    return {
        "fast, bad": Plan(far, 0.0, float(waits[0])),
        "balanced": Plan(near + 1, 0.0, float(waits[1])),
        "slow, good": Plan(near - 1, 0.0, float(waits[2])),
        "starts slowly": Plan(near, 0.5, 0.03),
        "crashes": Plan(1, 0.0, float(waits[0]) + 0.02, crashes=crashing),
        "over the cap": Plan(0, 0.0, float(waits[2]) + 0.2, slow=slow),
    }


def _cases(rng: np.random.Generator, folder: Path) -> dict[str, NDArray[np.int64]]:
    from limner.evaluate.protocols import boxed

    folder.mkdir()
    truth = {name: _disc(rng.uniform(17, 27, 2), float(rng.uniform(7, 10))) for name in NAMES}
    for name, labels in truth.items():
        picture = (labels * 180 + rng.integers(0, 40, labels.shape)).astype(np.uint8)
        boxed.write({"imgs": picture, "gts": labels.astype(np.uint8)}, folder / f"{name}.npz")
    return truth


def _answers(
    plan: Plan, truth: Mapping[str, NDArray[np.int64]], folder: Path
) -> dict[str, NDArray[np.int64]]:
    """What a stub hands out, written for it with how long it waits before."""
    from limner.evaluate.protocols import boxed

    folder.mkdir()
    answers = {}
    for name, labels in truth.items():
        wait_s = plan.start_s + plan.work_s + (CAP_S if name in plan.slow else 0.0)
        (folder / f"{name}.txt").write_text(str(wait_s))
        answers[name] = np.roll(labels, plan.off, axis=1)
        if name not in plan.crashes:
            boxed.write({"segs": answers[name].astype(np.uint8)}, folder / f"{name}.npz")
    return answers


def _planted(
    plans: Mapping[str, Plan],
    truth: Mapping[str, NDArray[np.int64]],
    answers: Mapping[str, Mapping[str, NDArray[np.int64]]],
) -> tuple["Line", ...]:
    """The lines of a machine on which nothing takes time but the planted waits."""
    from limner.evaluate.protocols.boxed import modality_of
    from limner.evaluate.protocols.laptop import Line, scores

    lines = []
    for model, plan in plans.items():
        for name, labels in truth.items():
            failed = name in plan.crashes or name in plan.slow
            told = (0.0, 0.0) if failed else scores(answers[model][name], labels, (1.0, 1.0))
            seconds = plan.start_s + plan.work_s
            why = "planted" if failed else ""
            lines.append(Line(model, name, modality_of(name), *told, seconds, 0.0, why))
    return tuple(lines)


def _taken(
    lines: tuple["Line", ...], plans: Mapping[str, Plan], *, counted: str, clock: str
) -> tuple["Line", ...]:
    """The lines as a harness takes them."""
    taken = []
    for line in lines:
        if line.failure and counted == "answered":
            continue
        told_s = line.seconds - (plans[line.model].start_s if clock == "inside" else 0.0)
        taken.append(replace(line, seconds=told_s))
    return tuple(taken)


def _ranks(found: Any) -> dict[str, float]:
    return {each.model: each.rank for each in found}


def _disc(centre: NDArray[np.float64], radius: float) -> NDArray[np.int64]:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    inside = np.hypot(rows - centre[0], columns - centre[1]) <= radius
    return np.asarray(inside, np.int64)
