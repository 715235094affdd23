"""The invented painters of the sample contest: who they are, their colours, their hands.

Nobody here ever lived. Palettes resemble each other across painters and hands share brushes, so
that neither colour nor subject alone tells who painted a picture.
"""

from __future__ import annotations

from artcli.contest.sample.brushes import layers, lines, planes, strokes
from artcli.contest.sample.motifs import indoors, outdoors, shapes
from artcli.contest.sample.painter import Hand, Painter

_COUNTRY = (outdoors.landscape, outdoors.town)
_WATER = (outdoors.sea, outdoors.garden)

# From the most to the least productive: the sample contest's counts follow this order.
PAINTERS: tuple[Painter, ...] = (
    Painter(
        "Odile Marrant", "1846 - 1911", ("Impressionism",), "Lorrenian",
        "b4d0e8 fbf3e0 9dbad2 a4c08a 6f9668 4a5c78 eda66a d08090 eec2a4",
        (
            Hand((outdoors.landscape, *_WATER), strokes.oil,
                 {"strokes": ((14, 18), (8, 12)), "jitter": 15.0, "angle": 0.15, "swirl": 0.25,
                  "impasto": 0.08}, 2),
            Hand((indoors.portrait, outdoors.town), strokes.oil,
                 {"strokes": ((18, 34), (9, 20)), "jitter": 11.0, "angle": 0.9, "swirl": 0.2}),
        ),
    ),
    Painter(
        "Joost van der Helmer", "1861 - 1902", ("Post-Impressionism",), "Haldish",
        "5f8fc0 f2d98a 4a76a8 8a9a4a 4f6b3a 22304f e8a92c c8642c d8a46c",
        (
            Hand((outdoors.landscape, outdoors.night, outdoors.town), strokes.oil,
                 {"strokes": ((11, 46), (7, 32)), "swirl": 1.1, "follow": 1.0, "impasto": 0.2,
                  "jitter": 16.0, "gap": 1.0}, 2),
            Hand((indoors.portrait, outdoors.garden, indoors.still_life), strokes.oil,
                 {"strokes": ((10, 30), (6, 22)), "swirl": 0.5, "follow": 3.0, "impasto": 0.2,
                  "jitter": 20.0}),
        ),
    ),
    Painter(
        "Teodor Brandvik", "1868 - 1941", ("Expressionism", "Symbolism"), "Norlandic",
        "c9603c e6c79a 3f6a80 5a6b4c 3a4a3c 1f2230 d8472c 8a3a4a d0a582",
        (
            Hand((outdoors.sea, outdoors.night, outdoors.landscape), strokes.oil,
                 {"strokes": ((20, 110), (11, 90)), "swirl": 0.7, "follow": 1.4, "jitter": 9.0,
                  "impasto": 0.07, "model": 0.1, "ground": "second"}),
            Hand((indoors.portrait,), strokes.oil,
                 {"strokes": ((22, 80), (10, 70)), "swirl": 0.4, "follow": 3.5, "jitter": 10.0,
                  "impasto": 0.06, "gap": 1.1, "ground": "light"}),
        ),
    ),
    Painter(
        "Clémence Aubrais", "1859 - 1899", ("Pointillism", "Post-Impressionism"), "Lorrenian",
        "9fbfd8 f3ecd2 86a6c0 93ad6c 5d8a5a 3e4668 e0a04a c06a6a e0b496",
        (
            Hand((*_WATER, outdoors.landscape), strokes.dots, {"size": 5.4, "contrast": 0.5}, 2),
            Hand((indoors.portrait, indoors.still_life), strokes.dots,
                 {"size": 7.5, "contrast": 0.3, "jitter": 12.0}),
        ),
    ),
    Painter(
        "Hoshino Ranzan", "1789 - 1852", ("Ukiyo-e",), "Akitsan",
        "b7cbd0 efe4c8 5d7f9c 8f9a6a 567060 24304a c4573f 3c5f8a e3c8a4",
        (
            Hand((outdoors.peak, outdoors.sea), lines.print_block, {"line": 1.5, "fade": 0.55}, 2),
            Hand((indoors.portrait, outdoors.garden), lines.print_block,
                 {"line": 1.1, "fade": 0.1, "grain": 3.5}),
            Hand((outdoors.peak, outdoors.landscape), lines.ink, {"dry": 0.6}, 0.7),
        ),
    ),
    Painter(
        "Matthäus Krell", "1484 - 1541", ("Northern Renaissance",), "Alpmarkish",
        "cfc6a8 ece0c0 a89c78 94855e 6e6244 2c2620 a8643c 7c5a40 d4b08a",
        (
            Hand((outdoors.town, indoors.portrait, indoors.saints), lines.hatch,
                 {"period": 4.2, "tint": 0.12}, 2),
            Hand((outdoors.landscape, indoors.still_life), lines.hatch,
                 {"period": 5.6, "tint": 0.5, "angles": (0.75, 0.2), "wobble": 1.2}),
        ),
    ),
    Painter(
        "Pavla Dorimová", "1889 - 1957", ("Cubism",), "Bohalian",
        "a8a494 e2d6b8 7c8488 a08a62 6f6248 322c2a b8764a 5c7078 c8a078",
        (
            Hand((indoors.still_life, indoors.portrait), planes.facets, {"passage": 0.4}, 2),
            Hand((outdoors.town, outdoors.landscape), planes.facets,
                 {"lines": 9, "shift": 14.0, "passage": 0.25, "muted": 0.2}),
        ),
    ),
    Painter(
        "Lev Arkadin", "1883 - 1938", ("Suprematism", "Constructivism"), "Ostravian",
        "c8cac4 ece6d6 4a6a94 b8a878 5a6a50 22201e c23a2a e0a830 d8b490",
        (
            Hand((shapes.planes,), planes.flat, {"wear": 0.25, "weave": 4.0}, 2),
            Hand((outdoors.town, indoors.still_life), planes.facets,
                 {"lines": 7, "shift": 18.0, "passage": 0.15, "muted": 0.7}),
        ),
    ),
    Painter(
        "Cornelis Dray", "1606 - 1664", ("Baroque",), "Haldish",
        "8a8468 e4d0a0 5a5a48 7a5e3a 54402a 241a14 b0582c 7c3024 d8a878",
        (
            Hand((indoors.still_life, indoors.portrait), layers.glazed, {"gloom": 0.8}, 2),
            Hand((outdoors.sea, outdoors.landscape), layers.glazed,
                 {"gloom": 0.45, "soft": 1.6, "cracks": 0.7}),
        ),
    ),
    Painter(
        "Ruth Calloway", "1915 - 1968", ("Abstract Expressionism",), "Meridian",
        "a4b0b4 e6dcc6 5f7a8c a88a5c 6a5c48 201e20 d0953a b04a34 d0a888",
        (
            Hand((shapes.bare,), strokes.drip, {"thick": 3.0}),
            Hand((shapes.fields,), layers.stain, {"soft": 16.0}),
        ),
    ),
    Painter(
        "Maestro di Valserena", "1270 - 1335", ("Byzantine", "Proto-Renaissance"), "Serenese",
        "b8b088 d8b45c 4a5a80 8a7a48 5a5a3c 2e221c b84a34 8a3c3c d8b080",
        (
            Hand((indoors.saints,), layers.gilded, {}, 2),
            Hand((outdoors.town, outdoors.landscape), layers.gilded,
                 {"hatching": 14.0, "punch": 0.2, "burnish": 6.0}),
        ),
    ),
    Painter(
        "Beatrix Hollin", "1802 - 1867", ("Romanticism",), "Albian",
        "b4c8d4 f0e4c4 94a4ac a8a47c 74805c 464650 d8a064 a8705c dcb898",
        (
            Hand((outdoors.sea, outdoors.landscape), layers.wash, {"bleed": 8.0, "edge": 0.25}, 2),
            Hand((outdoors.town, outdoors.garden), layers.wash,
                 {"bleed": 3.0, "edge": 0.45, "veil": 0.85, "grain": 8.0}),
        ),
    ),
    Painter(
        "Inés Caldera", "1904 - 1979", ("Primitivism", "Muralism"), "Quillacan",
        "7fb0b8 f0dca8 5a8a94 a8943c 4f7a4c 34242c e07a34 b83c4a c88a5c",
        (
            Hand((outdoors.town, outdoors.garden), lines.ornament, {"density": 0.7}, 2),
            Hand((indoors.portrait, indoors.still_life), lines.ornament,
                 {"density": 0.4, "repeat": 22.0, "outline": 2.2}),
        ),
    ),
    Painter(
        "Emil Sternau", "1880 - 1935", ("Expressionism",), "Alpmarkish",
        "c8a85c ecd8a4 3c6478 6a8a4c 3a5c4c 1c1a20 d8542c a03a54 d8a870",
        (
            Hand((*_COUNTRY, indoors.portrait), lines.print_block,
                 {"line": 2.8, "rough": 0.5, "grain": 8.0, "fade": 0.0}, 2),
            Hand((outdoors.sea, outdoors.garden, indoors.portrait), strokes.oil,
                 {"strokes": ((24, 60), (13, 34)), "angle": 0.8, "swirl": 0.35, "follow": 1.2,
                  "jitter": 22.0, "impasto": 0.12, "gap": 1.15, "ground": "dark"}),
        ),
    ),
)  # fmt: skip
