"""Free TCP ports on the loopback interface."""

import socket

from zahlstelle.kernel import Refusal


class PortTaken(Refusal):
    """Something else listens there."""

    code = "port_taken"


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
