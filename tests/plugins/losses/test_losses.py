"""Cross-entropy and focal loss, against numbers worked out by hand."""

import math

import pytest
import torch

from artcli_plugins.losses.cross_entropy import cross_entropy
from artcli_plugins.losses.focal import focal

# softmax of these: 3/4 and 1/4; 1/2 and 1/2
LOGITS = torch.tensor([[math.log(3), 0.0], [0.0, 0.0]])
FIRST = torch.tensor([[1.0, 0.0], [1.0, 0.0]])


def test_cross_entropy_is_the_mean_of_minus_log_p() -> None:
    expected = -(math.log(0.75) + math.log(0.5)) / 2
    assert cross_entropy((9, 1))(LOGITS, FIRST).item() == pytest.approx(expected)


def test_cross_entropy_weighs_soft_targets() -> None:
    soft = torch.tensor([[0.25, 0.75], [0.5, 0.5]])
    expected = -(0.25 * math.log(0.75) + 0.75 * math.log(0.25) + math.log(0.5)) / 2
    assert cross_entropy((9, 1))(LOGITS, soft).item() == pytest.approx(expected)


def test_label_smoothing_spreads_a_share_over_all_artists() -> None:
    smoothed = torch.tensor([[0.9, 0.1], [0.9, 0.1]])
    for loss, plain in (
        (cross_entropy((), label_smoothing=0.2), cross_entropy(())),
        (focal((), label_smoothing=0.2), focal(())),
    ):
        assert loss(LOGITS, FIRST).item() == pytest.approx(plain(LOGITS, smoothed).item())


def test_focal_shrinks_what_is_easy() -> None:
    # (1 - p)^2 * -log p, for p = 3/4 and 1/2
    expected = (0.25**2 * -math.log(0.75) + 0.5**2 * -math.log(0.5)) / 2
    assert focal((9, 1))(LOGITS, FIRST).item() == pytest.approx(expected)


def test_focal_takes_p_from_the_soft_cross_entropy() -> None:
    soft = torch.tensor([[0.25, 0.75]])
    ce = -(0.25 * math.log(0.75) + 0.75 * math.log(0.25))
    expected = (1 - math.exp(-ce)) ** 3 * ce
    assert focal((), gamma=3)(LOGITS[:1], soft).item() == pytest.approx(expected)


def test_focal_without_focus_is_cross_entropy() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = 4 * torch.randn(32, 7, generator=generator)
    targets = torch.randn(32, 7, generator=generator).softmax(1)
    torch.testing.assert_close(
        focal((), gamma=0)(logits, targets), cross_entropy(())(logits, targets)
    )


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("margin", [-200.0, 200.0])
def test_focal_stays_finite_when_the_model_is_sure(gamma: float, margin: float) -> None:
    logits = torch.tensor([[margin, 0.0]], requires_grad=True)
    loss = focal((), gamma=gamma)(logits, FIRST[:1])
    loss.backward()
    assert logits.grad is not None
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()
    assert loss.item() == pytest.approx(max(0.0, -margin), abs=1e-6)
