"""Names of models: timm's, folders, repositories of the hub, and what is none of these."""

from pathlib import Path

import pytest
import timm
import torch
from timm.models.vgg import _filter_fn as renamed_as_timm_does
from torchvision.models import vgg19

from artcli.errors import ArtcliError, UsageError
from artcli_plugins.models.architecture import find
from artcli_plugins.models.weights import without


def test_a_name_of_timms() -> None:
    known = find("test_efficientnet")
    assert known.repository == "timm/test_efficientnet.r160_in1k"
    assert known.image_size == 160
    assert known.classifiers == ("classifier",)


def test_a_wrong_name_brings_the_nearest() -> None:
    with pytest.raises(UsageError, match="timm has no model 'resnet81'") as caught:
        find("resnet81")
    assert "resnet18" in str(caught.value.hint)
    with pytest.raises(UsageError) as caught:
        find("tf_efficientnet_b2_ns")  # a former name, that timm would map on its own
    assert "tf_efficientnet_b2" in str(caught.value.hint)


def test_a_wrong_tag_brings_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no weights resnet18\.none") as caught:
        find("resnet18.none")
    assert "resnet18.a1_in1k" in str(caught.value.hint)


def test_a_path_without_its_scheme_is_told_which_one() -> None:
    with pytest.raises(UsageError) as caught:
        find("models/mine")
    assert "arch=local-dir:models/mine" in str(caught.value.hint)
    assert "arch=hf-hub:models/mine" in str(caught.value.hint)


def test_a_folder(saved: Path) -> None:
    known = find(f"local-dir:{saved}")
    assert known.name == f"local-dir:{saved}"
    assert known.weights_file() == saved / "model.safetensors"
    assert known.classifiers == ("classifier",)


def test_a_folder_of_the_older_form_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(
        '{"architecture": "resnet18", "input_size": [3, 96, 96], "classifier": "fc"}'
    )
    known = find(f"local-dir:{tmp_path}")
    assert (known.image_size, known.classifiers) == (96, ("fc",))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (None, "holds no config.json"),
        ('{"architecture": "resn', "is not a config of timm's"),
        ("[]", "is not a config of timm's"),
        ('{"num_classes": 3}', "is not a config of timm's"),
        ('{"architecture": "resnet9000"}', "names resnet9000, which timm does not have"),
        ('{"architecture": "resnet18"}', "holds no weights"),
    ],
)
def test_a_folder_with_something_amiss(tmp_path: Path, config: str | None, said: str) -> None:
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    with pytest.raises(ArtcliError, match=said):
        find(f"local-dir:{tmp_path}").weights_file()


def test_no_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(ArtcliError, match="none is not a folder"):
        find(f"local-dir:{tmp_path / 'none'}")


def test_a_repository_of_the_hub_is_named_by_its_config(hub, saved: Path) -> None:
    base = "/me/mine/resolve/main"
    for name in ("config.json", "model.safetensors"):
        hub.files[f"{base}/{name}"] = (saved / name).read_bytes()
    known = find("hf-hub:me/mine")
    assert f"GET {base}/model.safetensors" not in hub.asked
    assert known.weights_file().read_bytes() == (saved / "model.safetensors").read_bytes()


def test_an_architecture_without_weights_says_so() -> None:
    with pytest.raises(ArtcliError, match="no pre-trained weights of botnet50ts_256") as caught:
        find("botnet50ts_256").weights_file()
    assert "pretrained=false" in str(caught.value.hint)


def test_torchvisions_files_of_a_vgg_have_its_layers_but_for_the_classifier() -> None:
    with torch.device("meta"):
        theirs = vgg19(weights=None).state_dict()
        ours = timm.create_model("vgg19", num_classes=0).state_dict()
    kept = renamed_as_timm_does(without(theirs, find("vgg19").classifiers))
    assert {name: tensor.shape for name, tensor in kept.items()} == {
        name: tensor.shape for name, tensor in ours.items()
    }
