"""Ghosts: a patient who moves between the lines of an MR scan is seen again along one axis.

Source   Shaw et al., MIDL 2019, "MRI k-space motion artefact augmentation", section 2.
Differs  one picture's own Fourier lines; shifts along the phase axis only, by breathing (a
         sine over the lines) or a jerk; the middle lines rest, so that nothing is displaced.
Expected results/artefacts.json
"""

import numpy as np

from limner.phantoms.artefacts import ARTEFACTS, Picture

REST = 0.04  # share of the lines, each side of the middle, that are taken at rest


@ARTEFACTS.add
def ghosting(rng: np.random.Generator, picture: Picture, *, severity: float) -> Picture:
    """Lines of the spectrum along the rows, each as seen with the patient somewhere else."""
    rows = picture.shape[0]
    lines = np.fft.fftfreq(rows)
    reach = 0.035 * rows * severity
    if rng.random() < 0.6:
        breaths = rng.uniform(3, 20)
        moved = reach * np.sin(2 * np.pi * (breaths * lines + rng.random()))
    else:
        moved = reach * np.sign(rng.standard_normal()) * (lines > rng.uniform(0, 0.3)) * 2
    moved = np.where(np.abs(lines) < REST, 0, moved)
    turned = np.exp(-2j * np.pi * lines * moved).astype(np.complex64)
    seen = np.fft.ifft(np.fft.fft(picture, axis=0) * turned[:, None, None], axis=0)
    return np.asarray(np.clip(np.abs(seen), 0, 1), np.float32)
