"""Every error this package raises on purpose.

LimnerError
├── GeometryMismatch    two things that must share a grid do not         (ValueError)
├── Uncalibrated        a size was asked of a picture that has none      (ValueError)
├── PromptRefused       a prompt that the model cannot take or obey      (ValueError)
├── BadValue            a value that is out of its range or its form     (ValueError)
├── UnreadableFile      a file that is damaged or not what its name says (ValueError)
├── SeveralSeries       a folder holds more than one series: choose      (ValueError)
├── UnwritableFile      an output that cannot be written                 (OSError)
├── NotFound            a file or folder that is not there               (FileNotFoundError)
├── NoService           an archive that is silent, refuses, or stops     (ConnectionError)
├── UnknownName         no method, network or model of that name         (KeyError)
└── MissingExtra        an optional library is not installed             (ImportError)
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches


class LimnerError(Exception):
    """Something the user can put right. Its text says what came, what is needed, what to do."""

    def __str__(self) -> str:  # a KeyError would print its repr
        return str(self.args[0]) if self.args else ""


class GeometryMismatch(LimnerError, ValueError):
    """Two things that must lie on the same grid do not."""


class Uncalibrated(LimnerError, ValueError):
    """A length or a volume was asked of a picture whose file gave no physical size."""


class PromptRefused(LimnerError, ValueError):
    """The model cannot take this kind of prompt, or these prompts contradict one another."""


class BadValue(LimnerError, ValueError):
    """A value lies outside its range or is not written in the form that is needed."""


class UnreadableFile(LimnerError, ValueError):
    """A file is damaged, empty, or not what its name says."""


class SeveralSeries(LimnerError, ValueError):
    """A folder or archive holds more than one series and none was chosen."""


class UnwritableFile(LimnerError, OSError):
    """An output cannot be written where it was asked for."""


class NotFound(LimnerError, FileNotFoundError):
    """A file or a folder that is needed is not there."""


class NoService(LimnerError, ConnectionError):
    """An archive does not answer, refuses what it was asked, or stops in the middle."""


class UnknownName(LimnerError, KeyError):
    """Nothing is registered under this name.

    >>> str(UnknownName("predictor", "clasic", ["classic", "limner"]))
    "There is no predictor called 'clasic'. Did you mean 'classic'?"
    """

    def __init__(self, noun: str, name: str, known: Sequence[str]) -> None:
        near = get_close_matches(name, known, n=1)
        there = f"There are: {', '.join(known)}." if known else "There are none yet."
        hint = f"Did you mean '{near[0]}'?" if near else there
        super().__init__(f"There is no {noun} called '{name}'. {hint}")


class MissingExtra(LimnerError, ImportError):
    """A library that only part of the package needs is not installed."""


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Turn a missing library inside the block into a sentence that names the extra.

    The import in the block stays an ordinary statement, so that type checkers and
    import-linter see it. A library that is there but broken keeps its own error.

    >>> with extra("slides"):
    ...     import no_such_slide_library
    Traceback (most recent call last):
    ...
    limner.errors.MissingExtra: This needs 'no_such_slide_library', which is not installed. \
Run: pip install 'limner[slides]'
    """
    try:
        yield
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.startswith("limner"):
            raise
        library = missing.name.partition(".")[0]
        raise MissingExtra(
            f"This needs '{library}', which is not installed. Run: pip install 'limner[{name}]'"
        ) from missing
