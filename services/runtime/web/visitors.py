"""Who counts as one visitor where tries are counted: a network, and not an address that changes from call to call."""

from ipaddress import ip_address, ip_network


def network_of(address: str | None) -> str | None:
    """The network of an address: /24 of IPv4, /48 of IPv6; None for this machine itself or no address."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None) or found
    if mapped.is_loopback:
        return None
    return str(ip_network(f"{mapped}/{24 if mapped.version == 4 else 48}", strict=False))
