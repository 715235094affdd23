"""Contracts of what learns and of what tells it how well: models, heads and losses.

Each takes `make`, the component with its options bound, and calls it as a run does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from artcli.errors import UsageError
from artcli.host.records import Classes, HeadOutput
from artcli.testing.promises import holds

Make = Callable[..., Any]

CLASSES = Classes(
    names=("Anon", "Bosch", "Cassatt", "Dürer"),
    counts=(40, 12, 5, 2),
    genres=("Portrait", "Still life", "Myth"),
    genre_matrix=((1, 0, 0), (0, 1, 1), (1, 1, 0), (0, 0, 0)),
)


def random(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def check_loss(make: Make) -> None:
    """A finite scalar, the mean over the batch, that heeds soft targets and can be brought down."""
    artists, batch = 50, 12
    loss = make(tuple(range(10 + artists, 10, -1)))
    truth = torch.randint(artists, (batch,), generator=random(0))
    hard = nn.functional.one_hot(truth, artists).float()
    soft = 0.7 * hard + 0.3 * hard.roll(1, 0)
    logits = torch.randn(batch, artists, generator=random(1))

    value, gradient = _value_and_gradient(loss, logits, soft)
    holds(gradient.abs().sum() > 0, "send a gradient to the logits")
    holds(not _close(value, loss(logits, hard)), "heed soft targets, not only the likeliest class")
    order = torch.randperm(batch, generator=random(2))
    holds(_close(value, loss(logits[order], soft[order])), "not depend on the batch's order")
    twice = loss(logits.repeat(2, 1), soft.repeat(2, 1))
    holds(_close(value, twice), "be a mean over the batch, not a sum")
    for sure in (100 * hard, -100 * hard):
        _value_and_gradient(loss, sure, soft)

    blank = loss(torch.zeros_like(logits), hard)
    right = torch.stack([loss(scale * hard, hard) for scale in (2.0, 4.0, 8.0, 16.0)]).min()
    holds(right < blank < loss(-4 * hard, hard), "be lower for better logits")
    # A second softmax leaves even perfect logits three quarters of what blank ones cost.
    holds(
        right < 0.65 * blank,
        "come well down for sure and right logits (is there a softmax too many?)",
    )


def _value_and_gradient(loss: Make, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    asked, kept = logits.clone().requires_grad_(), targets.clone()
    value = loss(asked, targets)
    holds(isinstance(value, Tensor) and value.shape == (), "return a scalar tensor")
    holds(value.isfinite(), f"be finite (logits of {logits.min():.0f} to {logits.max():.0f})")
    holds(value.requires_grad, "be differentiable")
    value.backward()
    gradient = asked.grad
    if gradient is None:
        raise AssertionError("it must send a gradient to the logits")
    holds(gradient.isfinite().all(), "have a finite gradient, for very sure logits too")
    holds(torch.equal(targets, kept), "leave the targets as they are")
    return value.detach(), gradient


def _close(left: Tensor, right: Tensor) -> bool:
    return torch.allclose(left, right.detach(), rtol=1e-4, atol=1e-6)


def check_head(make: Make) -> None:
    """Features (N, F) to logits (N, C), with or without targets; the same each time in `eval`.

    Logits never know the truth, forced ones do, and what is told of it is at any `progress` a share
    of the loss.
    """
    width, artists = 24, len(CLASSES.names)
    head = make(width, CLASSES)
    holds(isinstance(head, nn.Module), "be an nn.Module")
    features = torch.randn(5, width, generator=random(0))
    targets = nn.functional.one_hot(torch.tensor([0, 1, 2, 3, 0]), artists).float()

    head.train()
    asked = features.clone().requires_grad_()
    for output in (head(asked), head(asked, targets)):
        holds(isinstance(output, HeadOutput), "return a HeadOutput")
        holds(output.logits.shape == (5, artists), f"give logits (5, {artists})")
        holds(output.logits.isfinite().all(), "give finite logits")
        extra = output.auxiliary_loss
        holds(extra is None or (extra.shape == () and extra.isfinite()), "add a finite scalar loss")
        _check_forcing(output)
    output.logits.logsumexp(1).sum().backward()
    holds(asked.grad is not None and asked.grad.abs().sum() > 0, "send a gradient to the features")
    one, other = (
        _with_chance_fixed(head, features, truth) for truth in (targets, targets.roll(1, 0))
    )
    holds(
        torch.equal(one.logits, other.logits),
        "give logits that do not know the targets (those that do are forced_logits)",
    )
    if hasattr(head, "progress"):
        _check_progress(head, features, targets)

    head.eval()
    with torch.no_grad():
        first, again, alone = head(features), head(features), head(features[:1])
        told = head(features, targets)
    holds(torch.equal(first.logits, again.logits), "repeat itself in eval mode")
    holds(
        torch.allclose(first.logits[:1], alone.logits, rtol=1e-4, atol=1e-5),
        "judge each picture on its own in eval mode",
    )
    holds(all(map(_alike, first, told)), "not look at the targets in eval mode")


def _check_forcing(output: HeadOutput) -> None:
    forced, forcing = output.forced_logits, output.forcing
    if forced is None or forcing is None:
        holds(forced is forcing, "give forced_logits and forcing together")
        return
    holds(forced.shape == output.logits.shape, "give forced_logits of the shape of its logits")
    holds(forced.isfinite().all(), "give finite forced_logits")
    holds(forcing.shape == () and 0 <= forcing <= 1, "give a scalar from 0 to 1 as forcing")


def _check_progress(head: nn.Module, features: Tensor, targets: Tensor) -> None:
    for done in (1.0, 0.5, 0.0):
        before = {name: tensor.clone() for name, tensor in head.state_dict().items()}
        head.progress(done)  # type: ignore[operator]
        after = head.state_dict()
        holds(
            all(torch.equal(before[name], after[name]) for name in before),
            "keep its progress out of its state_dict (in a buffer that is not persistent)",
        )
        _check_forcing(head(features, targets))


def _alike(left: Tensor | None, right: Tensor | None) -> bool:
    return left is right if left is None or right is None else torch.equal(left, right)


def _with_chance_fixed(head: nn.Module, features: Tensor, targets: Tensor) -> HeadOutput:
    torch.manual_seed(0)
    output: HeadOutput = head(features, targets)
    return output


def check_model(make: Make) -> None:
    """Pictures (N, 3, S, S) to features (N, num_features), each on its own in `eval`.

    A model that tells the `depths` of its parameters tells those of all.
    """
    model = make()
    holds(isinstance(model, nn.Module), "be an nn.Module")
    for name in ("num_features", "mean", "std", "image_size"):
        holds(hasattr(model, name), f"have the attribute {name}")
    side, width = model.image_size, model.num_features
    holds(type(side) is int and side > 0, "have a whole number as image_size")
    holds(type(width) is int and width > 0, "have a whole number as num_features")
    for name in ("mean", "std"):
        values = [float(value) for value in getattr(model, name)]
        holds(len(values) == 3 and all(0 <= v <= 1 for v in values), f"have three {name} in 0..1")
    holds(min(map(float, model.std)) > 0, "have a std above 0")

    images = torch.randn(2, 3, side, side, generator=random(0))
    model.eval()
    with torch.no_grad():
        features, again, alone = model(images), model(images), model(images[:1])
    holds(features.shape == (2, width), f"give features (2, {width}) for two pictures of {side}")
    holds(features.isfinite().all(), "give finite features")
    holds(torch.equal(features, again), "repeat itself in eval mode")
    holds(
        torch.allclose(features[:1], alone, rtol=1e-3, atol=1e-4),
        "look at each picture on its own in eval mode",
    )
    holds(not torch.allclose(features[0], features[1]), "tell two pictures apart")

    model.train()
    model(images).square().mean().backward()
    learning = [p for p in model.parameters() if p.requires_grad]
    holds(any(p.grad is not None and p.grad.abs().sum() > 0 for p in learning), "be trainable")
    if hasattr(model, "depths"):
        _check_depths(model)


def _check_depths(model: nn.Module) -> None:
    try:
        depths: dict[str, int] = model.depths()  # type: ignore[operator]
    except UsageError:  # of this architecture it cannot tell
        return
    names = {name for name, _ in model.named_parameters()}
    amiss = sorted(names ^ depths.keys())[:3]
    holds(not amiss, f"give depths for exactly its parameters (see {', '.join(amiss)})")
    layers = set(depths.values())
    holds(layers == set(range(len(layers))), "count depths from 0 on, without a gap")
