"""The layers that style transfer looks at: named, defaulted, and the deepest is the last."""

from __future__ import annotations

import pytest
import timm
import torch
from timm.models.vgg import VGG
from torch import Tensor, nn

from artcli.plugin import UsageError
from artcli_plugins.generators.features import RandomFilters, Tapped
from artcli_plugins.generators.folding import fold_norms
from artcli_plugins.models.any_timm import timm_model

CPU = torch.device("cpu")
NOTHING: tuple[str, ...] = ()


class Backbone:
    """A network as a model's plugin gives it, its statistics not those of nothing."""

    image_size = 64
    mean = (0.4, 0.5, 0.6)
    std = (0.2, 0.3, 0.4)

    def __init__(self, net: nn.Module) -> None:
        self.net = net.eval()
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_()  # type: ignore[union-attr, operator]
                module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr, operator]


def resnet() -> Backbone:
    torch.manual_seed(0)
    return Backbone(timm.create_model("test_resnet", num_classes=0))


def vgg() -> Backbone:
    """The layers of a VGG19, eight features wide."""
    cfg = [layer for convs in (2, 2, 4, 4, 4) for layer in (*[8] * convs, "M")]
    return Backbone(VGG(cfg, num_classes=0, mlp_ratio=0.01))


def test_a_layer_gives_what_the_network_has_there() -> None:
    backbone = resnet()
    pictures = torch.rand(2, 3, 48, 48)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (backbone.mean, backbone.std))
    with torch.no_grad():
        expected = backbone.net.forward_intermediates(  # type: ignore[operator]
            (pictures - mean) / std, indices=[2], intermediates_only=True
        )[0]
    seen = Tapped(backbone, ("layer2",), ("layer2",), CPU)(pictures)
    torch.testing.assert_close(seen["layer2"], expected, rtol=1e-3, atol=1e-3)


def test_nothing_is_computed_behind_the_deepest_layer() -> None:
    backbone = resnet()
    features = Tapped(backbone, ("layer1",), ("layer2", "act1"), CPU)
    later = []
    features.net.get_submodule("layer3").register_forward_hook(lambda *_: later.append(1))
    features(torch.rand(1, 3, 32, 32))
    assert not later
    assert list(features(torch.rand(1, 3, 32, 32))) == ["act1", "layer1", "layer2"]


def test_a_vgg_has_the_slides_layers_after_their_relus() -> None:
    backbone = vgg()
    features = Tapped(backbone, NOTHING, NOTHING, CPU)
    assert features.content == ("conv4_2",)
    assert features.style == ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
    pictures = torch.rand(1, 3, 32, 32)
    seen = features(pictures)
    assert [seen[name].shape[-1] for name in features.style] == [32, 16, 8, 4, 2]
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (backbone.mean, backbone.std))
    expected = (pictures - mean) / std
    for layer in list(backbone.net.features)[:7]:  # type: ignore[arg-type]
        pooled = isinstance(layer, nn.AvgPool2d | nn.MaxPool2d)
        expected = torch.nn.functional.avg_pool2d(expected, 2) if pooled else layer(expected)
    torch.testing.assert_close(seen["conv2_1"], expected)


def test_stages_are_the_default_where_there_is_no_slide() -> None:
    features = Tapped(resnet(), NOTHING, NOTHING, CPU)
    assert features.style == ("pixels", "act1", "layer1", "layer2", "layer3")
    assert features.content == ("layer2",)


def test_stages_that_end_without_an_activation_are_taken_before_it_is_lost() -> None:
    backbone = Backbone(timm.create_model("test_efficientnet", num_classes=0))
    features = Tapped(backbone, NOTHING, NOTHING, CPU)
    seen = features(torch.rand(1, 3, 32, 32))
    assert all(name in seen for name in features.style)
    assert features.content == ("blocks.2.0.bn1",)


def test_tokens_are_maps_of_one_row() -> None:
    backbone = timm_model(arch="test_vit", pretrained=False)
    features = Tapped(backbone, ("blocks.1",), ("blocks.0",), CPU)
    size = backbone.image_size
    assert features(torch.rand(1, 3, size, size))["blocks.1"].shape[:3] == (1, 64, 1)
    with pytest.raises(UsageError, match="does not take pictures of 24x24"):
        features(torch.rand(1, 3, 24, 24))


def test_an_unknown_layer_is_one_clear_error() -> None:
    with pytest.raises(UsageError, match="no layer 'layer9'") as caught:
        Tapped(resnet(), ("layer9",), NOTHING, CPU)
    assert "layer2" in str(caught.value.hint)
    with pytest.raises(UsageError, match="does not tell its layers apart"):
        Tapped(Backbone(nn.Sequential(nn.Conv2d(3, 4, 3))), NOTHING, NOTHING, CPU)
    with pytest.raises(UsageError, match="have no layer 'conv4_2'"):
        RandomFilters(("conv4_2",), NOTHING, CPU, 0)


@pytest.mark.parametrize("name", ["test_resnet", "test_efficientnet"])
def test_folding_leaves_no_normalisation_and_the_same_features(name: str) -> None:
    net = Backbone(timm.create_model(name, num_classes=0)).net
    picture = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        before = net(picture)
        fold_norms(net, picture, set())
        torch.testing.assert_close(net(picture), before, rtol=1e-4, atol=1e-5)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in net.modules())


def test_a_network_that_folding_would_change_is_left_as_it_is() -> None:
    class Twice(nn.Module):
        """Uses the output of its convolution beside its normalisation, too."""

        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
            self.last = nn.ReLU()

        def forward(self, pictures: Tensor) -> Tensor:
            plain = self.conv(pictures)
            last: Tensor = self.last(self.norm(plain) + plain)
            return last

    backbone, pictures = Backbone(Twice()), torch.rand(1, 3, 16, 16)
    features = Tapped(backbone, ("last",), ("last",), CPU)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (backbone.mean, backbone.std))
    inputs = (pictures - mean) / std
    expected = (backbone.net.norm(backbone.net.conv(inputs)) + backbone.net.conv(inputs)).relu()  # type: ignore[operator]
    torch.testing.assert_close(features(pictures)["last"], expected)


def test_random_filters_are_keyed_and_see_five_scales() -> None:
    pictures = torch.rand(1, 3, 32, 32)
    seen, again, other = (RandomFilters((), (), CPU, seed)(pictures) for seed in (1, 1, 2))
    assert [seen[name].shape[-1] for name in seen] == [32, 16, 8, 4, 2]
    assert all(torch.equal(seen[name], again[name]) for name in seen)
    assert not torch.equal(seen["scale1"], other["scale1"])
    flat = RandomFilters((), (), CPU, 1)(torch.full((1, 3, 32, 32), 0.8))
    assert flat["scale3"].abs().max() < 1e-4  # no filter has a mean
