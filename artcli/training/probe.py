"""The head's first weights: a probe of the body as it came, before both are trained.

A head of random weights sends random gradients through a pre-trained body and spoils what it
knows. So the head alone is fitted first, with the body frozen, on features computed once, at the
price of a few forward passes.

Source: Kumar et al. 2022, "Fine-Tuning can Distort Pretrained Features and Underperform
Out-of-Distribution" (LP-FT).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from artcli.training.data import one_hot
from artcli.training.keys import key
from artcli.training.loop import NonFiniteLoss
from artcli.training.objective import Criterion, losses_of

PASSES, BATCH, RATE, DECAY = 40, 128, 1e-3, 0.05


def fit_head(
    head: nn.Module,
    features: Tensor,
    labels: Tensor,
    criterion: Criterion,
    seed: int,
    device: torch.device,
) -> None:
    """Fit `head` on features `(N, F)` and labels `(N,)`; all chance is keyed by `seed`.

    Errors: `NonFiniteLoss` when its weights end as no numbers.
    """
    head.to(device).train()
    features = features.to(device)
    classes = int(head(features[:2]).logits.shape[1])
    optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=DECAY)
    tell = getattr(head, "progress", None)
    for number in range(PASSES):
        generator = torch.Generator().manual_seed(key(seed, "probe", number))
        torch.manual_seed(key(seed, "probe forward", number))
        if tell:
            tell(number / PASSES)
        order = torch.randperm(len(features), generator=generator)
        for chosen in order.tensor_split(-(-len(order) // BATCH)):
            targets = one_hot(labels[chosen], classes).to(device)
            losses = losses_of(criterion, head(features[chosen], targets), targets)
            optimizer.zero_grad()
            torch.autograd.backward(losses["total"])
            optimizer.step()
    if not all(weight.isfinite().all() for weight in head.parameters()):
        raise NonFiniteLoss(
            "the head's weights are not finite once it is fitted to features of the body",
            "try another --loss or --head; or --probe 0, which leaves this out",
        )
