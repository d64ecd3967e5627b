"""Free TCP ports on the loopback interface."""

import socket

from zahlstelle.kernel import Refusal


class PortTaken(Refusal):
    """Something else listens there, or nothing may."""

    code = "port_taken"


def require_free(host: str, port: int) -> None:
    """See that this process may listen there and nobody does. Raises PortTaken.

    Web servers share a port with others of their kind without a word; then half of the requests go to the wrong one.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in found[:1]:  # the one that is listened on
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
    except OSError as error:
        raise PortTaken(f"cannot listen on {host} port {port}: {error.strerror}") from error


def free_port(*, preferred: int = 0, but_not: int = 0, tries: int = 50) -> int:
    """Return `preferred` or the next free port above it; with 0 any free port of the kernel's choice.

    `but_not` is spoken for, though nobody listens there yet.
    """
    for port in range(preferred, preferred + (tries if preferred else 1)):
        if port and port == but_not:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise PortTaken(f"no free port from {preferred} to {preferred + tries - 1}")
