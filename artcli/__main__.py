"""`python -m artcli`, and the console script: nothing has begun yet that a Ctrl-C could break."""

import os
import signal
import sys
from contextlib import suppress

with suppress(OSError):  # this folder may be gone
    if not sys.flags.safe_path and sys.path[:1] == [os.getcwd()]:  # noqa: PTH109
        del sys.path[0]  # put there by `-m`: no plugin is installed by standing in this folder
# Processes that this one starts (workers of pools, a look at torch) would else import whatever
# Python file in the folder they begin in is called like a module, and that folder may be anyone's.
os.environ.setdefault("PYTHONSAFEPATH", "1")
# Threads of torch that wait for each other spin for milliseconds before they sleep: two trainings
# side by side, or any other load, would leave little but that. This is some 50 microseconds.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell's `&` may ignore it
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # else a traceback, while modules are imported

from artcli.cli import main

if __name__ == "__main__":
    main()
