"""SqueezeNet: torchvision's weights, torchvision's features."""

from pathlib import Path

import pytest
import torch
from torchvision.models import squeezenet1_1

from artcli.errors import ArtcliError
from artcli_plugins.models.squeezenet import squeezenet


def test_it_takes_torchvisions_file_and_sees_what_torchvisions_does(tmp_path: Path) -> None:
    torch.manual_seed(0)
    theirs = squeezenet1_1(weights=None).eval()
    torch.save(theirs.state_dict(), tmp_path / "squeezenet1_1.pth")
    ours = squeezenet(weights=tmp_path / "squeezenet1_1.pth").eval()
    pictures = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        expected = theirs.features(pictures).mean((2, 3))
        assert torch.equal(ours(pictures), expected)
    assert expected.shape == (2, ours.num_features)


def test_its_stages_are_as_much_smaller_as_it_says() -> None:
    net = squeezenet(pretrained=False).net
    seen: dict[str, int] = {}
    for stage in net.feature_info:
        name = stage["module"]
        net.get_submodule(name).register_forward_hook(
            lambda _module, _inputs, output, name=name: seen.update({name: output.shape[-1]})
        )
    net(torch.rand(1, 3, 224, 224))
    for stage in net.feature_info:
        assert abs(224 / stage["reduction"] - seen[stage["module"]]) <= 1  # it pads nothing


def test_its_layers_are_told_apart() -> None:
    depths = squeezenet(pretrained=False).depths()
    assert depths["net.features.0.weight"] < depths["net.features.12.expand3x3.weight"]


def test_weights_that_cannot_be_had_or_do_not_fit_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ArtcliError, match="no pre-trained weights of squeezenet"):
        squeezenet()
    torch.save({"features.0.weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(ArtcliError, match="do not fit squeezenet"):
        squeezenet(weights=tmp_path / "other.pth")
