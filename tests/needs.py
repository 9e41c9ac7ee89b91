"""Programs that only some tests need: they skip aloud without them, or fail where asked to.

`pytest --require orthanc` turns the absence of Orthanc into failure, for a machine that has
been given it.
"""

import shutil
from pathlib import Path

import pytest

REQUIRED: set[str] = set()  # by the command line
PACKAGES = {"orthanc": "orthanc orthanc-dicomweb", "dicom3tools": "dicom3tools"}
PROGRAMS = {"orthanc": "Orthanc", "dicom3tools": "dciodvfy"}


def require(packages: list[str]) -> None:
    """What `--require` says. Raises UsageError for a package that no test needs."""
    for each in packages:
        if each not in PACKAGES:
            raise pytest.UsageError(
                f"No test needs the package '{each}'. There are: {', '.join(PACKAGES)}."
            )
    REQUIRED.update(packages)


def program(package: str) -> Path:
    """The program of a Debian package; the test is skipped without it, or fails if required."""
    found = shutil.which(PROGRAMS[package]) or shutil.which(PROGRAMS[package], path="/usr/sbin")
    if found:
        return Path(found)
    absent(package)
    raise AssertionError


def absent(package: str, what: str = "") -> None:
    """Skip or fail, because something of a package is not here."""
    said = (
        f"'{what or PROGRAMS[package]}' is not here. Install it: apt-get install "
        f"{PACKAGES[package]}"
    )
    if package in REQUIRED:
        pytest.fail(f"{said} (required by --require {package})")
    pytest.skip(said)
