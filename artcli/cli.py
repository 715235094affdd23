"""The root command: lists the subcommands, calls one, and turns its errors into exit codes.

0 done; 1 a problem that the user can mend; 2 a command line that is wrong; 130 and 143 interrupted.
An error is one or two lines on standard error; a traceback comes with `--debug` alone.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Annotated, Any, Literal, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from artcli import __version__
from artcli.errors import ArtcliError, Interrupted
from artcli.host.commands import Subcommand, find_subcommands
from artcli.host.quiet import said
from artcli.signals import ended_by_signals, ending_now, number_of


class Listed(TyperCommand):
    """A subcommand as help lists it; nothing of it has been imported."""

    def __init__(self, found: Subcommand) -> None:
        super().__init__(found.name, help=found.summary, rich_markup_mode=MARKUP)
        self.found = found


class Root(TyperGroup):
    """Lists every installed subcommand and imports the one that is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {found.name: Listed(found) for found in find_subcommands()}

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list in help: each line whole, and no Rich, which would double the time it takes."""
        plain = "NO_COLOR" in os.environ
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name if plain else typer.style(name, fg="cyan"), command.help or "")
                    for name, command in self.commands.items()
                ]
            )

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, _loaded(command.found) if isinstance(command, Listed) else command, rest

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            _end(ctx, Interrupted(number_of(stop), CALL_AGAIN), stop)
        except ArtcliError as error:
            _end(ctx, error, error)
        except Exception as error:
            if _is_typers(error):
                _shorten(error)
                raise
            _end(ctx, ArtcliError(_said(error), AGAIN), error)


MARKUP: Literal["markdown"] = "markdown"  # in docstrings; as Rich markup, [names] would vanish
MOST_LETTERS = 800  # of a line of an error
CALL_AGAIN = "call it again"
AGAIN = "run again with --debug for the traceback: artcli --debug …"

app = typer.Typer(cls=Root, rich_markup_mode=None, no_args_is_help=True)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"artcli {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """A painter attribution contest, from raw files to a leaderboard CSV.

    New here? `artcli demo` paints a small contest and takes it to a scored submission.
    """


def main() -> None:
    """The console script `artcli`."""
    for stream in (sys.stdout, sys.stderr):  # no letter that it cannot encode may end a command
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with ended_by_signals() as ending:
        try:
            get_command(app).main(prog_name="artcli")
        except BaseException as error:
            if ending.number is None:
                raise
            if not ending.told:  # it came before the command was called, or after
                _tell(Interrupted(ending.number, CALL_AGAIN))
            raise SystemExit(128 + ending.number) from error  # whatever was made of the interrupt
        finally:
            _flush()


def _loaded(found: Subcommand) -> Any:
    """The command itself, of a function or of a `typer.Typer` with subcommands of its own."""
    if found.warning:
        from artcli import console

        console.warn(found.warning)
    target = found.load()
    holder = typer.Typer(rich_markup_mode=MARKUP)
    try:
        if isinstance(target, typer.Typer):
            holder.add_typer(target, name=found.name)
        else:
            holder.command(found.name)(target)
        return get_group(holder).commands[found.name]
    except Exception as error:  # its signature is not one of a command
        raise ArtcliError(f"{found.described} cannot be called: {said(error)}") from error


def _end(ctx: Any, error: ArtcliError, cause: BaseException) -> NoReturn:
    """Say what is wrong and how to go on, and exit."""
    if ending := ending_now():
        ending.told = True
        if ending.number and not isinstance(error, Interrupted):
            error = Interrupted(ending.number, CALL_AGAIN)  # a library has made its own of it
    if ctx.params["debug"]:
        from traceback import print_exception

        print_exception(cause)
    _tell(error)
    raise typer.Exit(error.exit_code) from cause


def _tell(error: ArtcliError) -> None:
    from artcli import console

    console.err().quiet = False  # of a rank that else leaves speaking to the first
    console.err().print(f"[bold red]error:[/] {console.safe(_shortened(error.message))}")
    if error.hint:
        console.err().print(f"[dim]hint:[/] {console.safe(_shortened(error.hint))}")


def _shorten(error: Exception) -> None:
    """Make what Typer says of a word fit to be shown, whatever the word was."""
    if isinstance(message := getattr(error, "message", None), str):
        from artcli import console

        error.message = console.printable(_shortened(message))  # type: ignore[attr-defined]


def _shortened(text: str) -> str:
    """`text` with the middle of each very long line, as of an endless argument, left out."""
    longest = MOST_LETTERS // 2
    return "\n".join(
        line if len(line) <= MOST_LETTERS else f"{line[:longest]} … {line[-longest:]}"
        for line in text.split("\n")
    )


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {error.strerror}"  # of a disk or a name, not of the program
    if isinstance(error, FileNotFoundError):  # of os.getcwd
        return "the folder that this was called in is gone"
    text = said(error)
    if text.startswith("RuntimeError: Symlink loop"):  # of Path.resolve
        return text.removeprefix("RuntimeError: ")
    return f"internal error: {text}"


def _is_typers(error: Exception) -> bool:
    """Whether Typer itself knows what to do: usage errors, exits, end of input, a closed pipe."""
    closed = isinstance(error, OSError) and error.errno == errno.EPIPE
    return closed or hasattr(error, "exit_code") or isinstance(error, EOFError | typer.Abort)


def _flush() -> None:
    """Write out what is left; a reader that went away (`| head`) is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
