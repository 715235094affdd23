"""The pairs of a survey, kept: looked for again only where a picture has changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artcli.contest.duplicates.finding import find_matches
from artcli.contest.duplicates.records import Match
from artcli.errors import ArtcliError
from artcli.workspace.files import read_json, write_sealed

if TYPE_CHECKING:
    from artcli.contest.survey.records import Survey

SEARCH_VERSION = 1  # goes up when other pairs would be found


def matches_of(cache: Path, survey: Survey) -> tuple[Match, ...]:
    """As `find_matches`, whose answer lies in `cache` beside the survey."""
    file, mark = cache / "survey" / "matches.json", _mark(survey)
    try:
        kept: Any = read_json(file)
        if kept["of"] == mark:
            return tuple(Match(**match) for match in kept["matches"])
    except (ArtcliError, LookupError, TypeError):  # none yet, or damaged
        pass
    found = find_matches(survey)
    write_sealed(file, {"of": mark, "matches": [asdict(match) for match in found]})
    return found


def _mark(survey: Survey) -> str:
    """A hash of all that decides the pairs: the pictures, in their order."""
    pictures = zip(survey.paintings, survey.measures, strict=True)
    facts = [SEARCH_VERSION, *((one.kind, *astuple(found)) for one, found in pictures)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
