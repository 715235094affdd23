"""Results and everything else go to different places, and hold hostile text."""

import json

import pytest

from artcli import console
from artcli.errors import Problems


def test_json_is_strict_even_for_nan(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_json({"f1": float("nan"), "losses": [1.5, float("inf")], "artist": "Dürer"})
    assert json.loads(capsys.readouterr().out) == {
        "f1": None,
        "losses": [1.5, None],
        "artist": "Dürer",
    }


def test_a_table_shows_names_with_brackets_as_they_are() -> None:
    with console.out().capture() as caught:
        console.out().print(console.table("", ["artist", ">works"], [["[red]Anon[/]", 3]]))
    assert "[red]Anon[/]" in caught.get()


HOSTILE = "a\x1b[31mred\x07\u202e\udcff :x: [b]"


def test_what_a_terminal_would_obey_is_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    shown = "a\\x1b[31mred\\x07\\u202e\\udcff :x: [b]"
    console.warn(HOSTILE)
    console.note(HOSTILE)
    assert capsys.readouterr().err == f"warning: {shown}\n{shown}\n"
    with console.out().capture() as caught:
        console.out().print(console.table(console.safe(HOSTILE), ["artist"], [[HOSTILE]]))
    assert caught.get().count(shown) == 2


def test_json_holds_any_text(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_json([HOSTILE])
    said = capsys.readouterr().out
    said.encode()
    assert not set(said) & set("\x1b\x07\u202e")
    assert json.loads(said) == [HOSTILE]


def test_many_problems_are_counted_but_not_all_spelled_out() -> None:
    error = Problems("bad rows", [f"row {n}" for n in range(30)], shown=2)
    assert error.message == "bad rows:\n  row 0\n  row 1\n  … and 28 more"
    assert len(error.problems) == 30


def test_a_table_on_a_narrow_terminal_cuts_nothing_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console.out(), "width", 24)
    rows = [("a-run-of-a-very-long-name", "0.612–0.655")]
    with console.out().capture() as capture:
        console.out().print(console.figures("", ["Run", ">Interval"], rows))
        console.out().print(console.table("", ["Run"], [("another-of-a-name-still-longer",)]))
    said = "".join(capture.get().split())
    assert "0.612–0.655" in capture.get()
    assert "…" not in said
    assert "another-of-a-name-still-longer" in said
