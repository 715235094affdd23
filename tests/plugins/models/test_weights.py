"""Weights in files: what is read, what is stripped, what is refused."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from artcli.errors import ArtcliError
from artcli.training.checkpoint import save_checkpoint
from artcli_plugins.models.weights import read_weights, without

STATE = {"stem.weight": torch.arange(6.0).view(2, 3), "fc.bias": torch.ones(2)}


def same(found: dict[str, torch.Tensor]) -> bool:
    return list(found) == list(STATE) and all(
        torch.equal(found[name], STATE[name]) for name in STATE
    )


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "_orig_mod.module."])
def test_wrappers_prefixes_are_stripped(tmp_path: Path, prefix: str) -> None:
    wrapped = {prefix + name: tensor for name, tensor in STATE.items()}
    save_file(wrapped, tmp_path / "w.safetensors")
    torch.save(wrapped, tmp_path / "w.pt")
    assert same(dict(sorted(read_weights(tmp_path / "w.safetensors").items(), reverse=True)))
    assert same(read_weights(tmp_path / "w.pt"))


@pytest.mark.parametrize("name", ["state_dict", "model", "state_dict_ema"])
def test_a_training_scripts_checkpoint_gives_its_weights(tmp_path: Path, name: str) -> None:
    torch.save({"epoch": 3, "optimizer": {"lr": 0.1}, name: STATE}, tmp_path / "w.pth")
    assert same(read_weights(tmp_path / "w.pth"))


@pytest.mark.parametrize("part", ["model", "average"])
def test_of_artclis_own_checkpoint_the_backbone_is_taken(tmp_path: Path, part: str) -> None:
    state = {f"backbone.net.{name}": tensor for name, tensor in STATE.items()}
    whole = {**state, "head.layers.1.weight": torch.ones(1)}
    torch.save(whole, tmp_path / "w.pt")
    assert same(read_weights(tmp_path / "w.pt"))
    place = save_checkpoint(tmp_path, 1, 1, {part: whole})
    found = read_weights(place / f"{part}.safetensors")
    assert same({name: found[name] for name in STATE})
    assert len(found) == len(STATE)


def test_whole_layers_are_left_out() -> None:
    state = {"fc.weight": STATE["fc.bias"], "fcs.weight": STATE["fc.bias"], **STATE}
    assert list(without(state, ["fc"])) == ["fcs.weight", "stem.weight"]
    assert list(without(state, [])) == list(state)


class Harmful:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("harm"),))


def test_code_in_a_file_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": STATE, "args": Harmful()}, tmp_path / "w.pt")
    with pytest.raises(ArtcliError, match="more than tensors") as caught:
        read_weights(tmp_path / "w.pt")
    assert caught.value.hint == "save the weights alone, best as safetensors"
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
@pytest.mark.parametrize("kept", [0.6, 0.0])
def test_a_file_downloaded_by_half_is_noticed(tmp_path: Path, suffix: str, kept: float) -> None:
    path = tmp_path / f"w{suffix}"
    state = {"stem.weight": torch.rand(64, 64)}
    save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(ArtcliError, match=rf"w\{suffix} \([\d,]+ bytes\) is damaged") as caught:
        read_weights(path)
    assert caught.value.hint == "was it downloaded whole?"


def test_a_changed_part_of_torchs_zip_is_noticed(tmp_path: Path) -> None:
    """torch itself reads it without a word."""
    torch.save(STATE, tmp_path / "w.pt")
    whole = (tmp_path / "w.pt").read_bytes()
    changed = whole.replace(torch.ones(2).numpy().tobytes(), torch.zeros(2).numpy().tobytes())
    (tmp_path / "w.pt").write_bytes(changed)
    assert not torch.load(tmp_path / "w.pt")["fc.bias"].any()
    with pytest.raises(ArtcliError, match=r"is damaged: the sum of its part w/data/\d differs"):
        read_weights(tmp_path / "w.pt")


def test_numbers_of_eight_bits_are_read(tmp_path: Path) -> None:
    small = torch.ones(2).to(torch.float8_e4m3fn)
    save_file({"stem.weight": small}, tmp_path / "w.safetensors")
    assert read_weights(tmp_path / "w.safetensors")["stem.weight"].dtype == small.dtype


def test_what_is_no_number_is_refused_and_masks_are_read(tmp_path: Path) -> None:
    path, mask = tmp_path / "w.safetensors", torch.full((2, 2), -torch.inf).triu(1)
    save_file(STATE | {"mask": mask, "places": torch.arange(3)}, path)
    assert torch.equal(read_weights(path)["mask"], mask)
    for number in (torch.nan, torch.inf):
        save_file(STATE | {"fc.bias": torch.tensor([1.0, number])}, path)
        with pytest.raises(ArtcliError, match=r"is damaged: fc\.bias holds numbers"):
            read_weights(path)


def test_short_memory_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save(STATE, tmp_path / "w.pt")

    def load(*_arguments: object, **_named: object) -> None:
        raise MemoryError

    monkeypatch.setattr(torch, "load", load)
    with pytest.raises(MemoryError):
        read_weights(tmp_path / "w.pt")


def test_a_pointer_of_git_lfs_is_named_as_one(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid …")
    with pytest.raises(ArtcliError, match="pointer of Git LFS"):
        read_weights(tmp_path / "w.safetensors")


def test_what_is_no_file_of_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtcliError, match=r"none\.pt is missing"):
        read_weights(tmp_path / "none.pt")
    with pytest.raises(ArtcliError, match="is a folder"):
        read_weights(tmp_path)
    (tmp_path / "w.npz").write_bytes(b"")
    with pytest.raises(ArtcliError, match="no file of weights"):
        read_weights(tmp_path / "w.npz")
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(ArtcliError, match="holds no weights: list"):
        read_weights(tmp_path / "list.pt")
