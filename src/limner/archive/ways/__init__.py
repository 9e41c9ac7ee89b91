"""The ways to speak to an archive, one file each."""

from limner.archive.way import Way
from limner.registry import Registry

WAYS: Registry[type[Way]] = Registry("way to an archive", __name__)
