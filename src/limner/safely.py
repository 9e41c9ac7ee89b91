"""Files appear whole or not at all, whatever stops the program in between."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from limner.errors import LimnerError, UnwritableFile


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A temporary path beside `target` that takes its name when the block ends well.

    The temporary name keeps every ending of the target (`.nii.gz`), because libraries
    choose a format by it, and holds the process's own random part, so that two processes
    that write one output never mix: the last to finish wins, whole. When the block raises,
    also by Ctrl-C, an earlier file survives and nothing is left behind; after SIGKILL or
    a power cut a file called `.limner-*` may stay, never a half-written target.

    Raises UnwritableFile when the folder is missing or read-only, or the disk is full.
    """
    folder = target.parent
    if not folder.is_dir():
        raise UnwritableFile(
            f"The folder '{folder}' for '{target.name}' does not exist. Create it first."
        )
    if target.is_dir():
        raise UnwritableFile(f"'{target}' is a folder. Give the name of a file.")
    endings = "".join(target.suffixes[-2:])
    try:
        handle, name = tempfile.mkstemp(prefix=".limner-", suffix=endings, dir=folder)
        os.close(handle)
    except OSError as error:
        raise _unwritable(target, error) from error
    temporary = Path(name)
    try:
        yield temporary
        _to_disk(temporary)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except OSError as error:
        if isinstance(error, LimnerError):  # it has its sentence: some of ours are OSErrors
            raise
        raise _unwritable(target, error) from error
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def write_text(text: str, target: Path) -> None:
    """Write UTF-8 text whole or not at all. Raises UnwritableFile."""
    with replacing(target) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _to_disk(path: Path) -> None:
    """Wait until the bytes are on the disk: a rename may otherwise outrun them."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _unwritable(target: Path, error: OSError) -> UnwritableFile:
    # pydicom wraps what the disk said into a text with a whole traceback.
    first = error.__cause__ if isinstance(error.__cause__, OSError) else error
    reason = first.strerror or str(first)
    return UnwritableFile(
        f"'{target}' could not be written: {reason}. "
        "Nothing was changed; choose another place or free some space."
    )
