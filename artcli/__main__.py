"""`python -m artcli`, and the console script: nothing has begun yet that a Ctrl-C could break."""

import os
import signal
import sys
from contextlib import suppress

with suppress(OSError):  # this folder may be gone
    if not sys.flags.safe_path and sys.path[:1] == [os.getcwd()]:  # noqa: PTH109
        del sys.path[0]  # put there by `-m`: no plugin is installed by standing in this folder
signal.signal(signal.SIGINT, signal.SIG_DFL)  # or else a traceback, while modules are imported

from artcli.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
