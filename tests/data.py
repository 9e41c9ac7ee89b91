"""Where tests find the small real data, and how they say that it is not there."""

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


def shared(relative: str = "") -> Path:
    """The file or folder of that name in the shared folder; the test is skipped without it.

    The shared folder lies beside the checkout and is called `shared`, unless the environment
    variable LIMNER_SHARED names another.
    """
    root = Path(os.environ.get("LIMNER_SHARED", CHECKOUT.parent / "shared"))
    found = root / relative
    if not found.exists():
        pytest.skip(
            f"The data '{found}' are not here. Put the shared folder beside the checkout, "
            "or name it in LIMNER_SHARED."
        )
    return found
