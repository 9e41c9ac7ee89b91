"""Scans of made-up trunks as Samples."""

import numpy as np

from limner.phantoms._scanners import SITES, Modality, Site, field, outlined, scanned
from limner.phantoms._torso import Patient, patient, trunk
from limner.sample import Sample, Target


def scan(
    seed: int,
    *,
    modality: Modality,
    name: str,
    site: Site | None = None,
    who: Patient | None = None,
    beside: tuple[Modality, ...] = (),
) -> Sample:
    """The patient of a seed in the scanner of a site.

    name    of the phantom, for ids
    site    None for the site of the seed
    who     None for the patient of the seed, with tumours and resections by chance
    beside  further images of the same voxels, by the name of their modality
    """
    rng = np.random.default_rng((seed, 2))
    where = SITES[int(rng.integers(len(SITES)))] if site is None else site
    whom = patient(seed) if who is None else who
    block = trunk(whom, field(where), seed=seed)
    images = {"image": scanned(block, rng, site=where, modality=modality)}
    for other in beside:
        images[other] = scanned(block, rng, site=where, modality=other)
    mask = outlined(block, site=where)
    rater = f"limner.phantoms.{name}"
    there = tuple(label for label in mask.schema.names if label not in {"body", "tumour"})
    return Sample(
        f"{name}-{seed}",
        images,
        (
            Target("dense", mask, source="synthetic", rater=rater, image="image"),
            Target("multi-label", there, source="synthetic", rater=rater, image="image"),
        ),
        groups={"patient": f"trunk-{seed}", "site": where.name},
        licence="CC0-1.0",
    )
