"""Sharpness-aware minimization: another optimizer's step, by the gradients of a worse place near.

pytorch-optimizer's SAM moves the weights there and back. It is driven otherwise than artcli drives
an optimizer: it wants gradients before `step`, and gives no loss. `SharpnessAware` makes up for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import torch
from pydantic import Field
from pytorch_optimizer import SAM
from torch import Tensor

from artcli.plugin import UsageError, Use


def sam(
    parameter_groups: list[dict[str, Any]],
    *,
    base: Annotated[Any, Use("optimizer"), "the optimizer that takes the steps"] = "adamw",
    rho: Annotated[
        float, Field(ge=0), "how far away the gradients are taken; 0 is the base alone"
    ] = 0.05,
    adaptive: Annotated[
        bool, "go further with larger weights (ASAM), which wants a larger rho: 0.5 to 1"
    ] = False,
) -> torch.optim.Optimizer:
    """Sharpness-aware minimization: another optimizer's step, by gradients of a worse place near.

    From the weights w with gradient g it goes to w + rho * g / |g|, where the loss is about worst
    within rho, and takes the gradients there for the step of `base` from w: two passes a step, so
    about twice the time. |g| is the norm over all weights, of the gradients of the whole batch.

    `adaptive` (ASAM) goes to w + rho * w² g / | |w| g |: the way does not
    depend on how the weights are scaled, and those that are 0 stay. Its rho is about ten times
    as large; the paper takes 0.5 and 1.

    Errors: `UsageError` for a `base` that needs a closure itself, such as another `sam`.

    Source: Foret et al. 2021, "Sharpness-Aware Minimization for Efficiently Improving
    Generalization"; Kwon et al. 2021, "ASAM"; slide "SAM Optimizer".
    """
    optimizer = base(parameter_groups)
    if getattr(optimizer, "needs_closure", False):
        raise UsageError(
            f"sam: base={base.text} makes several passes itself, and sam gives it one",
            "take a base that steps by the gradients it finds, like base=(adamw:lr=1e-3)",
        )
    return SharpnessAware(optimizer, rho, adaptive)


class SharpnessAware(SAM):
    """SAM over the optimizer `base`, driven by `step(closure)` alone.

    Groups and state are the base's own, so schedulers and checkpoints deal with the base.
    """

    needs_closure = True

    def __init__(self, base: torch.optim.Optimizer, rho: float, adaptive: bool) -> None:
        super().__init__(base.param_groups, lambda _groups: base, rho=rho, adaptive=adaptive)

    @torch.no_grad()
    def step(self, closure: Callable[[], Tensor]) -> Tensor:
        """The loss where the step began. `closure` makes loss and gradients; it is called twice.

        When it fails, the weights are as they were, bit for bit.
        """
        with torch.enable_grad():
            loss = closure()
        try:
            self.first_step()
            with torch.enable_grad():
                closure()
        except BaseException:
            self._come_back()
            raise
        self.second_step()
        return loss

    def _come_back(self) -> None:
        """As `second_step` begins: the weights to where the step began."""
        for group in self.param_groups:
            for weight in group["params"]:
                if "old_p" in self.state.get(weight, ()):
                    weight.copy_(self.state[weight].pop("old_p"))

    def state_dict(self) -> dict[str, Any]:
        return self.base_optimizer.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.base_optimizer.load_state_dict(state_dict)
        self.param_groups = self.base_optimizer.param_groups
        self.state = self.base_optimizer.state
