"""Cross-entropy, focal and balanced loss, against numbers worked out by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from artcli_plugins.losses.balanced import balanced, class_weights
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
        (balanced((9, 1), label_smoothing=0.2), balanced((9, 1))),
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


def test_balanced_weighs_each_artist_by_one_over_their_works() -> None:
    # 1/9 and 1, five times as large: then 9 works of 5/9 and 1 work of 5 make 10
    assert class_weights((9, 1), None).tolist() == pytest.approx([5 / 9, 5])
    easy = 5 / 9 * -(math.log(0.75) + math.log(0.5)) / 2
    assert balanced((9, 1))(LOGITS, FIRST).item() == pytest.approx(easy)
    soft = torch.tensor([[0.25, 0.75]])
    mixed = 0.25 * 5 / 9 * -math.log(0.75) + 0.75 * 5 * -math.log(0.25)
    assert balanced((9, 1))(LOGITS[:1], soft).item() == pytest.approx(mixed)


def test_balanced_weighs_by_the_effective_number_of_works() -> None:
    # beta 1/2: of 3 works 1 + 1/2 + 1/4 = 7/4 count, of 1 work one; 3 * 4/7 + 1 = 19/7 make 4
    assert class_weights((3, 1), 0.5).tolist() == pytest.approx([16 / 19, 28 / 19])
    loss = balanced((3, 1), beta=0.5)(LOGITS, FIRST)
    assert loss.item() == pytest.approx(16 / 19 * -(math.log(0.75) + math.log(0.5)) / 2)


def test_beta_leads_from_cross_entropy_to_one_over_the_works() -> None:
    assert class_weights((629, 70, 21), 0.0).tolist() == [1, 1, 1]
    spreads = []
    for beta in (0.9, 0.99, 0.999, 0.9999):
        weights = class_weights((629, 70, 21), beta)
        assert weights[0] < weights[1] < weights[2]
        spreads.append(weights[2] / weights[0])
    assert spreads == sorted(spreads)
    plain = class_weights((629, 70, 21), None)
    assert class_weights((629, 70, 21), 1 - 1e-9).tolist() == pytest.approx(plain.tolist())


COUNTS = st.lists(st.integers(0, 700), min_size=2, max_size=60).filter(any)


@given(COUNTS, st.none() | st.floats(0, 1, exclude_max=True))
def test_over_the_training_paintings_the_mean_weight_is_one(counts, beta) -> None:
    weights = class_weights(tuple(counts), beta)
    assert np.isfinite(weights).all()
    assert (weights > 0).all()
    assert counts @ weights == pytest.approx(sum(counts))


def test_blank_logits_cost_what_they_cost_without_weights() -> None:
    labels = torch.arange(3).repeat_interleave(torch.tensor([30, 5, 2]))
    every_painting = torch.nn.functional.one_hot(labels, 3).float()
    loss = balanced((30, 5, 2))(torch.zeros(37, 3), every_painting)
    assert loss.item() == pytest.approx(math.log(3))


def test_an_artist_without_works_counts_as_one_of_a_single_work() -> None:
    assert class_weights((4, 1, 0), None).tolist() == pytest.approx([5 / 8, 5 / 2, 5 / 2])
    assert class_weights((4, 1, 0), 0.9)[2] == class_weights((4, 1, 0), 0.9)[1]
    smoothed = balanced((4, 1, 0), label_smoothing=0.1)(torch.zeros(2, 3), torch.eye(3)[:2])
    assert torch.isfinite(smoothed)


def test_the_weights_go_where_the_logits_are() -> None:
    assert balanced((9, 1))(LOGITS.to("meta"), FIRST.to("meta")).device.type == "meta"
    loss = balanced((9, 1))(LOGITS.double(), FIRST.double())
    assert loss.dtype == torch.float64
