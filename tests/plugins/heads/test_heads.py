"""Heads: the right number of artists, the documented order, dropout in training alone."""

import pytest
import torch
from torch import nn

from artcli.plugin import Classes
from artcli_plugins.heads.layernorm import layernorm
from artcli_plugins.heads.linear import linear

ARTISTS = Classes(("Anon", "Bosch", "Cassatt"), (9, 3, 1))


def test_linear_is_one_matrix() -> None:
    head = linear(5, ARTISTS)
    features = torch.randn(4, 5)
    matrix = head.layers[-1]
    torch.testing.assert_close(head(features).logits, features @ matrix.weight.T + matrix.bias)
    assert head(features).auxiliary_loss is None


def test_layernorm_head_is_norm_gelu_dropout_linear() -> None:
    head = layernorm(6, ARTISTS).eval()
    features = 10 + 3 * torch.randn(4, 6)
    spread = features - features.mean(1, keepdim=True)
    normed = spread / (spread.square().mean(1, keepdim=True) + 1e-5).sqrt()
    matrix = head.layers[-1]
    expected = nn.functional.gelu(normed) @ matrix.weight.T + matrix.bias
    torch.testing.assert_close(head(features).logits, expected)
    assert [type(layer) for layer in head.layers] == [nn.LayerNorm, nn.GELU, nn.Dropout, nn.Linear]


@pytest.mark.parametrize("make", [linear, layernorm])
def test_dropout_works_in_training_alone(make) -> None:
    head = make(64, ARTISTS, dropout=0.5)
    features = torch.randn(2, 64)
    assert not torch.equal(head(features).logits, head(features).logits)
    head.eval()
    assert torch.equal(head(features).logits, head(features).logits)
