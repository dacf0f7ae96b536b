"""Which network addresses may be fetched from on behalf of somebody else: public ones, and those named here."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from livecut.errors import SettingsError

__all__ = ["AllowedAddresses", "is_public"]

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

# The last 32 bits of these are an IPv4 address.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Not to be reached from the internet, though some versions of ipaddress hold them for global: IETF protocol assignments
# (192.0.0.192 is a cloud's metadata service), 6to4 relays, and IPv4 translated to IPv6.
_ALSO_PRIVATE = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "::ffff:0:0:0/96", "64:ff9b:1::/48"))
)


def is_public(address: Address) -> bool:
    """True for an address of the public internet; what an IPv6 one wraps (mapped, NAT64, 6to4, Teredo) must be too."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        if any(one is not None and not is_public(one) for one in inner):
            return False
        if address.ipv4_mapped is not None:
            return True
        # Addresses like ::127.0.0.1, deprecated but still routed by some to what they spell.
        if int(address) >> 32 == 0 or address.is_site_local:
            return False
    if any(address in network for network in _ALSO_PRIVATE if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


@dataclass(frozen=True, slots=True)
class _Entry:
    network: Network | None
    host: str
    port: int | None

    @classmethod
    def parse(cls, text: str) -> _Entry:
        host, port = text.strip().lower(), None
        if host.startswith("["):
            host, bracket, rest = host[1:].partition("]")
            if not bracket:
                raise _not_an_entry(text)
            port = _port(rest.removeprefix(":"), text) if rest else None
        elif host.count(":") == 1:
            host, _, rest = host.partition(":")
            port = _port(rest, text)
        try:
            return cls(ipaddress.ip_network(host, strict=False), "", port)
        except ValueError:
            pass
        if not host or not all(part and part.replace("-", "a").isalnum() for part in host.rstrip(".").split(".")):
            raise _not_an_entry(text)
        return cls(None, host.rstrip("."), port)

    def allows(self, host: str, port: int, address: Address) -> bool:
        if self.port is not None and port != self.port:
            return False
        if self.network is None:
            return host == self.host
        mapped = getattr(address, "ipv4_mapped", None)
        return (mapped or address) in self.network


class AllowedAddresses:
    """Public addresses, and beside them those an administrator names.

    An entry is an address or a network (`10.1.2.3`, `10.0.0.0/8`, `[::1]`), or a host by name, whose addresses are then
    all trusted; each with a port (`127.0.0.1:9000`) or without.
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._entries = tuple(_Entry.parse(entry) for entry in entries)

    def allows(self, host: str, port: int, address: str) -> bool:
        """Whether a connection to `address`, one of those that `host` resolved to, may be made."""
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        host = host.lower().rstrip(".")
        return is_public(parsed) or any(entry.allows(host, port, parsed) for entry in self._entries)


def _port(text: str, entry: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise _not_an_entry(entry)
    return int(text)


def _not_an_entry(text: str) -> SettingsError:
    return SettingsError(
        f"server.url_allow: {text!r} is neither an address, a network nor a host",
        hint="e.g. 10.0.0.0/8, 127.0.0.1:9000 or images.example",
    )
