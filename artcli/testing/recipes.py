"""The contract of a recipe: a file that says its name, what there is to choose, and its scores.

It takes `make`, the component bound, which gives the file's path.
"""

from __future__ import annotations

import re
from pathlib import Path

from artcli.host.binding import Bound
from artcli.host.discovery import load_host
from artcli.testing.promises import holds
from artcli.training.components import bind_recipe
from artcli.training.named import RecipeFile, opening_comment, recipe_in_file
from artcli.training.recipe import read_as


def check_recipe(make: Bound) -> None:
    """Read with its bases, bound to the installed components, and explained where it opens."""
    path = make()
    holds(isinstance(path, Path) and path.is_file(), "return the Path of a file")
    published = read_as(RecipeFile, path).published
    bind_recipe(host := load_host(), recipe_in_file(host, path))
    comment = opening_comment(path)
    holds(
        comment and re.match(rf"{re.escape(make.text)}: \S", comment[0]),
        f"open with the line: # {make.text}: and one sentence",
    )
    told = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", " ".join(comment))}
    for name, score in published or ():
        if isinstance(score, float):
            holds(score in told, f"say the published {name}, {score}, in its opening comment")
