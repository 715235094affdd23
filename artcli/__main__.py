"""`python -m artcli`, and the console script: nothing has begun yet that a Ctrl-C could break."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # or else a traceback, while modules are imported

from artcli.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
