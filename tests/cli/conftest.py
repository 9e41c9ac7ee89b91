"""Every test of the command line may use the predictor 'fake'."""

import pytest

from tests.cli import fake


@pytest.fixture(autouse=True)
def with_fake(monkeypatch):
    import limner.registry

    monkeypatch.setattr(limner.registry, "_points", limner.registry._points)
    fake.register()
    from limner.cli import _case

    monkeypatch.setattr(_case, "_LOADED", {})
