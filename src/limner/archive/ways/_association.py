"""Associations of the DICOM network: made, or refused in a sentence that says what to do."""

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from limner.archive.address import Address
from limner.archive.ways._classes import name_of
from limner.archive.ways._tls import trust
from limner.errors import NoService, extra

if TYPE_CHECKING:
    from pynetdicom import AE
    from pynetdicom.association import Association
    from pynetdicom.presentation import PresentationContext

Handlers = Sequence[Any]  # pynetdicom's events, each with a function and its arguments

# Why an association is refused: source and reason (PS3.8 table 9-21).
CALLED_UNKNOWN = (1, 7)
CALLING_UNKNOWN = (1, 3)
TEMPORARY = 2  # a result: refused for now


def entity(address: Address) -> "AE":
    """This program on the network, with the address's time-outs."""
    with extra("archive"):
        from pynetdicom import AE

    own = AE(ae_title=address.me)
    own.acse_timeout = own.dimse_timeout = own.network_timeout = address.timeout_s
    own.connection_timeout = address.timeout_s
    return own


class NotTaken(NoService):
    """The archive answers, but takes none of the kinds of message that were proposed."""


@contextmanager
def association(
    address: Address,
    contexts: "Sequence[PresentationContext]",
    *,
    handlers: Handlers = (),
    roles: Sequence[Any] = (),
) -> "Iterator[Association]":
    """An association with the archive, released at the end. Raises NoService."""
    own = entity(address)
    try:
        met = own.associate(
            address.host,
            address.port,
            contexts=list(contexts),
            ae_title=address.title,
            evt_handlers=list(handlers),
            ext_neg=list(roles),
            tls_args=(trust(address), address.host) if address.secure else None,
        )
    except OSError as error:  # a name that nobody knows is not left to the association
        raise NoService(_unreached(address) or f"{address}: {error}.") from error
    try:
        if not met.is_established:
            if met.rejected_contexts and not met.accepted_contexts:
                raise NotTaken(_not_taken(address, met))
            raise NoService(_why(address, met))
        _at_once(met)
        yield met
    finally:
        if met.is_established:
            met.release()


def _at_once(met: "Association") -> None:
    """Send the last, short packet of a message without waiting for others to join it."""
    line: Any = met.dul.socket
    if line is not None and line.socket is not None:
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def cut(address: Address) -> NoService:
    """What to say when an association ends before its answer."""
    return NoService(
        f"The archive {address} broke off, or said nothing for {address.timeout_s:g} s. See "
        f"whether it still runs, and whether it knows '{address.me}', the AE title that asks."
    )


def _not_taken(address: Address, met: "Association") -> str:
    kinds = sorted({name_of(str(each.abstract_syntax)) for each in met.rejected_contexts})
    return f"The archive {address} does not take: {', '.join(kinds)}."


def _why(address: Address, met: "Association") -> str:
    if not met.is_rejected:
        return _unreached(address) or (
            f"The archive {address} ended the association before it began. It may not speak "
            "DICOM on this port, or takes nothing that was proposed."
        )
    answer: Any = met.acceptor.primitive
    source, reason = answer.result_source, answer.diagnostic
    if (source, reason) == CALLED_UNKNOWN:
        return (
            f"The archive at {address.host}:{address.port} is not called '{address.title}'. "
            "Write its own AE title before the @ of the address."
        )
    if (source, reason) == CALLING_UNKNOWN:
        return (
            f"The archive {address} does not know who asks: '{address.me}'. Have its "
            "administrator add this AE title, or use one that it knows: --me TITLE."
        )
    if answer.result == TEMPORARY:
        return f"The archive {address} takes no association at the moment. Try again later."
    return (
        f"The archive {address} refuses the association: {answer.reason_str}. "
        "Ask its administrator what it wants."
    )


def _unreached(address: Address) -> str:
    """Why not even a connection was made; "" where one can be."""
    where = f"{address.host}:{address.port}"
    try:
        with socket.create_connection((address.host, address.port), address.timeout_s) as plain:
            if address.secure:
                trust(address).wrap_socket(plain, server_hostname=address.host).close()
    except OSError as error:
        said: dict[type[OSError], str] = {
            socket.gaierror: f"There is no host called '{address.host}'. Look at the address.",
            TimeoutError: f"Nothing answers at {where} within {address.timeout_s:g} s. Look at "
            "the address, the network and the firewall.",
            ConnectionRefusedError: f"Nothing listens at {where}. Look at the port, and whether "
            "the archive runs.",
            ssl.SSLError: f"The archive {address} cannot be trusted over TLS: "
            f"{getattr(error, 'verify_message', '') or error}. Name the certificate of its "
            "authority with --ca FILE, or write dicom:// if it has no TLS.",
            ConnectionResetError: f"{where} closes the line at once. "
            + ("Write dicom:// if the archive has no TLS." * address.secure)
            + ("Look at the port." * (not address.secure)),
        }
        otherwise = f"{where} cannot be reached: {error.strerror or error}. Look at the address."
        return next((text for kind, text in said.items() if isinstance(error, kind)), otherwise)
    return ""
