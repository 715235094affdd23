from __future__ import annotations

import json

from command_line import artcli


def test_bench_measures_the_step_the_loop_and_loading() -> None:
    answer = artcli(
        "bench", "--model", "timm:arch=test_efficientnet,pretrained=false", "--image-size", "32",
        "--batch-size", "4", "--seconds", "0.1", "--paintings", "4", "--json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    speed = json.loads(answer.out)
    assert all(speed[name] > 0 for name in ("step", "loop", "cache", "jpeg", "augmented"))
    assert speed["cache_gain"] == speed["cache"] / speed["jpeg"] > 1
    assert (speed["image_size"], speed["device"]) == (32, "cpu")


def test_bench_does_not_measure_one_training_for_another() -> None:
    answer = artcli("bench", "--freeze")
    assert (answer.code, "leave out --freeze" in answer.err) == (2, True)
