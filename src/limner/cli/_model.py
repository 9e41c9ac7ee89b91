"""A predictor that is ready to use, from the options that say how it runs."""

import inspect
from typing import TYPE_CHECKING, Any

from limner.errors import BadValue, UnknownName

if TYPE_CHECKING:
    from limner.predict import Predictor

DEVICES = ("cpu",)


def ready(
    name: str,
    *,
    threads: int | None = None,
    runtime: str | None = None,
    precision: str | None = None,
    device: str = "cpu",
    deterministic: bool = False,
) -> "Predictor":
    """The predictor of a name, or of a model that was added with `limner models add`.

    deterministic   one thread, fp32; a method without those choices is deterministic anyway

    Raises UnknownName with the nearest name, and BadValue where a runtime was chosen for a
    method that has none.
    """
    from limner.cli._own_models import find, names
    from limner.predict import PREDICTORS

    if device not in DEVICES:
        raise UnknownName("device", device, DEVICES)
    card = find(name)
    if card is None and name not in PREDICTORS.names():
        raise UnknownName("model", name, names())
    factory = PREDICTORS.get(card.predictor if card else name)
    takes = inspect.signature(factory).parameters
    chosen: dict[str, Any] = {} if card is None else {"card": card}
    for option, value in (("runtime", runtime), ("precision", precision)):
        if value is None:
            continue
        if option not in takes:
            raise BadValue(
                f"The model '{name}' runs no network, so there is no {option} '{value}' to "
                f"choose. Leave --{option} out."
            )
        chosen[option] = value
    if threads is not None and "threads" in takes:
        chosen["threads"] = threads
    if deterministic:
        fixed = {"precision": "fp32", "deterministic": True, "threads": 1}
        chosen |= {key: value for key, value in fixed.items() if key in takes}
    return factory(**chosen)


def limit_threads(threads: int | None) -> None:
    """Hold the numeric libraries to so many threads; only before they are loaded.

    Methods without a network (SciPy, scikit-image) take their number from here.
    """
    import os

    if threads is not None:
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[variable] = str(threads)
