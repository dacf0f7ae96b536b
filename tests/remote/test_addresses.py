from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.errors import SettingsError
from livecut.remote.addresses import AllowedAddresses, is_public


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
        *("255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1", "fc00::1"),
        *(
            "fd00:ec2::254",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
        ),
        *("64:ff9b:1::7f00:1", "2001:0:7f00:1::", "::ffff:0:127.0.0.1"),
    ],
)
def test_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    assert not AllowedAddresses().allows("a.example", 80, address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_makes_it_no_more_public(address: ipaddress.IPv4Address) -> None:
    for wrapped in (
        0xFFFF_0000_0000 | int(address),
        (0x64FF9B << 96) | int(address),
        (0x2002 << 112) | int(address) << 80,
    ):
        if not is_public(address):
            assert not is_public(ipaddress.IPv6Address(wrapped))


@pytest.mark.parametrize(
    ("entry", "host", "port", "address", "allowed"),
    [
        ("127.0.0.1", "localhost", 80, "127.0.0.1", True),
        ("127.0.0.1", "localhost", 80, "::ffff:127.0.0.1", True),
        ("127.0.0.1", "localhost", 80, "127.0.0.2", False),
        ("127.0.0.1:9000", "localhost", 9000, "127.0.0.1", True),
        ("127.0.0.1:9000", "localhost", 9001, "127.0.0.1", False),
        ("10.0.0.0/8", "a", 80, "10.200.3.4", True),
        ("[::1]", "a", 80, "::1", True),
        ("[::1]:90", "a", 80, "::1", False),
        ("fd00::/8", "a", 80, "fd00::5%eth0", True),
        ("Images.Example", "images.example.", 80, "10.0.0.1", True),
        ("images.example:443", "images.example", 80, "10.0.0.1", False),
        ("images.example", "evil.images.example", 80, "10.0.0.1", False),
        ("images.example", "images.example", 80, "not an address", False),
    ],
)
def test_entries(entry: str, host: str, port: int, address: str, allowed: bool) -> None:
    assert AllowedAddresses([entry]).allows(host, port, address) is allowed


@pytest.mark.parametrize("entry", ["", "http://a", "a:b", "10.0.0.0/33", "a b", "[::1", "*.example", "a:0", "a:70000"])
def test_not_an_entry(entry: str) -> None:
    with pytest.raises(SettingsError, match="is neither an address, a network nor a host"):
        AllowedAddresses([entry])
