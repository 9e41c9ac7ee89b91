"""On what, when and from which commit a figure was measured: as `limner evaluate` stamps it."""

from pathlib import Path

from limner.evaluate.stamp import commit, machine, now, stamp

__all__ = ["ROOT", "commit", "machine", "now", "stamp"]

ROOT = Path(__file__).resolve().parents[1]
