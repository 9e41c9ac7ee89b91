"""What may import what: light parts stay light, arrows point down, libraries have one door."""

import ast
import os
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.data import CHECKOUT

SOURCE = CHECKOUT / "src"
VERBS = sorted(f"limner.cli.{path.stem}" for path in (SOURCE / "limner" / "cli").glob("[!_]*.py"))
# `limner --help` imports every verb, so a verb is held to what the whole command line is.
LIGHT = ["limner", "limner.cli", *VERBS]
HEAVY = {
    "av",
    "cv2",
    "fastapi",
    "gdcm",
    "highdicom",
    "jpeg_ls",
    "matplotlib",
    "monai",
    "nibabel",
    "numpy",
    "onnx",
    "onnxruntime",
    "openjpeg",
    "openvino",
    "PIL",
    "pydicom",
    "ray",
    "reportlab",
    "scipy",
    "SimpleITK",
    "skimage",
    "tifffile",
    "torch",
}


def loaded_by(module: str) -> set[str]:
    """The top-level modules in a fresh interpreter that has imported one module."""
    code = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); import {module}; "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    return set(told.stdout.split())


@pytest.mark.parametrize("module", LIGHT)
def test_importing_is_light(module):
    assert loaded_by(module) & HEAVY == set()


def test_the_probe_sees_a_heavy_library():
    assert {"numpy", "scipy"} <= loaded_by("scipy.ndimage")


def test_arrows_point_down_and_every_library_has_one_door():
    lint = Path(sys.executable).with_name("lint-imports")
    told = subprocess.run(
        [lint, "--no-logo", "--no-cache"],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stdout + told.stderr


def imported_in(path: Path) -> set[str]:
    """The top-level names of every import statement in a file, wherever it stands."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def declared() -> set[str]:
    """What pyproject.toml asks for, in the base and in every extra but the tests' own."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"]]
    asked += [line for name, lines in extras.items() if name != "test" for line in lines]
    return {canonicalize_name(Requirement(line).name) for line in asked}


def test_every_library_that_is_imported_is_declared():
    used = {name for path in (SOURCE / "limner").rglob("*.py") for name in imported_in(path)}
    foreign = used - set(sys.stdlib_module_names) - {"limner"}
    brought_by = packages_distributions()
    stray = {
        name
        for name in foreign
        if not {canonicalize_name(d) for d in brought_by.get(name, ())} & declared()
    }
    assert stray == set()
