"""The secret from which every new UID, every pseudonym and every shift of dates follows.

One key file stands for one project: what it maps today it maps the same way next year, so
that later visits and later masks join what was handed out before. Who has it can link new
names to old ones, so it stays where the originals are.

Source   RFC 2104 (HMAC, with SHA-256); RFC 9562 section 5.8 (UUID version 8) and PS3.5
         section B.2 for UIDs under 2.25; PS3.15 E.1.1 asks that UIDs be mapped alike within
         a set of instances.
"""

import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from limner.errors import BadValue, NotFound, UnreadableFile, UnwritableFile

FORMAT = "limner de-identification key 1"
SECRET = 32  # bytes
ROOT = "2.25."
MARK, TAG = 90, 32  # of the 122 free bits of a UUID: which UID, and that this key made it
NAME, NAME_TAG = 48, 27  # the same of a pseudonym's 75 bits, 15 letters of base 32
NEAREST, FURTHEST = 366, 3653  # days by which dates go back


@dataclass(frozen=True)
class Key:
    """Maps what identifies to what does not, always the same way.

    What the key itself has made it leaves as it is, so that a mask drawn on a scan that was
    de-identified before still joins it.
    """

    secret: bytes = field(repr=False)

    def uid(self, original: str) -> str:
        """The UID that stands for another one."""
        if self.made_uid(original):
            return original
        return self._uid(self._number("uid", original, MARK))

    def made_uid(self, uid: str) -> bool:
        """Whether this key made the UID."""
        if not uid.startswith(ROOT) or not uid[len(ROOT) :].isdecimal():
            return False
        number = int(uid[len(ROOT) :])
        if number >> 128:
            return False
        free = (number >> 80) << 74 | (number >> 64 & 0xFFF) << 62 | number & (1 << 62) - 1
        return self._uid(free >> TAG) == uid

    def _uid(self, mark: int) -> str:
        free = mark << TAG | self._number("made uid", str(mark), TAG)
        high, middle, low = free >> 74, free >> 62 & 0xFFF, free & (1 << 62) - 1
        return f"{ROOT}{high << 80 | 8 << 76 | middle << 64 | 2 << 62 | low}"

    def pseudonym(self, kind: str, original: str) -> str:
        """A name of 16 characters for a text: `kind`, one capital, and 15 more.

        The same text gets the same name; a name that this key made stays.
        """
        if self.made_pseudonym(kind, original):
            return original
        return self._pseudonym(kind, self._number(f"name {kind}", original, NAME))

    def made_pseudonym(self, kind: str, name: str) -> bool:
        """Whether this key made the name."""
        if len(name) != 16 or not name.startswith(kind):
            return False
        number = 0
        for letter in name[1:]:
            place = LETTERS.find(letter)
            if place < 0:
                return False
            number = number << 5 | place
        return self._pseudonym(kind, number >> NAME_TAG) == name

    def _pseudonym(self, kind: str, mark: int) -> str:
        number = mark << NAME_TAG | self._number(f"made name {kind}", str(mark), NAME_TAG)
        return kind + "".join(LETTERS[number >> 5 * k & 31] for k in reversed(range(15)))

    def days(self, patient: str) -> int:
        """By how many days a patient's dates are shifted; below 0, and 0 for a pseudonym."""
        if self.made_pseudonym("P", patient):
            return 0
        return -(NEAREST + self._number("days", patient, 64) % (FURTHEST - NEAREST + 1))

    def _number(self, use: str, text: str, bits: int) -> int:
        told = hmac.digest(self.secret, f"{use}\0{text}".encode(), "sha256")
        return int.from_bytes(told, "big") >> (256 - bits)


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def opened_key(path: Path, *, create: bool = False) -> Key:
    """The key in a file; with `create`, a new one where there is no such file.

    A new file can be read by its owner only. A file that is there is never written.
    Raises NotFound, UnreadableFile for a file that is no key, UnwritableFile.
    """
    if create and not path.exists():
        return _created(path)
    if not path.is_file():
        raise NotFound(
            f"There is no key '{path}'. 'limner deidentify' makes one where there is none; "
            "use the one with which the scans were de-identified."
        )
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        secret = bytes.fromhex(told["secret"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _no_key(path) from error
    if told.get("format") != FORMAT or len(secret) != SECRET:
        raise _no_key(path)
    return Key(secret)


def _created(path: Path) -> Key:
    if not path.parent.is_dir():
        raise UnwritableFile(f"The folder '{path.parent}' for the key does not exist.")
    secret = secrets.token_bytes(SECRET)
    about = {
        "format": FORMAT,
        "about": "Whoever has this file can link de-identified scans to their originals. "
        "Keep it with the originals; without it no later file joins what was handed out.",
        "secret": secret.hex(),
    }
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BadValue(
            f"Another program has just made the key '{path}'. Run it again to use that one."
        ) from error
    except OSError as error:
        raise UnwritableFile(f"The key '{path}' could not be made: {error.strerror}.") from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(about, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return Key(secret)


def _no_key(path: Path) -> UnreadableFile:
    return UnreadableFile(
        f"'{path}' is not a key of Limner's, and is left as it is. "
        "Give the key file, or the name of a new one."
    )
