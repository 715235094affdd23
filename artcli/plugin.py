"""All that a plugin imports: the hook's marker, the records, and the errors for users.

Importing it is cheap. A plugin is a module with one hook that names what it offers:

    from artcli.plugin import Component, hookimpl

    @hookimpl
    def artcli_components():
        return [Component("loss", "huber", "artcli_huber:huber", "Huber on probabilities")]

    def huber(class_counts, *, delta: float = 1.0):
        ...
"""

from artcli.errors import ArtcliError, UsageError
from artcli.host.hooks import hookimpl
from artcli.host.jobs import Job, call_job, result_of, try_job
from artcli.host.records import Box, Classes, Component, HeadOutput, View
from artcli.host.use import Use

__all__ = [
    "ArtcliError",
    "Box",
    "Classes",
    "Component",
    "HeadOutput",
    "Job",
    "UsageError",
    "Use",
    "View",
    "call_job",
    "hookimpl",
    "result_of",
    "try_job",
]
