"""Archives by name, from a TOML file; their secrets lie elsewhere.

[hospital]
url = "dicom://ORTHANC@10.1.2.3:4242"
me = "LIMNER"          # the AE title under which the archive knows this machine
listen = 11112         # the port that C-MOVE sends to

[research]
url = "https://pacs.example.org/dicom-web"
user = "jane"
password_file = "/home/jane/.pacs-password"   # or password_env = "VARIABLE"
ca = "/etc/ssl/hospital.pem"
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from limner.archive.address import OURS, TIMEOUT_S, Address, Credentials
from limner.errors import BadValue, NotFound, UnknownName, UnreadableFile

FILE = "archives.toml"
KINDS: dict[str, type | tuple[type, ...]] = {
    "url": str,
    "me": str,
    "listen": int,
    "timeout_s": (int, float),
    "ca": str,
    "user": str,
    "password_file": str,
    "password_env": str,
    "token_file": str,
    "token_env": str,
}


def place() -> Path:
    """The file of named archives: LIMNER_ARCHIVES, or `archives.toml` in the usual folder."""
    told = os.environ.get("LIMNER_ARCHIVES")
    if told:
        return Path(told)
    folder = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(folder) / "limner" / FILE


def named() -> dict[str, Address]:
    """Every archive in the file, by name, without its secrets; none where there is no file.

    Raises UnreadableFile and BadValue, with what is wrong in it.
    """
    return {name: _address(name, told) for name, told in _tables().items()}


def find_address(told: str) -> Address:
    """An archive by its name in the file, or by its URL; with its secrets.

    A URL takes them from the environment, and so does a name whose table has none.
    """
    if "://" in told:
        return Address(told, credentials=Credentials.from_environment())
    tables = _tables()
    if told not in tables:
        if not tables:
            raise NotFound(
                f"There is no archive called '{told}': '{place()}' names none. Give an address, "
                "dicom://AE@host:port or https://host/dicom-web, or write that file."
            )
        raise UnknownName("archive", told, sorted(tables))
    table = tables[told]
    return replace(_address(told, table), credentials=_credentials(told, table))


def _tables() -> dict[str, dict[str, Any]]:
    path = place()
    if not path.exists():
        return {}
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"'{path}' cannot be read: {error}.") from error
    for name, table in told.items():
        if not isinstance(table, dict):
            raise BadValue(f"'{name}' in '{path}' is no table. Write [{name}] and url = \"...\".")
        _check(name, table)
    return told


def _check(name: str, table: Mapping[str, Any]) -> None:
    for key, value in table.items():
        if key in {"password", "token"}:
            raise BadValue(
                f"The archive '{name}' has its {key} in '{place()}'. Put it into a file that "
                f'only you can read, and write {key}_file = "FILE" instead.'
            )
        if key not in KINDS:
            raise UnknownName(f"setting of an archive (in '{place()}')", key, tuple(KINDS))
        if not isinstance(value, KINDS[key]) or isinstance(value, bool):
            raise BadValue(f"'{key}' of the archive '{name}' is {value!r} in '{place()}'.")
    if "url" not in table:
        raise BadValue(
            f"The archive '{name}' in '{place()}' has no url. Write "
            'url = "dicom://AE@host:port" or url = "https://host/dicom-web".'
        )


def _address(name: str, table: Mapping[str, Any]) -> Address:
    return Address(
        table["url"],
        name,
        me=table.get("me", OURS),
        listen=table.get("listen", 0),
        timeout_s=table.get("timeout_s", TIMEOUT_S),
        trusted=_path(table["ca"]) if "ca" in table else None,
    )


def _credentials(name: str, table: Mapping[str, Any]) -> Credentials:
    password, token = _secret(name, table, "password"), _secret(name, table, "token")
    user = table.get("user", "")
    if user or token:
        return Credentials(user, password, token)
    return Credentials.from_environment()


def _secret(name: str, table: Mapping[str, Any], what: str) -> str:
    if f"{what}_env" in table:
        variable = table[f"{what}_env"]
        if variable not in os.environ:
            raise NotFound(
                f"The archive '{name}' has its {what} in the environment variable '{variable}', "
                "which is not set. Set it."
            )
        return os.environ[variable]
    if f"{what}_file" not in table:
        return ""
    path = _path(table[f"{what}_file"])
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise UnreadableFile(
            f"The archive '{name}' has its {what} in '{path}', which cannot be read. Write that "
            "file, with nothing else in it."
        ) from error


def _path(told: str) -> Path:
    """A path that may begin with ~ and is otherwise from the folder of the file."""
    return place().parent / Path(told).expanduser()
