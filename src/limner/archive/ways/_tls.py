"""Whom to trust when the line is encrypted."""

import ssl

from limner.archive.address import Address
from limner.errors import BadValue


def trust(address: Address) -> ssl.SSLContext:
    """The authorities of the address, or the usual ones. Raises BadValue for no certificates."""
    try:
        return ssl.create_default_context(cafile=address.trusted)
    except OSError as error:
        raise BadValue(
            f"'{address.trusted}' holds no certificates in PEM form. Give the certificate of the "
            "authority that vouches for the archive."
        ) from error
