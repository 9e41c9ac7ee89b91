"""What a new method has to beat: simple predictors that no user is offered.

They keep the contract of `limner.predict.Predictor`, so the scoreboard asks all alike.
Everything that was tuned was tuned on the `choose` half of the objects, and the file says
between which values.
"""

from collections.abc import Callable

from limner.predict import Predictor
from limner.registry import Registry

BASELINES: Registry[Callable[..., Predictor]] = Registry("baseline", __name__, beside=("plane",))
