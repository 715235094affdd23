"""What training lowers: the loss of a head's logits, and what the head adds to it."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from artcli.host.records import HeadOutput

Criterion = Callable[[Tensor, Tensor], Tensor]


def losses_of(criterion: Criterion, output: HeadOutput, targets: Tensor) -> dict[str, Tensor]:
    """The losses of a batch, scalars, by name; `total` is the one to lower.

    `train_loss` is the criterion on logits that do not know the truth, as in validation. Of heads
    that have them: `forced_loss`, the criterion on the logits that follow from the truth, which
    shares the total with the first, and `auxiliary_loss`, the head's own, which is added.
    """
    free = criterion(output.logits.float(), targets)
    losses = {"total": free, "train_loss": free}
    if output.forced_logits is not None:
        assert output.forcing is not None
        losses["forced_loss"] = criterion(output.forced_logits.float(), targets)
        losses["total"] = free.lerp(losses["forced_loss"], output.forcing.to(free))
    if output.auxiliary_loss is not None:
        losses["auxiliary_loss"] = output.auxiliary_loss
        losses["total"] = losses["total"] + output.auxiliary_loss
    return losses
