"""Network shapes at equal budget, and other ways to run the network that ships.

    python -m benchmarks.shapes               writes results/network_shapes.json

Every shape is trained from chance on the same data by the same recipe for the same minutes of
one core's own time (so that neighbours on the machine do not count), crops made on that core
too. Then it answers every second object of the half `choose`, with a box and with five
clicks, as do: the network that ships, in other precisions and over mirrored crops; and the
walk of its hints alone. `report` is never looked at here, and no card is touched.

A run that was killed goes on where it stopped: checkpoints and answers are kept under --out.
Whoever has answered about every object is in the results; `--only` with no name asks nobody.
"""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor, as_completed
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.machine import ROOT, stamp
from benchmarks.network import walked
from benchmarks.shape_networks import (
    BATCH,
    DECAY,
    RATE,
    SHAPES,
    SHIPPED,
    WARM_UP,
    Asked,
    folder_of,
    in_8_bits,
    opened,
    trained,
)
from limner.evaluate.compare import Row, table
from limner.evaluate.protocols import prompted
from limner.evaluate.protocols.objects import entries, load, pictures
from limner.image import Image
from limner.predict.limner import CARDS, Limner
from limner.prompt.box import Box
from limner.prompt.click import Click
from limner.safely import write_text

OUT = ROOT / "results" / "network_shapes.json"
COLUMNS = ("box", "1 click", "3 clicks", "5 clicks")
AT = (1, 3, 5)
CALLS = 30  # timed, of each network
WALK = "walk"  # that of the hints, without a network
WEIGHTS = "In 32 bits where those that ship have 8: of the same run, published with fp32."
AGAINST = ("prompt_unet", "shipped")  # whom the others are compared with


def done(name, asked):
    """One contestant from its training to its last answer; its name."""
    import torch

    torch.set_num_threads(1)
    folder = folder_of(name, asked)
    folder.mkdir(parents=True, exist_ok=True)
    if name in SHAPES and not (folder / "trained.json").is_file():
        trained(name, asked)
    if name == "shipped_int8" and not (folder / "network.onnx").is_file():
        in_8_bits(folder / "network.onnx", asked)
    answers(name, asked)
    return name


def answers(name, asked):
    """Ask a contestant about every object that it was not asked about yet."""
    model, file = Limner(network_of(name, asked)), folder_of(name, asked) / "lines.jsonl"
    known = {each["key"] for each in lines(file)}
    left = [each for each in chosen(asked) if each.key not in known]
    with file.open("a", encoding="utf-8") as stream:
        stream.write("\n" if stream.tell() else "")  # ends a line that a killed process left torn
        for together in pictures(left):
            for subject in load(asked.data, together):
                told = answered(model, subject)
                stream.write(json.dumps({"key": subject.entry.key, **told}) + "\n")
            stream.flush()


def answered(model, subject):
    """Dice after a box, and after each of five clicks that mend the largest error."""
    encoded, target = model.encode(subject.image), subject.target
    person = prompted.centre(encoded.grid, target)
    box = prompted.box(model, encoded, target)
    clicks = prompted.asked(model, encoded, target, person=person, most=max(AT))
    return {
        "box": round(box.dice[0], 5),
        "clicks": [round(each, 5) for each in clicks.dice],
        "failure": box.failure or clicks.failure,
    }


def chosen(asked):
    """Every so many-th object of the half `choose`, in the order of the list."""
    return entries(asked.data, "choose")[:: asked.every]


def complete(name, asked):
    """Whether a contestant has answered about every object."""
    known = {each["key"] for each in lines(folder_of(name, asked) / "lines.jsonl")}
    return all(each.key in known for each in chosen(asked))


def lines(file):
    """What was answered so far, without a line that a killed process left torn."""
    found = []
    for text in file.read_text(encoding="utf-8").splitlines() if file.is_file() else ():
        try:
            found.append(json.loads(text))
        except json.JSONDecodeError:
            continue
    return found


def timed(names, asked):
    """Milliseconds on two threads, in turn: one crop alone, and a further click of a person.

    The least of many calls, since other work only ever adds; a further click is one on a
    picture of 512 x 512 after a box, hints and all.
    """
    rng = np.random.default_rng(asked.seed)
    image, box = disc(rng)
    crop = {"image": rng.standard_normal((1, 7, 128, 128), np.float32)}
    crop["hints"] = rng.random((1, 3, 128, 128), np.float32)
    networks = {name: network_of(name, asked, threads=2) for name in names}
    models = {name: Limner(each) for name, each in networks.items()}
    encoded = {name: each.encode(image) for name, each in models.items()}
    before = {name: each.predict(encoded[name], (box,)) for name, each in models.items()}
    seen = {name: {"crop_ms": [], "further_click_ms": []} for name in names}
    for number in range(CALLS):
        turn = 2 * np.pi * number / CALLS
        place = (0, 230 + 70 * np.sin(turn), 280 + 70 * np.cos(turn))
        told = (box, Click(tuple(image.grid.position_mm(place).tolist()), inside=True))
        for name in names:
            seen[name]["crop_ms"].append(milliseconds(networks[name], crop))
            given = (encoded[name], told, before[name])
            seen[name]["further_click_ms"].append(milliseconds(models[name].predict, *given))
    return {name: {k: round(min(v), 2) for k, v in each.items()} for name, each in seen.items()}


