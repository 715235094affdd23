"""A plain Vision Transformer, written out from its paper.

Dosovitskiy et al. 2021, "An image is worth 16x16 words"; equations 1 to 4 are that paper's. The
deck's last slides wish for one made by hand, to compare with those that others share. Its weights
have the names that timm gives them, so that shared ones fit as well.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Annotated, Any

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from artcli.plugin import ArtcliError, UsageError

from .backbone import Backbone, Weights, in_short
from .weights import read_weights, without

MEAN = STD = (0.5, 0.5, 0.5)


class Attention(nn.Module):
    """Multi-head self-attention (MSA, appendix A) among tokens `(N, T, width)`."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        parts = self.qkv(tokens).unflatten(2, (3, self.heads, -1))
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)  # each (N, heads, T, width / heads)
        found = F.scaled_dot_product_attention(queries, keys, values)
        mixed: Tensor = self.proj(found.transpose(1, 2).flatten(2))
        return self.dropout(mixed)


class StochasticDepth(nn.Module):
    """A branch `(N, T, width)`, in training left out of single pictures at the given rate.

    Where it stays it is larger for it, so that the expectation is the same. Huang et al. 2016.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, branch: Tensor) -> Tensor:
        pictures = branch.new_ones(len(branch), 1, 1)
        return branch * F.dropout(pictures, self.rate, self.training)


class Block(nn.Module):
    """A layer of the encoder: attention, then an MLP four times as wide, each after a norm."""

    def __init__(self, width: int, heads: int, dropout: float, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads, dropout)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(
            OrderedDict(
                fc1=nn.Linear(width, 4 * width),
                gelu=nn.GELU(),
                drop1=nn.Dropout(dropout),
                fc2=nn.Linear(4 * width, width),
                drop2=nn.Dropout(dropout),
            )
        )
        self.drop_path = StochasticDepth(drop_path)

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.drop_path(self.attn(self.norm1(tokens)))  # equation 2
        return tokens + self.drop_path(self.mlp(self.norm2(tokens)))  # equation 3


class VisionTransformer(nn.Module):
    """Pictures `(N, 3, S, S)` float -> the class token `(N, width)`."""

    def __init__(
        self,
        image_size: int,
        patch: int,
        width: int,
        depth: int,
        heads: int,
        dropout: float,
        drop_path: float,
    ) -> None:
        super().__init__()
        patches = (image_size // patch) ** 2
        self.patch_embed = nn.Sequential(OrderedDict(proj=nn.Conv2d(3, width, patch, stride=patch)))
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + patches, width))
        self.dropout = nn.Dropout(dropout)
        rates = [drop_path * layer / depth for layer in range(1, depth + 1)]
        self.blocks = nn.Sequential(*(Block(width, heads, dropout, rate) for rate in rates))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        for name, weight in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(weight)
            elif "norm" not in name:
                nn.init.trunc_normal_(weight, std=0.02, a=-0.04, b=0.04)

    def forward(self, images: Tensor) -> Tensor:
        patches = self.patch_embed(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls_token.expand(len(images), -1, -1), patches], 1)
        tokens = self.dropout(tokens + self.pos_embed)  # equation 1
        tokens = self.blocks(tokens)
        picture: Tensor = self.norm(tokens[:, 0])  # equation 4
        return picture

    def group_matcher(self) -> dict[str, Any]:
        """Its layers in timm's form, for `Backbone.depths`; the last norm goes with a block."""
        return {
            "embedding": "patch_embed|cls_token|pos_embed",
            "blocks": [(r"blocks\.(\d+)", None), ("norm", (99999,))],
        }


def vit(
    *,
    image_size: Annotated[int, Field(ge=1), "side of its pictures, a multiple of patch"] = 224,
    patch: Annotated[int, Field(ge=1), "side of a patch, which becomes one token"] = 16,
    width: Annotated[int, Field(ge=1), "numbers per token, a multiple of heads"] = 192,
    depth: Annotated[int, Field(ge=1), "blocks one after the other"] = 12,
    heads: Annotated[int, Field(ge=1), "heads of attention in each block"] = 3,
    dropout: Annotated[
        float, Field(ge=0, lt=1), "the share that is zeroed after each dense layer in training"
    ] = 0.0,
    drop_path: Annotated[
        float, Field(ge=0, lt=1), "how often the last block is skipped in training, others less"
    ] = 0.1,
    weights: Weights = None,
) -> Backbone:
    """A plain Vision Transformer, trained from nothing or from a file.

    The deck's last slides wish for one made by hand, to compare with those that others share. The
    defaults are those of ViT-Ti/16. A file of timm's ViT weights fits if it is of the same sizes,
    the picture's included. Dropout stands where the paper has it (appendix B.1); the blocks' rates
    of stochastic depth grow linearly.

    Source: Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words"; Touvron et al. 2021, "Training
    Data-Efficient Image Transformers"; Huang et al. 2016, "Deep Networks with Stochastic Depth".
    """
    if image_size % patch:
        raise UsageError(
            f"image_size={image_size} is no multiple of patch={patch}",
            f"like {max(1, image_size // patch) * patch}",
        )
    if width % heads:
        raise UsageError(
            f"width={width} is no multiple of heads={heads}", "the heads share it evenly"
        )
    net = VisionTransformer(image_size, patch, width, depth, heads, dropout, drop_path)
    if weights:
        try:
            net.load_state_dict(without(read_weights(weights), ["head"]))
        except RuntimeError as error:
            raise ArtcliError(
                f"the weights in {weights} do not fit this ViT: {in_short(error)}",
                "are they of the same image_size, patch, width and depth?",
            ) from error
    return Backbone(net, width, {"mean": MEAN, "std": STD}, image_size)
