"""SqueezeNet 1.1, small enough to tell style by on any machine; timm has none."""

from __future__ import annotations

from typing import Any

from timm.data.constants import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from torch import Tensor, nn
from torchvision.models import squeezenet1_1

from artcli.plugin import ArtcliError

from .backbone import Backbone, Pretrained, Weights, in_short
from .weights import read_weights, without

_WIDTH = 512
# stages, as timm's networks tell of theirs: the last layer before each pooling
_STAGES = {"features.1": 2, "features.4": 4, "features.7": 8, "features.12": 16}


class SqueezeNet(nn.Module):
    """Pictures `(N, 3, S, S)` float -> the mean of the last maps `(N, 512)`."""

    def __init__(self) -> None:
        super().__init__()
        self.features: nn.Module = squeezenet1_1(weights=None).features
        self.feature_info = [
            {"module": name, "reduction": smaller} for name, smaller in _STAGES.items()
        ]

    def forward(self, images: Tensor) -> Tensor:
        pooled: Tensor = self.features(images).mean((2, 3))
        return pooled

    def group_matcher(self) -> dict[str, Any]:
        """Its layers in timm's form, for `Backbone.depths`."""
        return {"blocks": [(r"features\.(\d+)", None)]}


def squeezenet(*, pretrained: Pretrained = True, weights: Weights = None) -> Backbone:
    """SqueezeNet 1.1, with a file of torchvision's weights or with random ones.

    Errors: `ArtcliError` when pre-trained weights are wanted and no file is given, or it does not
    fit.

    Source: Iandola et al. 2016, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters".
    """
    net = SqueezeNet()
    if weights:
        try:
            net.load_state_dict(without(read_weights(weights), ["classifier"]))
        except RuntimeError as error:
            raise ArtcliError(
                f"the weights in {weights} do not fit squeezenet: {in_short(error)}",
                "it takes torchvision's of squeezenet1_1",
            ) from error
    elif pretrained:
        raise ArtcliError(
            "there are no pre-trained weights of squeezenet to be had",
            "give torchvision's file as weights=FILE, or take random ones with pretrained=false",
        )
    config = {"mean": IMAGENET_DEFAULT_MEAN, "std": IMAGENET_DEFAULT_STD}
    return Backbone(net, _WIDTH, config, 224)
