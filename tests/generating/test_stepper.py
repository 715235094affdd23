"""The stepper: an interrupted training ends with the very bits of one that was not."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from artcli.errors import ArtcliError, Interrupted
from artcli.generating.request import Request
from artcli.generating.stepper import Curves, run_steps
from artcli.training.checkpoint import find_checkpoint, load_checkpoint
from artcli.training.keys import key
from artcli.workspace.files import read_json

STEPS = 6

pytestmark = pytest.mark.usefixtures("one_thread")


class Seen:
    """A watch that keeps what it is told, and may do something at a step."""

    def __init__(self, at: int = 0, act: Callable[[], object] = list) -> None:
        self.at, self.act = at, act
        self.told: list[tuple[str, int, int, dict[str, float]]] = []

    def step(
        self, what: str, step: int, steps: int, losses: Mapping[str, float], preview: object = None
    ) -> None:
        self.told.append((what, step, steps, dict(losses)))
        if step == self.at:
            self.act()


class Average:
    """State of a generator's own that is neither a network nor an optimizer."""

    def __init__(self) -> None:
        self.value, self.updates = torch.zeros(3), 0

    def state_dict(self) -> dict[str, Any]:
        return {"value": self.value, "updates": self.updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.value, self.updates = state["value"], state["updates"]


class Rivals:
    """Two networks with an optimizer each, as a GAN has them, that use all sources of chance."""

    def __init__(self, width: int = 3) -> None:
        torch.manual_seed(1)
        self.maker, self.critic = nn.Linear(width, width), nn.Linear(width, 1)
        self.making = torch.optim.Adam(self.maker.parameters(), lr=0.1)
        self.judging = torch.optim.SGD(self.critic.parameters(), lr=0.1, momentum=0.9)
        self.average, self.width = Average(), width

    def state(self) -> dict[str, Any]:
        return {
            "maker": self.maker,
            "critic": self.critic,
            "making": self.making,
            "judging": self.judging,
            "average": self.average,
        }

    def step(self, number: int, rng: np.random.Generator) -> dict[str, torch.Tensor | float]:
        real = torch.from_numpy(rng.normal(size=(4, self.width))).float()
        made = self.maker(torch.randn(4, self.width))
        critic = (self.critic(made.detach()) - self.critic(real)).mean()
        self.judging.zero_grad()
        critic.backward()
        self.judging.step()
        maker = (made - real).square().mean() - self.critic(made).mean() / 10
        self.making.zero_grad()
        maker.backward()
        self.making.step()
        self.average.value = self.average.value + made.detach().mean()
        self.average.updates += 1
        return {"maker": maker, "critic": float(critic.detach())}


def asked(folder: Path, watch: Seen | None = None, *, seed: int = 7) -> Request:
    return Request((), (), (), {}, folder, seed, torch.device("cpu"), watch or Seen())


def trained(
    folder: Path, watch: Seen | None = None, *, seed: int = 7, save_every: float = 60.0
) -> tuple[Rivals, Curves]:
    rivals = Rivals()
    request = asked(folder, watch, seed=seed)
    curves = run_steps(request, "rivals", STEPS, rivals.state(), rivals.step, save_every=save_every)
    return rivals, curves


def bits(tree: Any) -> Any:
    """A tree of state, its tensors as bytes, to be compared."""
    if isinstance(tree, torch.Tensor):
        return (tree.dtype, tuple(tree.shape), tree.detach().numpy().tobytes())
    if isinstance(tree, Mapping):
        return {name: bits(value) for name, value in tree.items()}
    return [bits(value) for value in tree] if isinstance(tree, list | tuple) else tree


def bits_of(rivals: Rivals) -> dict[str, Any]:
    return {name: bits(owner.state_dict()) for name, owner in rivals.state().items()}


def test_every_step_is_taken_in_order_and_told(tmp_path: Path) -> None:
    numbers, watch = [], Seen()

    def step(number: int, _: np.random.Generator) -> dict[str, float]:
        numbers.append(number)
        return {"loss": float(number)}

    curves = run_steps(asked(tmp_path, watch), "counted", 5, {}, step, what="counting")
    assert numbers == [0, 1, 2, 3, 4]
    assert watch.told == [("counting", n + 1, 5, {"loss": float(n)}) for n in range(5)]
    assert curves == {"loss": [0.0, 1.0, 2.0, 3.0, 4.0]}


def test_the_curve_of_a_long_training_has_some_of_its_steps_and_the_last(tmp_path: Path) -> None:
    curves = run_steps(
        asked(tmp_path), "counted", 402, {}, lambda number, _: {"loss": float(number)}
    )
    assert curves["loss"] == [*map(float, range(0, 402, 2)), 401.0]


def test_chance_is_keyed_by_seed_name_and_step(tmp_path: Path) -> None:
    def draws(folder: str, name: str = "one", seed: int = 7) -> list[tuple[float, float]]:
        drawn: list[tuple[float, float]] = []

        def step(_: int, rng: np.random.Generator) -> dict[str, float]:
            drawn.append((float(rng.random()), float(torch.rand(()))))
            return {}

        run_steps(asked(tmp_path / folder, seed=seed), name, 3, {}, step)
        return drawn

    first = draws("a")
    torch.rand(5)  # what others drew before does not matter
    assert draws("b") == first
    assert (
        len({draw for pair in (*first, *draws("c", "two"), *draws("d", seed=8)) for draw in pair})
        == 18
    )
    rng = np.random.default_rng(key(7, "one", 1))
    assert first[1][0] == rng.random()


def test_what_is_drawn_after_training_does_not_tell_if_it_was_resumed(tmp_path: Path) -> None:
    trained(tmp_path)
    after = torch.rand(())
    trained(tmp_path)  # nothing is left to do
    assert torch.equal(torch.rand(()), after)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("step", [1, 4, STEPS])
def test_a_signal_saves_and_the_next_call_goes_on_to_the_same_bits(
    tmp_path: Path, step: int, number: signal.Signals
) -> None:
    whole, curves = trained(tmp_path / "whole")
    before = signal.getsignal(number)
    with pytest.raises(Interrupted) as caught:
        trained(tmp_path / "stopped", Seen(step, lambda: signal.raise_signal(number)))
    assert caught.value.exit_code == 128 + number
    assert signal.getsignal(number) is before
    done = read_json(tmp_path / "stopped/rivals/last.json")["step"]
    assert done == min(step + 1, STEPS)
    watch = Seen()
    resumed, again = trained(tmp_path / "stopped", watch)
    assert [step for _, step, _, _ in watch.told] == list(range(done + 1, STEPS + 1))
    assert bits_of(resumed) == bits_of(whole)
    assert again == curves


def test_a_signal_while_the_last_step_is_saved_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from artcli.generating import stepper

    save = stepper.save_checkpoint

    def save_and_press(*arguments: Any) -> Path:
        signal.raise_signal(signal.SIGINT)
        return save(*arguments)

    monkeypatch.setattr(stepper, "save_checkpoint", save_and_press)
    with pytest.raises(Interrupted):
        trained(tmp_path)


def in_a_child(work: Callable[[], object]) -> int:
    """The exit status of a forked process that does `work`; negative: the signal it died of."""
    sys.stdout.flush()
    process = os.fork()
    if process == 0:
        try:
            work()
        finally:
            os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


@pytest.mark.parametrize("step", [1, 3, STEPS])
def test_a_killed_training_goes_on_from_its_last_checkpoint_to_the_same_bits(
    tmp_path: Path, step: int
) -> None:
    whole, curves = trained(tmp_path / "whole")
    killed = Seen(step, lambda: os.kill(os.getpid(), signal.SIGKILL))
    assert in_a_child(lambda: trained(tmp_path / "killed", killed, save_every=0)) == -signal.SIGKILL
    watch = Seen()
    resumed, again = trained(tmp_path / "killed", watch)
    assert watch.told[0][1] == step  # the step in hand alone was lost
    assert bits_of(resumed) == bits_of(whole)
    assert again == curves


def test_a_training_that_is_done_is_put_back_without_a_step(tmp_path: Path) -> None:
    whole, curves = trained(tmp_path)
    watch = Seen()
    again, same = trained(tmp_path, watch)
    assert not watch.told
    assert bits_of(again) == bits_of(whole)
    assert same == curves


def test_another_seed_learns_something_else(tmp_path: Path) -> None:
    assert bits_of(trained(tmp_path / "a")[0]) != bits_of(trained(tmp_path / "b", seed=8)[0])


def spoilt(rivals: Rivals, at: int, spoil: str) -> Callable[..., dict[str, Any]]:
    """A step that goes wrong at a step: in a loss, or in what is kept while the loss is finite."""

    def step(number: int, rng: np.random.Generator) -> dict[str, Any]:
        losses = rivals.step(number, rng)
        if number == at and spoil == "loss":
            losses["critic"] = float("nan")
        if number == at and spoil == "weight":
            with torch.no_grad():
                rivals.maker.weight[0, 0] = float("inf")
            return {"maker": 1.0}
        if number == at and spoil == "optimizer":
            rivals.making.state[rivals.maker.weight]["exp_avg"][0, 0] = float("nan")
        return losses

    return step


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        ("loss", "not finite at step 4: loss critic"),
        ("weight", "maker's weights"),
        ("optimizer", "making's state"),
    ],
)
def test_nothing_bad_is_saved_and_the_last_good_checkpoint_is_named(
    tmp_path: Path, spoil: str, named: str
) -> None:
    rivals = Rivals()
    with pytest.raises(ArtcliError, match=named) as caught:
        run_steps(
            asked(tmp_path),
            "rivals",
            STEPS,
            rivals.state(),
            spoilt(rivals, 3, spoil),
            what="rivals of Ada",
            save_every=0,
        )
    assert caught.value.message.startswith("rivals of Ada: ")
    good = find_checkpoint(tmp_path / "rivals")
    assert good == tmp_path / "rivals/step-3"
    assert str(good) in str(caught.value.hint)
    weight = load_checkpoint(good, ["maker"])["maker"]["weight"]
    assert weight.isfinite().all()
    assert bits_of(trained(tmp_path)[0]) == bits_of(trained(tmp_path / "whole")[0])


