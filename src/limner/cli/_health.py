"""What `limner doctor` looks at."""

import time
from collections.abc import Mapping
from importlib.metadata import metadata, requires
from importlib.util import find_spec
from typing import Any

from limner.cli._run import installed, machine, versions
from limner.errors import LimnerError

ROUNDS = 5  # prompts on one opened image; the fastest counts, for others slow it down

# What each coding of pixels in DICOM needs, as modules; any one of them does.
CODECS: Mapping[str, tuple[str, ...]] = {
    "JPEG": ("gdcm",),
    "JPEG-LS": ("jpeg_ls", "gdcm"),
    "JPEG 2000": ("openjpeg", "gdcm"),
    "HTJ2K": ("openjpeg",),
    "RLE": ("pydicom",),
    "deflated": ("pydicom",),
}


def health(model: str) -> dict[str, Any]:
    """Versions, machine, runtimes, codecs, extras, folder of models, and one prompt's speed."""
    from limner.cli._own_models import added, folder

    return {
        "versions": versions(),
        "machine": machine(),
        "runtimes": _runtimes(),
        "codecs": {name: _there(modules) for name, modules in CODECS.items()},
        "extras": extras(),
        "models_folder": str(folder()),
        "models_added": list(added()),
        "speed": speed(model),
    }


def extras() -> dict[str, list[str]]:
    """Every extra of the package, with the libraries of it that are missing."""
    named = metadata("limner").get_all("Provides-Extra") or []
    found: dict[str, list[str]] = {name: [] for name in named if name != "test"}
    for line in requires("limner") or []:
        library, _, condition = line.partition(";")
        for name, missing in found.items():
            if f"extra == '{name}'" not in condition.replace('"', "'"):
                continue
            project = library.split("[")[0].strip()
            for sign in "<>=!~ ":
                project = project.split(sign)[0]
            if not installed(project):
                missing.append(project)
    return found


def speed(model: str) -> dict[str, Any]:
    """Seconds to load the model and to answer a box on a 512 x 512 picture, first and again."""
    import numpy as np

    from limner.cli._model import ready
    from limner.image import Image
    from limner.prompt.box import Box

    rows, columns = np.ogrid[:512, :512]
    disc = ((rows - 256) ** 2 + (columns - 256) ** 2 < 80**2) * np.uint8(120) + np.uint8(40)
    image = Image.of(disc)
    box = Box.between(image.grid, (0, 170, 170), (0, 342, 342))
    try:
        begun = time.perf_counter()
        predictor = ready(model)
        loaded = time.perf_counter()
        encoded = predictor.encode(image)
        predictor.predict(encoded, [box])
        first = time.perf_counter()
        again = [_timed(lambda: predictor.predict(encoded, [box])) for _ in range(ROUNDS)]
    except LimnerError as error:
        return {"model": model, "problem": str(error)}
    return {
        "model": predictor.card,
        "load_s": round(loaded - begun, 4),
        "first_prompt_s": round(first - loaded, 4),
        "further_prompt_s": round(min(again), 4),
    }


def as_text(found: Mapping[str, Any]) -> str:
    """A page for people; what is missing comes with the line that installs it."""
    told, here, pace = found["versions"], found["machine"], found["speed"]
    libraries = ", ".join(f"{name} {v}" for name, v in told.items() if v and name != "limner")
    memory = f"{here['memory_gib']} GiB" if here["memory_gib"] else "memory unknown"
    lines = [
        f"limner {told['limner']}",
        f"  machine   {here['processor']}, {here['cores']} cores, {memory}, {here['system']}",
        f"  with      {libraries}",
    ]
    lines += [f"  runtime   {name}: {why}" for name, why in found["runtimes"].items()]
    missing = [name for name, there in found["codecs"].items() if not there]
    codecs = ", ".join(name for name, there in found["codecs"].items() if there)
    lines.append(f"  DICOM     reads {codecs}{', not ' + ', '.join(missing) if missing else ''}")
    for name, absent in found["extras"].items():
        said = "installed"
        if absent:
            said = f"missing {', '.join(absent)}; pip install 'limner[{name}]'"
        lines.append(f"  extra     {name}: {said}")
    own = ", ".join(found["models_added"]) or "none"
    lines.append(f"  models    added: {own}, in {found['models_folder']}")
    if "problem" in pace:
        lines.append(f"  speed     {pace['model']}: {pace['problem']}")
    else:
        lines.append(
            f"  speed     {pace['model']}: loads in {1000 * pace['load_s']:.0f} ms, first prompt "
            f"{1000 * pace['first_prompt_s']:.0f} ms, further ones "
            f"{1000 * pace['further_prompt_s']:.0f} ms (a box on 512 x 512 pixels)"
        )
    return "\n".join(lines)


def _runtimes() -> dict[str, str]:
    """Each runtime that is known: used and why, there, or missing."""
    from limner.cli._own_models import card_of
    from limner.predict import runtime

    card = card_of("limner")
    used = card.runtime if card else runtime.RUNTIMES[0]
    precision = card.precision if card else "fp32"
    found = {}
    for name in runtime.RUNTIMES:
        if not runtime.installed(name):
            found[name] = f"missing; pip install 'limner[{name}]'"
        elif name == used:
            found[name] = f"{installed(name)}, used in {precision}, as the card of 'limner' says"
        else:
            found[name] = f"{installed(name)}, there; choose it with --runtime {name}"
    return found


def _there(modules: tuple[str, ...]) -> bool:
    return any(find_spec(name) is not None for name in modules)


def _timed(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
