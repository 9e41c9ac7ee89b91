"""What every test may rely on: one thread, no window, the same examples every time."""

import os
import sys

# Before anything imports numpy or a runtime: two test processes share two cores.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("MPLBACKEND", "Agg")

# A test that imports a runtime itself must not call home (journeys/test_silence.py says more).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
sys.modules.setdefault("openvino_telemetry", None)

from hypothesis import HealthCheck, settings  # noqa: E402  # numpy may come with it

# `--hypothesis-profile=thorough` looks further; what it finds becomes an @example.
settings.register_profile(
    "everyday", max_examples=50, derandomize=True, deadline=None, database=None
)
settings.register_profile(
    "thorough",
    max_examples=500,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("everyday")


def pytest_addoption(parser):
    parser.addoption(
        "--require",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="Fail, where a test would be skipped because this Debian package is not here.",
    )


def pytest_configure(config):
    from tests import needs

    needs.require(config.getoption("--require"))
