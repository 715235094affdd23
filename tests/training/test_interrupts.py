from __future__ import annotations

import os
import signal
import time

import pytest

from artcli.training.interrupts import stop_requests


def test_the_first_signal_is_answered_at_once_and_noted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with stop_requests("it is saved first") as request:
        assert request.signal_number is None
        os.kill(os.getpid(), signal.SIGTERM)
        said, until = "", time.monotonic() + 10
        while not said.endswith("\n") and time.monotonic() < until:
            time.sleep(0.01)
            said += capsys.readouterr().err
    assert said == "it is saved first\n"
    assert request.signal_number == signal.SIGTERM
