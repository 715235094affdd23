"""Curves that TensorBoard reads back, also after a run was cut off and resumed."""

import sys
from pathlib import Path

import pytest

from artcli.errors import ArtcliError
from artcli_plugins.observers.tensorboard import tensorboard


def curves(run_dir: Path, name: str) -> list[tuple[int, float]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run_dir / "tensorboard"))
    events.Reload()
    return [(point.step, pytest.approx(point.value)) for point in events.Scalars(name)]


def test_metrics_are_written_by_step(tmp_path: Path) -> None:
    observer = tensorboard(tmp_path)
    observer.epoch(10, {"train_loss": 2.5, "f1": 0.25})
    observer.epoch(20, {"train_loss": 1.5, "f1": 0.5})
    observer.close()
    assert curves(tmp_path, "train_loss") == [(10, 2.5), (20, 1.5)]
    assert curves(tmp_path, "f1") == [(10, 0.25), (20, 0.5)]


def test_what_a_cut_off_run_wrote_too_far_is_replaced(tmp_path: Path) -> None:
    first = tensorboard(tmp_path)
    for step, f1 in ((10, 0.1), (20, 0.2), (30, 0.3)):
        first.epoch(step, {"f1": f1})
    resumed = tensorboard(tmp_path)
    resumed.epoch(20, {"f1": 0.25})
    resumed.close()
    assert curves(tmp_path, "f1") == [(10, 0.1), (20, 0.25)]


def test_without_the_package_one_line_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ArtcliError, match="needs the package tensorboard") as caught:
        tensorboard(tmp_path)
    assert caught.value.hint == 'install it: pip install "artcli[tensorboard]"'
    assert not (tmp_path / "tensorboard").exists()