def disc(rng):
    """A grainy picture of 512 x 512 with a disc in it, and a box round the disc."""
    rows, columns = np.ogrid[:512, :512]
    inside = (rows - 230) ** 2 + (columns - 280) ** 2 < 90**2
    grey = np.clip(80 + 70 * inside + rng.normal(0, 12, inside.shape), 0, 255)
    image = Image.of(grey.astype(np.uint8)[None])
    return image, Box.between(image.grid, (0, 140, 190), (0, 320, 370))


def network_of(name, asked, *, threads=1):
    """Whoever answers, ready to be called."""
    return walked if name == WALK else opened(name, asked, threads=threads)


def milliseconds(call, *given):
    """How long a call takes."""
    begun = perf_counter()
    call(*given)
    return 1000 * (perf_counter() - begun)


def gathered(names, asked):
    """Everything that is known of the contestants, ready for JSON."""
    told, scores, failures = {}, {}, {}
    spent = timed(names, asked)
    for name in names:
        folder = folder_of(name, asked)
        answers_of = {each["key"]: each for each in lines(folder / "lines.jsonl")}
        scores[name] = {key: _columns(each) for key, each in answers_of.items()}
        failures[name] = sum(bool(each["failure"]) for each in answers_of.values())
        training = folder / "trained.json"
        about = json.loads(training.read_text(encoding="utf-8")) if training.is_file() else {}
        network = folder / "network.onnx"
        if name in SHIPPED and not network.is_file():
            network = asked.weights
        size = {} if name == WALK else {"onnx_mb": round(network.stat().st_size / 1e6, 2)}
        told[name] = {
            **about,
            **size,
            **spent[name],
            "failures": failures[name],
        }
    return {
        **stamp(seed=asked.seed),
        "half": "choose",
        "every": asked.every,
        "minutes": asked.minutes,
        "recipe": {"batch": BATCH, "rate": RATE, "warm_up": WARM_UP, "average": DECAY},
        "shipped_sha256": sha256(asked.weights.read_bytes()).hexdigest(),
        "contestants": told,
        "tables": tables(chosen(asked), scores),
    }


def _columns(line):
    return (line["box"], *(line["clicks"][n - 1] for n in AT))


def tables(objects, scores):
    """Means over sets with their intervals; thin objects apart and without their boxes."""
    told = {}
    for part, thin in (("ordinary", False), ("thin", True)):
        rows = [
            Row(
                one.key, one.set, f"{one.set}/{one.image}", one.modality, thin,
                {who: (float("nan") if thin else own[one.key][0], *own[one.key][1:])
                 for who, own in scores.items()},
            )
            for one in objects if one.thin == thin
        ]  # fmt: skip
        if rows:
            told[part] = table(rows, columns=COLUMNS)
    for part in told.values():
        part.pop("modalities")
        for who, each in part["contestants"].items():
            each.pop("wins")
            each["minus"] = {
                n: each["minus"][n] for n in AGAINST if n in each["minus"] and n != who
            }
    return told


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "shapes", help="kept files")
    parser.add_argument("--minutes", type=float, default=8.0, help="of one core, each shape")
    parser.add_argument("--every", type=int, default=2, help="take one object in so many")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side")
    parser.add_argument("--only", nargs="*", help="only ask these contestants, by name")
    parser.add_argument("--weights", type=Path, default=CARDS / "weights.onnx", help=WEIGHTS)
    parser.add_argument("--results", type=Path, default=OUT)
    options = parser.parse_args()
    every = (*SHAPES, *SHIPPED, WALK)
    names = every if options.only is None else tuple(options.only)
    asked = Asked(
        options.data,
        options.out,
        options.minutes,
        options.every,
        options.seed,
        options.weights,
    )
    if names:
        with ProcessPoolExecutor(options.jobs, get_context("spawn")) as executor:
            for one in as_completed([executor.submit(done, name, asked) for name in names]):
                print(one.result(), flush=True)
    names = tuple(name for name in every if complete(name, asked))
    if not names:
        return
    told = gathered(names, asked)
    write_text(json.dumps(told, indent=1) + "\n", options.results)
    for name, each in told["tables"]["ordinary"]["contestants"].items():
        scored = ", ".join(f"{column} {score[0]:.3f}" for column, score in each["mean"].items())
        print(f"{name:28} {scored}")


if __name__ == "__main__":
    main()
