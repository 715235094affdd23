"""The project's own components are listed cheaply, and their options refuse what makes no sense."""

import subprocess
import sys

import pytest

from artcli.errors import UsageError
from artcli.host.discovery import load_host

HOST = load_host()
OURS = [found for found in HOST.components() if found.source.distribution == "artcli"]


def test_listing_imports_nothing_heavy() -> None:
    program = """
import sys
import artcli_plugins
components = list(artcli_plugins.artcli_components())
heavy = {"torch", "timm", "albumentations", "cv2", "numpy", "pydantic"} & set(sys.modules)
print(len(components), sorted(heavy))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == f"{len(OURS)} []", done.stderr


def test_each_component_has_a_line_for_the_listing() -> None:
    assert len(OURS) >= 24
    for found in OURS:
        assert found.component.summary


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("loss", "focal:gamma=-1", "gamma"),
        ("loss", "cross-entropy:label_smoothing=1", "label_smoothing"),
        ("head", "layernorm:dropout=1", "dropout"),
        ("head", "genre:forcing=1.1", "forcing"),
        ("head", "genre:until=0", "until"),
        ("head", "subcenter:gamma=0", "gamma"),
        ("optimizer", "adamw:lr=0", "lr"),
        ("optimizer", "adamw:betas=(0.9,1)", "betas"),
        ("optimizer", "sgd:momentum=1", "momentum"),
        ("optimizer", "sam:rho=-0.1", "rho"),
        ("optimizer", "sam:base=(sgd:lr=0)", "lr"),
        ("scheduler", "cosine:warmup=1", "warmup"),
        ("scheduler", "warm-restarts:gamma=1.5", "gamma"),
        ("crop", "quarter:whole=1.1", "whole"),
        ("crop", "quarter:sides=(0,0.5)", "sides"),
        ("mixer", "cutmix:alpha=0", "alpha"),
        ("model", "tinyvit:size=22m,pretrained=false", "size"),
        ("model", "timm:arch=resnet18,drop_path=1", "drop_path"),
        ("model", "timm:pretrained=false", "arch"),
        ("model", "vit:drop_path=1", "drop_path"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(kind: str, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        HOST.bind(kind, text)


def test_options_with_commas_and_several_parts_arrive_as_numbers() -> None:
    bound = HOST.bind("optimizer", "adamw:lr=1e-3,betas=(0.8,0.95)")
    assert bound.options == {"lr": 1e-3, "betas": (0.8, 0.95), "eps": 1e-8, "weight_decay": 0.05}
