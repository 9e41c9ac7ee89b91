"""Whether a predictor knows how good it is: the Dice that it expects, against the Dice reached.

Error is the mean over groups, as Dice is; rank correlation is Spearman's over all answers. In the
reliability table answers are binned by what was expected of them.

Source   reliability diagrams: DeGroot and Fienberg, The Statistician 32, 1983; Guo et al.,
         ICML 2017, arXiv:1706.04599.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import spearmanr

BINS = 10


def reliability(answers: Mapping[str, Sequence[tuple[float, float]]]) -> dict[str, Any] | None:
    """Plain numbers from the (expected, reached) pairs of each group; None without any.

    error   mean absolute difference, the mean over groups
    bias    how much more was expected than reached, the same mean
    rank    Spearman's; None where all was expected alike
    bins    for each tenth of what can be expected that has answers: its low end, its answers,
            and the means of what was expected and reached
    """
    groups = [np.array(pairs, float) for pairs in answers.values() if len(pairs)]
    if not groups:
        return None
    off = [pairs[:, 0] - pairs[:, 1] for pairs in groups]
    every = np.concatenate(groups)
    expected, reached = every.T
    steps = np.minimum((expected * BINS).astype(int), BINS - 1)
    return {
        "answers": len(every),
        "error": _rounded(np.mean([np.abs(each).mean() for each in off])),
        "bias": _rounded(np.mean([each.mean() for each in off])),
        "rank": _rank(every),
        "bins": [
            [
                step / BINS,
                int((steps == step).sum()),
                _rounded(expected[steps == step].mean()),
                _rounded(reached[steps == step].mean()),
            ]
            for step in range(BINS)
            if (steps == step).any()
        ],
    }


def _rank(pairs: np.ndarray[Any, np.dtype[np.float64]]) -> float | None:
    if (np.ptp(pairs, axis=0) == 0).any():
        return None
    return _rounded(spearmanr(*pairs.T).statistic)


def _rounded(value: Any) -> float:
    return round(float(value), 4)
