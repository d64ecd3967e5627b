"""Becomes another program that ends with its starter. Run as a script by `_children.start`, never imported.

    python -I -S _bound.py STARTER_PID LAST_SIGNAL UID GID COMMAND...

The kernel sends LAST_SIGNAL to the program when its starter dies, also by SIGKILL (prctl PR_SET_PDEATHSIG,
Linux only). A change of user would clear that wish, so the user is changed first. A script of its own rather
than `preexec_fn`, which is not safe in a process with threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def become(starter: int, last_signal: int, uid: int, gid: int, command: list[str]) -> None:
    prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None
    if uid != os.geteuid():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if prctl is not None and prctl(PR_SET_PDEATHSIG, last_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != starter:  # it died before we asked to be told
        raise SystemExit(1)
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    starter, last_signal, uid, gid = (int(word) for word in sys.argv[1:5])
    become(starter, last_signal, uid, gid, sys.argv[5:])
