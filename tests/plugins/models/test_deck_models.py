"""The deck's models: TinyViT and the EfficientNets, their sizes and their names in timm."""

from pathlib import Path

import pytest
import timm
import torch

from artcli.errors import ArtcliError, UsageError
from artcli_plugins.models import efficientnet
from artcli_plugins.models.tinyvit import SIZES, tinyvit


def test_the_decks_tinyvit_is_the_default() -> None:
    backbone = tinyvit(pretrained=False, drop_path=0.1)
    assert backbone.net.pretrained_cfg["architecture"] == "tiny_vit_21m_384"
    assert backbone.net.pretrained_cfg["tag"] == "dist_in22k_ft_in1k"
    assert (backbone.image_size, backbone.num_features) == (384, 576)
    assert 20e6 < sum(weight.numel() for weight in backbone.parameters()) < 22e6


def test_a_small_tinyvit_gives_features() -> None:
    backbone = tinyvit(size="5m", pretrained=False).eval()
    assert backbone.image_size == 224
    with torch.no_grad():
        assert backbone(torch.rand(1, 3, 224, 224)).shape == (1, 320)


@pytest.mark.parametrize(("size", "side"), [("5m", 384), ("11m", 512), ("21m", 256)])
def test_other_pairs_are_refused_with_those_there_are(size, side: int) -> None:
    with pytest.raises(UsageError, match=f"no TinyViT {size} at {side} pixels") as caught:
        tinyvit(size=size, image_size=side, pretrained=False)
    assert caught.value.hint == (
        "there are 5m at 224, 11m at 224, 21m at 224, 21m at 384, 21m at 512"
    )


def test_each_pair_has_weights_of_its_size_in_timm() -> None:
    for size, sides in SIZES.items():
        for side in sides:
            name = f"tiny_vit_{size}_{side}.dist_in22k_ft_in1k"
            assert timm.models.get_pretrained_cfg(name).input_size == (3, side, side)


@pytest.mark.usefixtures("no_hub")
def test_without_a_hub_tinyvit_says_what_to_do() -> None:
    with pytest.raises(ArtcliError, match="tiny_vit_21m_384") as caught:
        tinyvit()
    assert "weights=FILE" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("scale", "side", "features"), [("b2", 260, 1408), ("b3", 300, 1536), ("b5", 456, 2048)]
)
def test_efficientnets_have_the_decks_sizes(scale: str, side: int, features: int) -> None:
    backbone = getattr(efficientnet, f"efficientnet_{scale}")(pretrained=False)
    assert (backbone.image_size, backbone.num_features) == (side, features)
    assert backbone.net.pretrained_cfg["hf_hub_id"] == f"timm/tf_efficientnet_{scale}.ns_jft_in1k"


def test_an_efficientnet_takes_another_size_and_a_file(tmp_path: Path) -> None:
    with pytest.raises(ArtcliError, match="missing"):
        efficientnet.efficientnet_b4(weights=tmp_path / "none.safetensors")
    assert efficientnet.efficientnet_b2(pretrained=False, image_size=128).image_size == 128