def test_where_there_is_no_good_checkpoint_none_is_named(tmp_path: Path) -> None:
    rivals = Rivals()
    with pytest.raises(ArtcliError) as caught:
        run_steps(asked(tmp_path), "r", STEPS, rivals.state(), spoilt(rivals, 0, "loss"))
    assert caught.value.hint == "try a lower lr"


def other_width(_: Rivals) -> Iterable[tuple[str, Any]]:
    return Rivals(width=4).state().items()


def one_more(rivals: Rivals) -> Iterable[tuple[str, Any]]:
    return {**rivals.state(), "memory": Average()}.items()


def one_less(rivals: Rivals) -> Iterable[tuple[str, Any]]:
    return (item for item in rivals.state().items() if item[0] != "average")


@pytest.mark.parametrize("changed", [other_width, one_more, one_less])
def test_a_checkpoint_of_another_generator_is_refused(
    tmp_path: Path, changed: Callable[[Rivals], Iterable[tuple[str, Any]]]
) -> None:
    trained(tmp_path)
    rivals = Rivals()
    with pytest.raises(ArtcliError, match="does not fit the generator") as caught:
        run_steps(asked(tmp_path), "rivals", STEPS, dict(changed(rivals)), rivals.step)
    assert str(tmp_path / "rivals") in str(caught.value.hint)


