"""Outline anything in a medical image, measure it, and learn from who corrects it.

>>> import numpy as np
>>> from limner import Image
>>> image = Image.of(np.zeros((1, 8, 8), np.uint8))
>>> image.grid.scale
'none'
"""

import sys as _sys
from types import ModuleType as _ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limner.cases.open import read
    from limner.cases.save import write
    from limner.errors import LimnerError
    from limner.grid import Grid
    from limner.image import Image, Window
    from limner.mask import Mask, Object
    from limner.predict import PREDICTORS, Prediction, predictor
    from limner.predict.session import Session
    from limner.prompt.box import Box
    from limner.prompt.click import Click
    from limner.prompt.lasso import Lasso
    from limner.prompt.prior import Prior
    from limner.prompt.stroke import Stroke
    from limner.sample import Sample, Target
    from limner.schema import Label, Schema
    from limner.window import windowed

__version__ = "0.1.0"

# Where each public name lives. Loaded when first used, so that `import limner` costs nothing.
_HOMES = {
    "PREDICTORS": "limner.predict",
    "Box": "limner.prompt.box",
    "Click": "limner.prompt.click",
    "Grid": "limner.grid",
    "Image": "limner.image",
    "Label": "limner.schema",
    "Lasso": "limner.prompt.lasso",
    "LimnerError": "limner.errors",
    "Mask": "limner.mask",
    "Object": "limner.mask",
    "Prediction": "limner.predict",
    "Prior": "limner.prompt.prior",
    "Sample": "limner.sample",
    "Schema": "limner.schema",
    "Session": "limner.predict.session",
    "Stroke": "limner.prompt.stroke",
    "Target": "limner.sample",
    "Window": "limner.image",
    "predictor": "limner.predict",
    "read": "limner.cases.open",
    "windowed": "limner.window",
    "write": "limner.cases.save",
}

__all__ = [
    "PREDICTORS",
    "Box",
    "Click",
    "Grid",
    "Image",
    "Label",
    "Lasso",
    "LimnerError",
    "Mask",
    "Object",
    "Prediction",
    "Prior",
    "Sample",
    "Schema",
    "Session",
    "Stroke",
    "Target",
    "Window",
    "predictor",
    "read",
    "windowed",
    "write",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'limner' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__


class _Package(_ModuleType):
    """Importing the folder `limner.read` would put it in the place of the function `read`."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, _ModuleType)):
            super().__setattr__(name, value)


_sys.modules[__name__].__class__ = _Package
