"""Arrays by name out of an .npz, whatever is wrong with the file.

Arrays of Python objects are refused, for loading one can run anything.
"""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import UnreadableFile

LIMIT = 8 << 30  # bytes that one array may unpack to
# What damaged bytes raise in zipfile, zlib, and NumPy, which reads a header as Python's words.
DAMAGED = (
    *(OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error),
    *(SyntaxError, TypeError, LookupError, MemoryError),
)


def arrays(path: Path, wanted: Sequence[str] = ()) -> tuple[dict[str, NDArray[Any]], str]:
    """Those of the arrays that are there, by name, and in words what the file holds.

    wanted   names; all of them where none is given

    Raises UnreadableFile, FileNotFoundError.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {e.filename.removesuffix(".npy"): e.file_size for e in archive.infolist()}
        names = [each for each in sizes if not wanted or each in wanted]
        for name in names:
            if sizes[name] > LIMIT:
                raise UnreadableFile(
                    f"'{name}' of '{path.name}' unpacks to {sizes[name] / 2**30:.1f} GiB, more "
                    "than the 8 that are read. Cut out the part that matters."
                )
        with np.load(path, allow_pickle=False) as held:
            found = {name: np.asarray(held[name]) for name in names}
    except DAMAGED as error:
        if isinstance(error, UnreadableFile | FileNotFoundError):
            raise
        raise UnreadableFile(
            f"'{path.name}' is damaged, or holds what is no array: {error}. Save it again."
        ) from error
    return found, ", ".join(sizes) or "nothing"
