"""The ViT: its sizes by formula, its block by hand, and what a transformer must not care about."""

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn

from artcli.errors import ArtcliError, UsageError
from artcli_plugins.models.vit import StochasticDepth, vit

pytestmark = pytest.mark.usefixtures("one_thread")
SMALL = {"image_size": 16, "patch": 4, "width": 12, "depth": 2, "heads": 3}


def small(**options):
    torch.manual_seed(0)
    return vit(**{**SMALL, **options})


def pictures(count: int, side: int = 16) -> torch.Tensor:
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(1))


def test_pictures_become_class_tokens() -> None:
    backbone = small()
    assert backbone(pictures(2)).shape == (2, 12)
    assert (backbone.num_features, backbone.image_size) == (12, 16)
    assert backbone.mean == backbone.std == (0.5, 0.5, 0.5)


def test_the_default_has_the_parameters_of_vit_ti_16() -> None:
    width, tokens = 192, 1 + (224 // 16) ** 2
    embedding = (3 * 16 * 16 + 1) * width + width + tokens * width
    attention = (width + 1) * 3 * width + (width + 1) * width
    mlp = (width + 1) * 4 * width + (4 * width + 1) * width
    norm = 2 * width
    expected = embedding + 12 * (attention + mlp + 2 * norm) + norm
    assert expected == 5_717_416 - 1000 * (width + 1)  # DeiT-Ti's 5.7 million, less its classifier
    assert sum(weight.numel() for weight in vit().parameters()) == expected


def test_a_block_is_attention_and_mlp_each_after_a_norm_and_added_to_what_came_in() -> None:
    block = small().net.blocks[0].eval()
    for weight in block.parameters():  # larger, so that each part matters; norms and biases, too
        nn.init.normal_(weight, std=0.5)
    tokens = torch.randn(2, 5, 12)

    def normed(values: torch.Tensor, norm: nn.LayerNorm) -> torch.Tensor:
        spread = values - values.mean(-1, keepdim=True)
        scaled = spread / (spread.square().mean(-1, keepdim=True) + 1e-6).sqrt()
        return scaled * norm.weight + norm.bias

    projected = normed(tokens, block.norm1) @ block.attn.qkv.weight.T + block.attn.qkv.bias
    queries, keys, values = projected.split(12, 2)
    found = []
    for head in range(3):
        own = slice(4 * head, 4 * head + 4)  # a head's share of the width
        alike = queries[..., own] @ keys[..., own].transpose(1, 2) / 4**0.5
        found.append(alike.softmax(2) @ values[..., own])
    mixed = torch.cat(found, 2) @ block.attn.proj.weight.T + block.attn.proj.bias
    between = tokens + mixed
    hidden = normed(between, block.norm2) @ block.mlp.fc1.weight.T + block.mlp.fc1.bias
    hidden = hidden * 0.5 * (1 + torch.erf(hidden / 2**0.5))
    expected = between + hidden @ block.mlp.fc2.weight.T + block.mlp.fc2.bias
    torch.testing.assert_close(block(tokens), expected)


def test_it_gives_what_timms_vit_gives_with_the_same_weights(tmp_path: Path) -> None:
    other = timm.models.VisionTransformer(16, 4, num_classes=5, embed_dim=12, depth=2, num_heads=3)
    for weight in other.parameters():
        nn.init.normal_(weight, std=0.3)
    save_file(other.state_dict(), tmp_path / "shared.safetensors")
    backbone = small(weights=tmp_path / "shared.safetensors").eval()
    expected = other.eval().forward_head(other.forward_features(pictures(3)), pre_logits=True)
    torch.testing.assert_close(backbone(pictures(3)), expected)


def test_it_goes_on_from_a_run_of_its_own(tmp_path: Path) -> None:
    first = small()
    state = {f"backbone.{name}": weight for name, weight in first.state_dict().items()}
    save_file({**state, "head.weight": torch.ones(2)}, tmp_path / "model.safetensors")
    second = vit(**SMALL, weights=tmp_path / "model.safetensors")
    assert torch.equal(first.eval()(pictures(2)), second.eval()(pictures(2)))


def test_weights_of_other_sizes_are_refused(tmp_path: Path) -> None:
    save_file(small().net.state_dict(), tmp_path / "w.safetensors")
    with pytest.raises(ArtcliError, match="do not fit this ViT: size mismatch for pos_embed"):
        small(image_size=20, weights=tmp_path / "w.safetensors")


def test_without_positions_the_order_of_the_patches_does_not_matter() -> None:
    backbone, images = small().eval(), pictures(2)
    patches = nn.functional.unfold(images, 4, stride=4)
    mixed = nn.functional.fold(patches[:, :, torch.randperm(16)], 16, 4, stride=4)
    assert not torch.allclose(backbone(mixed), backbone(images), atol=1e-6)
    nn.init.zeros_(backbone.net.pos_embed)
    torch.testing.assert_close(backbone(mixed), backbone(images))
    assert not torch.allclose(backbone(images.flip(3)), backbone(images), atol=1e-6)


def test_the_memory_format_does_not_matter() -> None:
    backbone, images = small().eval(), pictures(2)
    expected = backbone(images)
    last = torch.channels_last
    torch.testing.assert_close(
        backbone.to(memory_format=last)(images.to(memory_format=last)), expected
    )


def test_weights_start_small_and_biases_at_zero() -> None:
    backbone = small(width=48)
    for name, weight in backbone.named_parameters():
        if "bias" in name:
            assert weight.abs().sum() == 0, name
        elif "norm" in name:
            assert (weight == 1).all(), name
        else:
            assert weight.abs().max() <= 0.04, name  # two standard deviations
            assert weight.std().item() == pytest.approx(0.0176, rel=0.25), name


def test_stochastic_depth_skips_pictures_and_keeps_the_expectation() -> None:
    torch.manual_seed(0)
    skip, branch = StochasticDepth(0.25), torch.randn(1, 2, 3).expand(4000, 2, 3)
    kept = skip(branch)
    gone = (kept == 0).all((1, 2))
    assert gone.float().mean().item() == pytest.approx(0.25, abs=0.03)
    torch.testing.assert_close(kept[~gone], branch[~gone] / 0.75)
    assert torch.equal(skip.eval()(branch), branch)


def test_deeper_blocks_are_skipped_oftener_and_none_at_test_time() -> None:
    backbone = small(depth=4, drop_path=0.4)
    rates = [block.drop_path.rate for block in backbone.net.blocks]
    assert rates == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert not torch.equal(backbone(pictures(2)), backbone(pictures(2)))
    backbone.eval()
    assert torch.equal(backbone(pictures(2)), backbone(pictures(2)))


def test_dropout_stands_after_the_positions_and_each_dense_layer_but_qkv() -> None:
    backbone = small(dropout=0.3)
    rates = [module.p for module in backbone.modules() if isinstance(module, nn.Dropout)]
    assert rates == [0.3] * (1 + 3 * 2)


def test_it_learns_where_a_bright_patch_lies() -> None:
    torch.manual_seed(0)
    backbone, classifier = small(drop_path=0.0), nn.Linear(12, 4)
    labels = torch.arange(32) % 4
    images = 0.1 * torch.randn(32, 3, 16, 16)
    for image, label in zip(images, labels.tolist(), strict=True):
        image[:, 4 * label : 4 * label + 4, :4] += 1
    optimizer = torch.optim.AdamW([*backbone.parameters(), *classifier.parameters()], lr=0.01)
    for _ in range(60):
        optimizer.zero_grad()
        nn.functional.cross_entropy(classifier(backbone(images)), labels).backward()
        optimizer.step()
    assert torch.equal(classifier(backbone.eval()(images)).argmax(1), labels)


def test_depths_are_the_embedding_and_the_blocks() -> None:
    depths = small().depths()
    assert set(depths) == {name for name, _ in small().named_parameters()}
    for name in ("patch_embed.proj.weight", "patch_embed.proj.bias", "cls_token", "pos_embed"):
        assert depths[f"net.{name}"] == 0
    assert depths["net.blocks.0.attn.qkv.weight"] == 1
    assert depths["net.blocks.1.mlp.fc2.bias"] == depths["net.norm.weight"] == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"image_size": 18}, "image_size=18 is no multiple of patch=4"),
        ({"image_size": 2}, "image_size=2 is no multiple of patch=4"),
        ({"heads": 5}, "width=12 is no multiple of heads=5"),
    ],
)
def test_sizes_that_do_not_divide_are_refused(options: dict[str, int], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        small(**options)
