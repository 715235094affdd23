"""Backbones: whose weights they have, what they give, and that nothing is random in silence."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from artcli.errors import ArtcliError, UsageError
from artcli_plugins.models.any_timm import timm_model
from artcli_plugins.models.backbone import build

pytestmark = pytest.mark.usefixtures("one_thread")
TINY = "test_efficientnet"


@pytest.fixture(scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def has_weights_of(backbone, file: Path) -> bool:
    stored = load_file(file)
    own = backbone.net.state_dict()
    return set(stored) - set(own) == {"classifier.weight", "classifier.bias"} and all(
        torch.equal(own[name], stored[name]) for name in own
    )


def test_a_folder_gives_its_weights_and_its_normalisation(saved: Path) -> None:
    backbone = timm_model(arch=f"local-dir:{saved}")
    assert has_weights_of(backbone, saved / "model.safetensors")
    assert backbone.mean == (0.1, 0.2, 0.3)
    assert backbone.std == (0.4, 0.5, 0.6)
    assert backbone.image_size == 160
    assert "state_dict" not in backbone.net.pretrained_cfg


def test_features_are_what_num_features_says(saved: Path) -> None:
    backbone = timm_model(arch=f"local-dir:{saved}").eval()
    features = backbone(torch.rand(2, 3, 64, 64))
    assert features.shape == (2, backbone.num_features)
    twice = timm_model(arch=TINY, pretrained=False, global_pool="catavgmax").eval()
    assert twice(torch.rand(2, 3, 64, 64)).shape == (2, twice.num_features)
    assert twice.num_features == 2 * backbone.num_features


def test_a_file_of_weights_goes_before_the_folders(saved: Path, tmp_path: Path) -> None:
    state = {f"module.{k}": v + 1 for k, v in load_file(saved / "model.safetensors").items()}
    torch.save(state, tmp_path / "w.pt")
    save_file({k.removeprefix("module."): v for k, v in state.items()}, tmp_path / "w.safetensors")
    backbone = timm_model(arch=f"local-dir:{saved}", weights=tmp_path / "w.pt")
    assert has_weights_of(backbone, tmp_path / "w.safetensors")


def test_the_hubs_weights_are_used(hub, saved: Path) -> None:
    path = "/timm/test_efficientnet.r160_in1k/resolve/main/model.safetensors"
    hub.files[path] = (saved / "model.safetensors").read_bytes()
    assert has_weights_of(timm_model(arch=TINY), saved / "model.safetensors")


@pytest.mark.usefixtures("no_hub")
def test_without_a_hub_nothing_is_random_unless_asked_for() -> None:
    with pytest.raises(ArtcliError, match="cannot be downloaded") as caught:
        timm_model(arch=TINY)
    assert "pretrained=false" in str(caught.value.hint)
    timm_model(arch=TINY, pretrained=False)


def test_weights_of_another_architecture_are_refused(saved: Path) -> None:
    file = saved / "model.safetensors"
    with pytest.raises(ArtcliError, match="do not fit resnet18: Missing key") as caught:
        build("resnet18", weights=file)
    assert len(caught.value.message) < 700


@pytest.mark.parametrize("change", ["missing", "unexpected", "shape"])
def test_a_single_wrong_tensor_is_refused(saved: Path, tmp_path: Path, change: str) -> None:
    state = load_file(saved / "model.safetensors")
    if change == "missing":
        del state["bn1.weight"]
    elif change == "unexpected":
        state["extra.weight"] = torch.ones(1)
    else:
        state["bn1.weight"] = torch.ones(3)
    save_file(state, tmp_path / "w.safetensors")
    with pytest.raises(ArtcliError, match="do not fit"):
        build(TINY, weights=tmp_path / "w.safetensors")


def test_a_damaged_folder_is_refused(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes((saved / "config.json").read_bytes())
    whole = (saved / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArtcliError, match="is damaged"):
        timm_model(arch=f"local-dir:{tmp_path}")
    timm_model(arch=f"local-dir:{tmp_path}", pretrained=False)


def test_a_transformer_of_fixed_size_is_built_for_the_size_asked_for(tmp_path: Path) -> None:
    at_160 = build("test_vit", pretrained=False)
    state = {"head.weight": torch.ones(5, 64), "head.bias": torch.ones(5)}
    save_file({**at_160.net.state_dict(), **state}, tmp_path / "w.safetensors")
    at_96 = build("test_vit", weights=tmp_path / "w.safetensors", image_size=96)
    assert at_96.image_size == 96
    assert at_96.eval()(torch.rand(1, 3, 96, 96)).shape == (1, at_96.num_features)
    assert torch.equal(at_96.net.cls_token, at_160.net.cls_token)
    assert at_96.net.pos_embed.shape[1] < at_160.net.pos_embed.shape[1]  # timm has resampled it


def test_drop_path_reaches_the_blocks_and_is_refused_where_there_are_none() -> None:
    rates = [
        module.drop_prob
        for module in build(TINY, pretrained=False, drop_path=0.2).modules()
        if type(module).__name__ == "DropPath"
    ]
    assert rates
    assert max(rates) > 0.1
    with pytest.raises(UsageError, match="vgg11 has no option drop_path"):
        build("vgg11", pretrained=False, drop_path=0.1)


def test_what_gives_no_vector_is_refused() -> None:
    with pytest.raises(UsageError, match="no vector of features"):
        build(TINY, pretrained=False, global_pool="")
    with pytest.raises(UsageError, match="Invalid pool type: middle"):
        build(TINY, pretrained=False, global_pool="middle")


def test_a_size_that_the_architecture_cannot_take_is_refused() -> None:
    with pytest.raises(UsageError, match="does not take pictures of 3 x 3"):
        build("test_vit", pretrained=False, image_size=3)


@pytest.mark.parametrize(
    ("arch", "layers", "first", "last"),
    [
        ("resnet10t", 5, "conv1.0.weight", "layer4.0.bn2.bias"),
        ("mobilenetv2_100", 18, "conv_stem.weight", "conv_head.weight"),
        (TINY, 6, "bn1.weight", "bn2.bias"),  # stem, one block in each of five stages
        ("tiny_vit_5m_224", 14, "patch_embed.conv1.bn.weight", "head.norm.weight"),
        ("test_vit", 7, "pos_embed", "norm.weight"),
    ],
)
def test_depths_name_each_parameter_and_count_from_the_picture(
    arch: str, layers: int, first: str, last: str
) -> None:
    backbone = build(arch, pretrained=False)
    depths = backbone.depths()
    assert set(depths) == {name for name, _ in backbone.named_parameters()}
    assert set(depths.values()) == set(range(layers))
    assert depths[f"net.{first}"] == 0
    assert depths[f"net.{last}"] == layers - 1


def test_a_block_is_one_layer_and_the_next_one_is_deeper() -> None:
    depths = build("test_vit", pretrained=False).depths()
    for block in range(6):
        own = {depth for name, depth in depths.items() if f".blocks.{block}." in name}
        assert own == {block + 1}


def test_an_architecture_that_does_not_tell_its_layers_is_named() -> None:
    with pytest.raises(UsageError, match="pit_ti_224 does not tell its layers apart"):
        build("pit_ti_224", pretrained=False).depths()
