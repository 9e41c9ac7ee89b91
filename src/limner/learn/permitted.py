"""Which pictures may train weights that ship, and the check that none is a test picture.

A data folder holds `manifest.json`, and sets of `images/` and `masks/`. A set trains only
where its manifest entry says so; a picture that looks like one of the measuring sets'
pictures is left out, whatever its licence.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

from limner.errors import BadValue, NotFound

# Bits of 64 in which two pictures may differ and still be taken for one. Between the 272
# training pictures and every measuring picture or slice in its eight orientations the
# smallest distances were 6, 6, 8, 8, 8, 10, 10, 10, then 12 and more (median 16): the first
# eight were looked up and are different scans (CT heads near MR heads). 6 errs on the side
# of leaving out.
NEAR = 6
MEASURING = ("dev", "dev2")
Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class Pair:
    """One picture that may train, its mask, and the SHA-256 of the picture's file."""

    image: Path
    mask: Path
    digest: str


@dataclass(frozen=True)
class Source:
    """One set that may train: its manifest entry, what is used of it and what is left out."""

    name: str
    entry: Mapping[str, Any]
    pairs: tuple[Pair, ...]
    left_out: tuple[str, ...]  # near-duplicates of a measuring picture


def permitted(data: Path, names: Sequence[str] = ()) -> tuple[Source, ...]:
    """The sets under `data` that may train weights that ship, near-duplicates left out.

    `names` asks for certain sets; empty takes every set whose role is `train`.
    Raises BadValue for a set that may not train, NotFound for one that is not there.
    """
    entries = manifest(data)
    asked = names or tuple(n for n, entry in entries.items() if entry["role"] == "train")
    for name in asked:
        if name not in entries:
            raise NotFound(
                f"There is no set '{name}' in '{data / 'manifest.json'}'. "
                f"It lists {', '.join(sorted(entries))}."
            )
        if entries[name].get("may_train_shipped_weights") is not True:
            raise BadValue(
                f"The set '{name}' may not train weights that ship: its manifest entry does not "
                "say 'may_train_shipped_weights: true'. Leave it out of the training sets."
            )
    known = measuring_fingerprints(data, entries)
    return tuple(_source(data, entries[name], known=known) for name in asked)


def manifest(data: Path) -> dict[str, dict[str, Any]]:
    """The entries of `manifest.json` by name. Raises NotFound when there is none."""
    path = data / "manifest.json"
    if not path.is_file():
        raise NotFound(
            f"There is no '{path}'. Training needs a data folder whose manifest.json names "
            "each set and says whether it may train weights that ship."
        )
    listed = json.loads(path.read_text(encoding="utf-8"))["sets"]
    return {str(entry["name"]): entry for entry in listed}


def fingerprint(plane: NDArray[np.generic]) -> Bits:
    """64 bits that stay about the same when a picture is rescaled, brightened or recompressed.

    The signs of the 8 x 8 lowest cosine terms of the picture at 32 x 32, against their median.
    plane is (rows, columns). Source: the usual perceptual DCT hash (pHash); own code.
    """
    return _bits(_small(plane))


def fingerprints(plane: NDArray[np.generic]) -> list[Bits]:
    """The fingerprint of a plane turned and mirrored in its eight ways."""
    small = _small(plane)
    turned = [np.rot90(small, turn) for turn in range(4)]
    return [_bits(way) for one in turned for way in (one, one[:, ::-1])]


def measuring_fingerprints(data: Path, entries: Mapping[str, Mapping[str, Any]]) -> Bits:
    """Fingerprints (n, 64) of every picture and slice of the measuring sets under `data`."""
    found = [
        bits
        for entry in entries.values()
        if entry["role"] in MEASURING
        for pair in entry["pairs"]
        for plane in planes(data / str(entry["folder"]) / str(pair["image"]))
        if plane.min() < plane.max()
        for bits in fingerprints(plane)
    ]
    return np.array(found, bool).reshape(len(found), 64)


def planes(path: Path) -> Iterator[NDArray[np.float32]]:
    """The grey planes of a picture or of a volume, cut across its shortest axis; none if absent."""
    if not path.is_file():
        return
    if path.name.endswith((".nii", ".nii.gz")):
        import nibabel

        volume = np.asarray(nibabel.load(path).dataobj, np.float32)  # type: ignore[attr-defined]
        yield from np.moveaxis(volume, int(np.argmin(volume.shape)), 0)
        return
    samples = opened(path).astype(np.float32)
    yield samples.mean(axis=2)


def opened(path: Path) -> NDArray[np.uint8]:
    """An 8-bit picture as (rows, columns, 1 or 3); grey kept in three channels becomes one."""
    from PIL import Image as Picture

    with Picture.open(path) as picture:
        samples = np.asarray(picture.convert("RGB"))
    grey = (samples[..., 0] == samples[..., 1]).all() and (samples[..., 1] == samples[..., 2]).all()
    return samples[..., :1] if grey else samples


def _source(data: Path, entry: Mapping[str, Any], *, known: Bits) -> Source:
    folder = data / str(entry["folder"])
    pairs: list[Pair] = []
    left_out: list[str] = []
    for pair in entry["pairs"]:
        image = folder / str(pair["image"])
        mine = np.array([fingerprint(plane) for plane in planes(image)])
        if len(known) and (mine[:, None] != known[None]).sum(axis=2).min() <= NEAR:
            left_out.append(str(pair["image"]))
            continue
        digest = sha256(image.read_bytes()).hexdigest()
        pairs.append(Pair(image, folder / str(pair["mask"]), digest))
    return Source(str(entry["name"]), entry, tuple(pairs), tuple(left_out))


def _small(plane: NDArray[np.generic]) -> NDArray[np.float64]:
    """The plane averaged over 32 x 32 blocks; a smaller plane is repeated first."""
    picture = np.asarray(plane, float)
    repeat = [max(1, -(-32 // n)) for n in picture.shape]
    picture = picture.repeat(repeat[0], axis=0).repeat(repeat[1], axis=1)
    rows, columns = (np.linspace(0, n, 33).astype(int) for n in picture.shape)
    sums = np.add.reduceat(np.add.reduceat(picture, rows[:-1], axis=0), columns[:-1], axis=1)
    return np.asarray(sums / np.diff(rows)[:, None] / np.diff(columns)[None, :])


def _bits(small: NDArray[np.float64]) -> Bits:
    terms = dctn(small, norm="ortho")[:8, :8].ravel()
    return np.asarray(terms > np.median(terms[1:]))
