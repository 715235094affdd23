"""A forked process under strace, which kills it at a system call or logs what it does to files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

# All that change a file system, and those that flush it.
CALLS = (
    "open,openat,creat,write,writev,pwrite64,ftruncate,fallocate,fsync,fdatasync,rename,renameat,"
    "renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,chmod,fchmod,fchmodat"
)


def run_traced(work: Callable[[], object], *words: str) -> int:
    """How `work` ends in a forked process under `strace WORDS`: 0, 1, or -9 of SIGKILL."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        done = 1
        try:
            os.read(reader, 1)  # until the tracer is there
            work()
            done = 0
        finally:
            os._exit(done)
    command = ["strace", "-qq", *words, "-p", str(child)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as tracer:
        while not _is_traced(child):
            assert tracer.poll() is None, tracer.communicate()[1]
            time.sleep(0.001)
        os.write(writer, b"g")
        status = os.waitpid(child, 0)[1]
    os.close(reader)
    os.close(writer)
    return os.waitstatus_to_exitcode(status)


def _is_traced(process: int) -> bool:
    status = Path(f"/proc/{process}/status").read_text()
    return re.search(r"^TracerPid:\s+[1-9]", status, re.MULTILINE) is not None