def test_a_checkpoint_of_more_steps_than_asked_for_is_refused(tmp_path: Path) -> None:
    trained(tmp_path)
    rivals = Rivals()
    with pytest.raises(ArtcliError, match="does not fit the generator"):
        run_steps(asked(tmp_path), "rivals", STEPS - 1, rivals.state(), rivals.step)


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    trained(tmp_path)
    (file,) = (tmp_path / "rivals").glob("step-*/maker.safetensors")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ArtcliError, match=r"maker\.safetensors is not the file"):
        trained(tmp_path)


def test_a_network_in_another_memory_format_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    def run(folder: Path, watch: Seen) -> nn.Module:
        torch.manual_seed(0)
        net = nn.Conv2d(4, 4, 3).to(memory_format=torch.channels_last)
        adam = torch.optim.Adam(net.parameters(), lr=0.1)

        def step(*_: object) -> dict[str, torch.Tensor]:
            loss = net(torch.randn(2, 4, 8, 8)).square().mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
            return {"loss": loss}

        run_steps(asked(folder, watch), "net", 5, {"net": net, "adam": adam}, step)
        moments = adam.state[net.weight]["exp_avg"]
        assert moments.is_contiguous(memory_format=torch.channels_last)
        return net

    whole = run(tmp_path / "whole", Seen())
    with pytest.raises(Interrupted):
        run(tmp_path / "cut", Seen(2, lambda: signal.raise_signal(signal.SIGINT)))
    assert bits(run(tmp_path / "cut", Seen()).state_dict()) == bits(whole.state_dict())
