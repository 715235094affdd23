"""The observer starter-name: a line of a CSV file for each number of a run."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from artcli.plugin import Component, hookimpl


@hookimpl
def artcli_components() -> list[Component]:
    return [
        Component(
            kind="observer",
            name="starter-name",
            target=starter_name,
            summary="a line of a CSV file for each number of a run",
        )
    ]


def starter_name(
    run_dir: Path,
    *,
    digits: Annotated[int, Field(ge=1), "how many are kept of each value"] = 6,
) -> Any:
    """Append `step,name,value` to starter-name.csv in the run's folder."""

    class Observer:
        def __init__(self) -> None:
            # Appended to: a resumed run makes a new observer for the same folder.
            self.file = (run_dir / "starter-name.csv").open("a", newline="", encoding="utf-8")
            self.rows = csv.writer(self.file)

        def epoch(self, step: int, metrics: Mapping[str, float]) -> None:
            for name, value in metrics.items():
                self.rows.writerow((step, name, f"{value:.{digits}g}"))
            self.file.flush()

        def close(self) -> None:
            self.file.close()

    return Observer()


def test_contract() -> None:
    from artcli.testing import check

    for component in artcli_components():
        check(component)
