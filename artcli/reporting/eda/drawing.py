"""The one way to draw a figure of the report: its style, and how it is written.

`style()` holds while a figure is made and written. A `Drawn` goes out as an SVG for a page, light
and dark alike, or as a PNG file. The named colours below are real ones, which a PNG shows; in an
SVG each becomes a CSS variable of the page (`var(--ink, #1c1c1e)`), so that it follows the
page's scheme. All other colours stay as they are: `HUES` and `accent_ramp` do on either ground.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artcli.reporting.eda.report import Drawn
from artcli.workspace.files import write_bytes

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

INK, FAINT, LINE = "#1c1c1e", "#6b6b70", "#d9d9d4"  # text; lesser text; rules and grids
QUIET, ACCENT, PAPER = "#b7b7b1", "#b8442c", "#fefefe"  # what is not stressed, what is; the ground
_VARIABLES = {
    INK: "ink", FAINT: "faint", LINE: "line", QUIET: "quiet", ACCENT: "accent", PAPER: "paper",
}  # fmt: skip

# Kinds side by side: told apart by the colour-blind, with a contrast of 3:1 and more on white and
# on a dark page alike.
HUES = (
    "#3a78b8", "#c9622f", "#2a9270", "#9062b5", "#a3841c", "#c4557f", "#2a93ac", "#8a6f5c",
)  # fmt: skip

WIDTH = 7.4  # inches of every figure
_DPI = 150
# DejaVu comes with matplotlib, so that a figure is the same everywhere; the others have the
# letters that it lacks, where a system has them.
_FONTS = (
    "DejaVu Sans", "Noto Sans CJK KR", "Noto Sans CJK JP", "Noto Sans KR", "NanumGothic",
    "Malgun Gothic", "Apple SD Gothic Neo", "Arial Unicode MS",
)  # fmt: skip
_SVG, _XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"


@contextmanager
def style() -> Iterator[None]:
    """The fonts, sizes and colours of all figures; hold it while making and while writing one."""
    import matplotlib as mpl
    from matplotlib import font_manager

    there = set(font_manager.get_font_names())
    rules: Any = {
        "font.family": [name for name in _FONTS if name in there],
        "font.size": 9.0,
        "text.color": INK, "text.parse_math": False,
        "axes.edgecolor": LINE, "axes.linewidth": 0.8,
        "axes.labelcolor": FAINT, "axes.labelsize": 8.5,
        "axes.titlesize": 9.0, "axes.titlecolor": INK, "axes.titlelocation": "left",
        "axes.facecolor": "none", "axes.axisbelow": True,
        "axes.spines.top": False, "axes.spines.right": False,
        "axes.unicode_minus": True,
        "grid.color": LINE, "grid.linewidth": 0.6,
        "xtick.color": LINE, "xtick.labelcolor": FAINT, "xtick.labelsize": 8.0,
        "ytick.color": LINE, "ytick.labelcolor": INK, "ytick.labelsize": 8.5,
        "xtick.major.size": 3, "ytick.major.size": 0, "xtick.minor.size": 0, "ytick.minor.size": 0,
        "legend.frameon": False, "legend.fontsize": 8.5, "legend.handlelength": 1.0,
        "lines.linewidth": 1.6, "patch.linewidth": 0.0,
        "svg.fonttype": "none", "svg.hashsalt": "artcli",
        "path.simplify": True,
    }  # fmt: skip
    with mpl.rc_context(rules), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure of so many inches, its parts laid out so that none covers another."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def bare(axes: Axes, *, keep: Iterable[str] = ()) -> Axes:
    """`axes` without the lines around it, other than those to `keep` (`bottom`, `left`)."""
    for side, spine in axes.spines.items():
        spine.set_visible(side in keep)
    return axes


def label(name: str, most: int = 30) -> str:
    """A name as a figure can show it: one line, of at most so many letters that can be printed."""
    shown = "".join(letter if letter.isprintable() else " " for letter in name)
    shown = " ".join(shown.split())
    return shown if len(shown) <= most else shown[: most - 1].rstrip() + "…"


def counted(count: int, name: str) -> str:
    """`1 artist`, `1,103 artists`."""
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %"


def hues(names: Iterable[str]) -> dict[str, str]:
    """A colour for each of `names`, the foremost first: past the last of `HUES` they are quiet."""
    shown = dict.fromkeys(names)
    return {name: HUES[at] if at < len(HUES) else QUIET for at, name in enumerate(shown)}


def accent_ramp() -> Colormap:
    """From nothing (the ground shows) to a full colour: for amounts, on light and dark alike."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    red, green, blue = to_rgb(HUES[0])
    return LinearSegmentedColormap.from_list(
        "accent", [(red, green, blue, 0.0), (red, green, blue, 1.0)]
    )


def write_png(drawn: Drawn, path: Path) -> None:
    """The figure as a PNG file on white, 150 dots per inch."""
    png = io.BytesIO()
    with style():
        drawn.figure.savefig(
            png, format="png", dpi=_DPI, facecolor="white", metadata={"Software": None}
        )
    write_bytes(path, png.getvalue())


def as_svg(drawn: Drawn) -> str:
    """The figure as an `<svg>` element for a page; always the same for one figure.

    Its text is text, in the page's own font. What it shows is said by its `aria-label`. All its
    ids begin with the figure's name, so that several of them can stand in one page.
    """
    import xml.etree.ElementTree as ET

    written = io.StringIO()
    with style():
        drawn.figure.savefig(
            written, format="svg", dpi=_DPI, facecolor="none",
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )  # fmt: skip
    root = ET.fromstring(written.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{_SVG}metadata", f"{_SVG}style"):
                parent.remove(child)  # its style would be that of the whole page
    referred = set(re.findall(r'(?:url\(|href=")#([^)"]+)', written.getvalue()))
    for element in root.iter():
        _settle(element, drawn.name, referred)
    width, height = (round(96 * inches) for inches in drawn.figure.get_size_inches())
    root.attrib |= {
        "xmlns": _SVG.strip("{}"), "width": str(width), "height": str(height),
        "role": "img", "aria-label": drawn.alt, "font-family": "system-ui, sans-serif",
        "stroke-linejoin": "round", "stroke-linecap": "butt",
    }  # fmt: skip
    return ET.tostring(root, encoding="unicode")


def _settle(element: Element, name: str, referred: set[str]) -> None:
    """One element, made fit for a page: no namespaces, ids of its own, the page's font, colours."""
    element.tag = element.tag.removeprefix(_SVG)
    element.tail = None
    if element.text is not None and not element.text.strip():
        element.text = None
    for key, value in list(element.attrib.items()):
        del element.attrib[key]
        if key == "id":
            if value in referred:
                element.set("id", f"{name}-{value}")
        elif key.removeprefix(_XLINK) == "href":
            element.set("href", f"#{name}-{value[1:]}" if value.startswith("#") else value)
        elif key == "style":
            element.set("style", _page_style(value))
        else:
            element.set(key, value.replace("url(#", f"url(#{name}-"))


def _page_style(text: str) -> str:
    """A style of matplotlib's with the page's colours, and without a font family."""
    text = re.sub(r"\bfont: ([^;]*?)([\d.]+px) [^;]*", r"font-size: \2", text)
    text = re.sub(r"\bfont-family:[^;]*;?\s*", "", text)
    return re.sub(
        "|".join(_VARIABLES), lambda found: f"var(--{_VARIABLES[found[0]]}, {found[0]})", text
    )
