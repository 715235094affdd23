"""What is wrong, or worth knowing, of the pictures' files: a survey told as findings.

Files that cannot be used first, apart for training and test; then those that can, but are not what
they seem, or show too little.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from artcli.contest.findings import Finding, Severity
from artcli.contest.images import MAX_PIXELS
from artcli.contest.survey.records import Measures
from artcli.contest.tables import Kind, Painting

if TYPE_CHECKING:
    from artcli.contest.survey.records import Survey

_Seen: TypeAlias = tuple[Painting, Measures]

_LARGE = MAX_PIXELS // 4  # pixels: a quarter of a gigabyte and a second each time it is decoded
_TINY = 64  # pixels, of the shorter side: less than any model looks at
_POOR = 50  # JPEG quality
_FLAT = 1.0  # of L*, 0..100: no more than the noise of a blank wall

_SUFFIXES = {
    "JPEG": (".jpg", ".jpeg"),
    "MPO": (".jpg", ".jpeg"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp",),
    "TIFF": (".tif", ".tiff"),
}
_UNUSABLE = (  # how the decoder's reason begins: a code, the fault of one and of several
    ("is missing", "missing-image", "is missing", "are missing"),
    ("is empty", "empty-image", "is empty", "are empty"),
    ("is truncated", "truncated-image", "is truncated", "are truncated"),
    ("is a web page", "web-page", "is a web page", "are web pages"),
    ("is a Git LFS", "lfs-pointer", "is a Git LFS pointer", "are Git LFS pointers"),
    ("is too large", "oversized-image", "is too large", "are too large"),
    ("", "unreadable-image", "cannot be read", "cannot be read"),
)
_MEND: dict[Kind, str] = {
    "train": "Replace these files, or remove their rows: artcli eda --fix proposes it.",
    "test": "Replace these files; or name one artist for all of them:"
    " artcli submit --fill-bad ARTIST",
}
_WHOSE: dict[Kind, str] = {"train": "to learn from", "test": "of the test"}


def _size(found: Measures) -> str:
    return f"{found.width:,} x {found.height:,} pixels"


def _disguise(painting: Painting, found: Measures) -> str:
    fits = painting.path.suffix.lower() in _SUFFIXES.get(found.format, ())
    return "" if fits else f"is {found.format}"


@dataclass(frozen=True)
class _Odd:
    """Pictures that can be used: `tell` says what is odd about one, "" where nothing is."""

    code: str
    severity: Severity
    one: str
    several: str
    advice: str
    tell: Callable[[Painting, Measures], str]


_ODD = (
    _Odd(
        "blank-image", "warning", "shows nothing", "show nothing",
        "They are of one tone all over. Look at them: were they downloaded in full?",
        lambda _, one: _size(one) if one.contrast < _FLAT else "",
    ),
    _Odd(
        "tiny-image", "warning", "is tiny", "are tiny",
        f"The shorter side is below {_TINY} pixels, less than a model looks at: find larger ones.",
        lambda _, one: _size(one) if min(one.width, one.height) < _TINY else "",
    ),
    _Odd(
        "disguised-format", "note", "is not of the format its name says",
        "are not of the format their names say",
        "artcli goes by the content. Other programs may refuse them: rename them, and their paths"
        " in the table.",
        _disguise,
    ),
    _Odd(
        "rotated-image", "note", "is turned by its EXIF data", "are turned by their EXIF data",
        "artcli shows them upright. Programs that ignore those show them lying or mirrored.",
        lambda _, one: f"orientation {one.orientation}" if one.orientation != 1 else "",
    ),
    _Odd(
        "animated-image", "note", "holds several pictures", "hold several pictures",
        "The first one is used.",
        lambda _, one: f"{one.format}, {one.frames:,} pictures" if one.frames > 1 else "",
    ),
    _Odd(
        "cmyk-image", "note", "is in the colours of print (CMYK)",
        "are in the colours of print (CMYK)",
        "They are shown in RGB without their colour profile: do their colours look right?",
        lambda _, one: one.format if one.mode == "CMYK" else "",
    ),
    _Odd(
        "deep-image", "note", "has more than 8 bits of grey", "have more than 8 bits of grey",
        "They are scaled to 8 bits.",
        lambda _, one: f"mode {one.mode}" if one.mode.startswith(("I", "F")) else "",
    ),
    _Odd(
        "palette-image", "note", "has a palette of 256 colours at most",
        "have palettes of 256 colours at most",
        "Their texture is that of the palette, not of the paint: find full colours, if you can.",
        lambda _, one: one.format if one.mode in ("P", "PA") else "",
    ),
    _Odd(
        "transparent-image", "note", "has a channel for transparency",
        "have a channel for transparency",
        "What is transparent is laid on white.",
        lambda _, one: f"mode {one.mode}" if one.mode in ("RGBA", "LA", "PA", "RGBa", "La") else "",
    ),
    _Odd(
        "large-image", "note", "is very large", "are very large",
        f"Above {_LARGE // 1_000_000:,} million pixels: each takes a second or more to decode,"
        " and a gigabyte of memory.",
        lambda _, one: _size(one) if one.width * one.height > _LARGE else "",
    ),
    _Odd(
        "poor-jpeg", "note", "is a JPEG of low quality", "are JPEGs of low quality",
        f"Their quality is below {_POOR}: blocks hide the brushwork. Find better ones, if you can.",
        lambda _, one: f"quality {one.quality}" if one.quality and one.quality < _POOR else "",
    ),
    _Odd(
        "grey-image", "note", "is grey", "are grey",
        "Prints, drawings, or black and white photographs of paintings, whose colours are lost.",
        lambda _, one: f"mode {one.mode}" if one.grey else "",
    ),
)  # fmt: skip


def file_findings(survey: Survey) -> list[Finding]:
    """One finding for each kind of fault, with every picture concerned.

    Bad pictures to learn from are an error, those of the test a warning.
    """
    seen = list(zip(survey.paintings, survey.measures, strict=True))
    return [*_unusable(seen, "train", "error"), *_unusable(seen, "test", "warning"), *_odd(seen)]


def _unusable(seen: Sequence[_Seen], of: Kind, severity: Severity) -> Iterator[Finding]:
    cases: dict[str, list[tuple[Painting, str]]] = defaultdict(list)
    for painting, found in seen:
        if found.problem and painting.kind == of:
            cases[_code(found.problem)].append((painting, found.problem))
    for _, code, one, several in _UNUSABLE:
        if cases[code]:
            yield _finding(code, severity, one, several, _MEND[of], cases[code])


def _odd(seen: Sequence[_Seen]) -> Iterator[Finding]:
    for odd in _ODD:
        cases = [
            (painting, said)
            for painting, found in seen
            if not found.problem and (said := odd.tell(painting, found))
        ]
        if cases:
            yield _finding(odd.code, odd.severity, odd.one, odd.several, odd.advice, cases)


def _finding(
    code: str,
    severity: Severity,
    one: str,
    several: str,
    advice: str,
    cases: Sequence[tuple[Painting, str]],
) -> Finding:
    tally = Counter(painting.kind for painting, _ in cases)
    counted = " and ".join(f"{tally[kind]:,} {_WHOSE[kind]}" for kind in _WHOSE if tally[kind])
    noun = "picture" if len(cases) == 1 else "pictures"
    return Finding(
        code,
        severity,
        f"{counted.replace(' ', f' {noun} ', 1)} {one if len(cases) == 1 else several}",
        advice,
        tuple(f"{_name(painting)}: {said}" for painting, said in cases),
        tuple((painting.kind, painting.id) for painting, _ in cases),
    )


def _code(problem: str) -> str:
    return next(code for start, code, *_ in _UNUSABLE if problem.startswith(start))


def _name(painting: Painting) -> str:
    """`train/0012.jpg`; in quotes where it holds what does not print."""
    name = f"{painting.path.parent.name}/{painting.path.name}"
    return name if name.isprintable() else repr(name)
