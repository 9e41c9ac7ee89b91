"""A batch whose cases stay for several rounds: each step corrects what the last one got wrong.

A case keeps the network's answer as its prior, gets one more click or stroke (or nothing, and
the network thinks again, as it does in use after a box), and leaves by chance or when nothing is
wrong any more; a fresh one takes its place. So every step is one
forward and one backward pass, and the network still meets the tenth click.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import torch

from limner.learn.cases import MIXED, Case, Diet, correct, handful, reconsider
from limner.learn.material import Material
from limner.learn.recipe import Batch

Handful = Callable[[int], list[Case]]
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
AHEAD = 6  # handfuls asked for before they are needed


@dataclass
class Pool:
    """The cases in the batch, the fresh ones waiting, and the chance that they are drawn by."""

    fetch: Handful
    rng: np.random.Generator
    size: int = 16
    rounds: int = 9  # most corrections of one case
    cases: list[Case] = field(default_factory=list)
    waiting: list[Case] = field(default_factory=list)
    fetched: int = 0  # handfuls taken so far
    stay: float = MIXED.stay  # the chance that a case stays for another round
    again: float = 0.0  # and that it then is thought over instead of corrected

    def draw(self, progress: float) -> Batch:  # noqa: ARG002  # the same throughout a run
        """The batch of the step at that share of the run."""
        while len(self.cases) < self.size:
            self.cases.append(self._fresh())
        image = torch.from_numpy(np.stack([case.input for case in self.cases]))
        hints = torch.from_numpy(np.stack([case.hints for case in self.cases]))
        target = np.stack([case.target for case in self.cases])[:, None]
        weight = np.stack([case.weight for case in self.cases])[:, None]
        return Batch(
            {
                "image": image.contiguous(memory_format=torch.channels_last),
                "hints": hints.contiguous(memory_format=torch.channels_last),
            },
            torch.from_numpy(target.astype(np.float32)),
            torch.from_numpy(weight),
            beyond=torch.tensor([case.beyond for case in self.cases]),
        )

    def take(self, batch: Batch) -> None:
        """Correct each case by what the network answered, have it thought over, or let it go."""
        answers = torch.sigmoid(batch.answers["logits"])[:, 0].cpu().numpy()
        for place, (case, answer) in enumerate(zip(self.cases, answers, strict=True)):
            goes = case.rounds >= self.rounds or self.rng.random() >= self.stay
            if not goes and self.again and self.rng.random() < self.again:
                reconsider(case, answer=answer)
            elif goes or not correct(case, self.rng, answer=answer):
                self.cases[place] = self._fresh()

    def memory(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "cases": self.cases,
            "waiting": self.waiting,
            "fetched": self.fetched,
            "chance": self.rng.bit_generator.state,
        }

    def remember(self, memory: dict[str, Any]) -> None:
        """Go on from what a checkpoint kept."""
        self.cases, self.waiting = memory["cases"], memory["waiting"]
        self.fetched = memory["fetched"]
        self.rng.bit_generator.state = memory["chance"]

    def _fresh(self) -> Case:
        if not self.waiting:
            self.waiting = self.fetch(self.fetched)
            self.fetched += 1
        return self.waiting.pop()


@contextmanager
def workers(
    materials: Sequence[tuple[Material, int]],
    *,
    seed: int,
    count: int = 1,
    practised: Diet = MIXED,
) -> Iterator[Handful]:
    """A function that gives a handful by its number, made ahead in other processes.

    With `count` 0 it is made in this process; the cases are the same.
    """
    make = partial(handful, materials, seed=seed, practised=practised)
    if count == 0:
        yield lambda number: make(number=number)
        return
    waiting: dict[int, Future[list[Case]]] = {}
    # A worker reads these when it starts: threads of its own would take the network's cores.
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    with ProcessPoolExecutor(count, get_context("spawn"), initializer=_quietly) as executor:

        def fetch(number: int) -> list[Case]:
            for ahead in range(number, number + AHEAD):
                if ahead not in waiting:
                    waiting[ahead] = executor.submit(make, number=ahead)
            return waiting.pop(number).result()

        try:
            yield fetch
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


def _quietly() -> None:
    """One thread and the lowest priority for a worker: the network needs the cores."""
    torch.set_num_threads(1)
    if hasattr(os, "nice"):  # not on Windows
        os.nice(10)
