"""What the project's own files promise: versions, pins, reasons, commands, a base without torch."""

import os
import re
import tomllib
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import limner
from tests.data import CHECKOUT

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def text(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


def everything_under(lines: list[str]) -> set[str]:
    """The names of some requirements and of all that they bring along, as installed here."""
    found: set[str] = set()
    waiting = [Requirement(line) for line in lines]
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if name in found or (one.marker and not one.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        waiting += [Requirement(line) for line in requires(name) or ()]
    return found


def test_the_base_brings_no_torch_and_nothing_under_the_gpl():
    base = everything_under(PROJECT["dependencies"])
    assert {"numpy", "protobuf"} <= base  # protobuf comes with onnxruntime: the walk goes deep
    assert base & {"monai", "nvidia-cuda-runtime", "pylibjpeg-libjpeg", "torch", "triton"} == set()


def pins() -> dict[str, str]:
    lines = [line for line in text("constraints.txt").splitlines() if line[:1] not in ("#", "")]
    pairs = (line.split("==") for line in lines)
    return {canonicalize_name(name): version for name, version in pairs}


def test_every_direct_dependency_is_pinned_within_its_range():
    extras = PROJECT["optional-dependencies"].values()
    asked = [Requirement(line) for part in (PROJECT["dependencies"], *extras) for line in part]
    for one in asked:
        if canonicalize_name(one.name) != "limner":
            assert one.specifier.contains(pins()[canonicalize_name(one.name)]), one


def test_contributing_names_the_pinned_torch():
    assert f"torch=={pins()['torch']}" in text("CONTRIBUTING.md")


def test_there_is_one_version():
    assert limner.__version__ == PROJECT["version"]
    assert f"\n## {PROJECT['version']}" in text("CHANGELOG.md")


def test_every_rule_that_is_off_has_its_reason_beside_it():
    listed = re.findall(r"^  \"[A-Z]+[0-9]*\",(.*)$", text("pyproject.toml"), re.MULTILINE)
    assert len(listed) > 20
    assert [rest for rest in listed if not re.match(r" +# \S+ \S+", rest)] == []


@pytest.mark.parametrize("command", ["demo", "test"])
def test_the_readme_names_the_commands_and_they_exist(command):
    assert f"make {command}" in text("README.md")
    assert re.search(rf"^{command}:", text("Makefile"), re.MULTILINE)


def test_ci_can_be_run():
    assert os.access(CHECKOUT / ".ci" / "run", os.X_OK)
