from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from artcli.errors import ArtcliError
from artcli.training import checkpoint
from artcli.training.checkpoint import find_checkpoint, like, load_checkpoint, save_checkpoint
from artcli.workspace.files import read_json


def a_state(value: float = 1.0) -> dict[str, Any]:
    return {
        "model": {"weight": torch.full((2, 3, 4, 4), value), "count": torch.tensor(7)},
        "optimizer": {
            "state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.arange(4.0)}},
            "param_groups": [
                {"lr": 0.1 + 0.2, "betas": (0.9, 0.999), "fused": None, "params": [0]}
            ],
        },
        "cursor": {"epoch": 2, "best_f1": float("-inf")},
    }


def assert_same(left: Any, right: Any) -> None:
    assert type(left) is type(right)
    if isinstance(left, torch.Tensor):
        assert left.dtype == right.dtype
        assert torch.equal(left, right)
    elif isinstance(left, dict):
        assert list(left) == list(right)
        for name in left:
            assert_same(left[name], right[name])
    elif isinstance(left, list | tuple):
        assert len(left) == len(right)
        for one, two in zip(left, right, strict=True):
            assert_same(one, two)
    else:
        assert left == right


def test_a_tree_comes_back_as_it_was_to_the_last_bit(tmp_path: Path) -> None:
    place = save_checkpoint(tmp_path, 5, 1, a_state())
    assert_same(load_checkpoint(place), a_state())
    assert find_checkpoint(tmp_path) == place
    assert find_checkpoint(tmp_path, "best") is None


def test_one_part_loads_without_the_others(tmp_path: Path) -> None:
    place = save_checkpoint(tmp_path, 5, 1, a_state())
    assert list(load_checkpoint(place, ["model"])) == ["model"]
    with pytest.raises(ArtcliError, match="holds no average"):
        load_checkpoint(place, ["average"])


def test_the_best_and_the_last_stay_and_others_go(tmp_path: Path) -> None:
    for step in range(1, 6):
        save_checkpoint(tmp_path, step, step, a_state(step), best=step in {1, 2})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "best.json",
        "last.json",
        "step-2",
        "step-5",
    ]
    best = find_checkpoint(tmp_path, "best")
    assert best is not None
    assert load_checkpoint(best)["model"]["weight"][0, 0, 0, 0] == 2


def test_one_that_is_not_judged_makes_way_for_the_one_that_is(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, 4, 1, a_state(1), best=True)
    place = save_checkpoint(tmp_path, 8, 1, a_state(2), judged=False)
    assert find_checkpoint(tmp_path) == place
    save_checkpoint(tmp_path, 8, 2, a_state(3))
    last = find_checkpoint(tmp_path)
    assert last is not None
    assert_same(load_checkpoint(last), a_state(3))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "best.json",
        "last.json",
        "step-4",
        "step-8",
    ]


def test_what_a_save_left_that_was_cut_off_is_not_taken_for_a_later_one(tmp_path: Path) -> None:
    left = save_checkpoint(tmp_path, 6, 2, a_state(6.0))
    (tmp_path / "last.json").unlink()
    (left / "state.json").write_text("")
    assert_same(load_checkpoint(save_checkpoint(tmp_path, 6, 2, a_state(7.0))), a_state(7.0))


def test_a_changed_byte_is_noticed_and_named(tmp_path: Path) -> None:
    place = save_checkpoint(tmp_path, 1, 1, a_state())
    file = place / "model.safetensors"
    damaged = bytearray(file.read_bytes())
    damaged[-1] ^= 1
    file.write_bytes(damaged)
    with pytest.raises(ArtcliError, match=r"model\.safetensors is not the file that was written"):
        load_checkpoint(place)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    place = save_checkpoint(tmp_path, 1, 1, a_state())
    (place / "optimizer.safetensors").unlink()
    with pytest.raises(ArtcliError, match=r"lacks optimizer\.safetensors"):
        load_checkpoint(place)


def test_what_is_neither_tensor_nor_number_nor_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtcliError, match="a object cannot be kept"):
        save_checkpoint(tmp_path, 1, 1, {"model": {"odd": object()}})
    assert list(tmp_path.iterdir()) == []


def _save_and_die(folder: Path, at: int) -> None:
    """Die at the `at`-th flush or rename of a save."""
    left = [at]

    def dying(real: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)
            return real(*args, **options)

        return call

    os.fsync = dying(os.fsync)
    Path.rename = dying(Path.rename)  # type: ignore[method-assign]
    Path.replace = dying(Path.replace)  # type: ignore[method-assign]
    save_checkpoint(folder, 2, 2, a_state(2), best=True)
    os._exit(0)


@pytest.mark.parametrize("judged", [True, False])
def test_a_kill_anywhere_in_a_save_leaves_a_checkpoint_that_loads(
    tmp_path: Path, judged: bool
) -> None:
    """After one that was judged, or one of the same step that was not."""
    context = multiprocessing.get_context("fork")
    died, at = True, 0
    while died:
        folder = tmp_path / str(at)
        save_checkpoint(folder, 1, 1, a_state(1), best=True)
        if not judged:
            save_checkpoint(folder, 2, 1, a_state(1), judged=False)
        process = context.Process(target=_save_and_die, args=(folder, at))
        process.start()
        process.join()
        died = process.exitcode == 9
        for which in ("last", "best"):
            place = find_checkpoint(folder, which)  # type: ignore[arg-type]
            assert place is not None
            epoch = read_json(folder / f"{which}.json")["epoch"]
            assert load_checkpoint(place)["model"]["weight"][0, 0, 0, 0] == epoch
        assert died or epoch == 2
        save_checkpoint(folder, 3, 3, a_state(3), best=True)  # and the next save is not hindered
        assert sorted(path.name for path in folder.iterdir()) == [
            "best.json",
            "last.json",
            "step-3",
        ]
        at += 1
    assert at > 8


def test_a_full_disk_leaves_the_former_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_checkpoint(tmp_path, 1, 1, a_state(1))

    def full(*_args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "sync_file", full)
    with pytest.raises(ArtcliError, match="No space left"):
        save_checkpoint(tmp_path, 2, 2, a_state(2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["last.json", "step-1"]


def test_memory_formats_are_restored() -> None:
    weight = torch.randn(4, 3, 5, 5).to(memory_format=torch.channels_last)
    saved = weight.contiguous()
    assert like(saved, weight).is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(like(saved, weight), weight)
    assert like(torch.tensor(3.0), weight).shape == ()
