"""The commands put together, and the one place that turns errors into lines on stderr and exit codes."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Sequence
from typing import Any

import typer

from livecut import __version__
from livecut.cli import bench, control, cut, demo, depth, devices, doctor, keys, models, run, serve, settings, snap
from livecut.cli.failures import as_failure
from livecut.cli.slips import hidden, meant_by, put_right
from livecut.cli.streams import tell
from livecut.errors import LivecutError
from livecut.paths import without_secrets

__all__ = ["program", "run_program"]

# Typer carries its own copy of click in newer versions: the base of its errors is reached through a public one.
_ClickError: Any = typer.BadParameter.__mro__[2]

_VERBOSE = frozenset({"-v", "--verbose"})
# Commands that have nothing more to say; that `-v` prints where a bug is holds for them, too.
_QUIET = frozenset({"keys", "devices", "settings", "models"})

INTERRUPTED = 130
USAGE = 2

program = typer.Typer(
    name="livecut",
    help="Cut yourself out of a webcam picture, blur the room by depth, or stand somewhere else.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"livecut {__version__}")
        raise typer.Exit


@program.callback()
def _root(
    _: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version and end."),
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Say more; a traceback when something fails."),
) -> None:
    """Cut yourself out of a webcam picture, blur the room by depth, or stand somewhere else."""


program.command("run")(run.run)
program.command("demo")(demo.demo)
program.command("cut")(cut.cut)
program.command("depth")(depth.depth)
program.command("snap")(snap.snap)
program.add_typer(control.app, name="control")
program.command("serve")(serve.serve)
program.add_typer(keys.app, name="keys")
program.command("devices")(devices.devices)
program.command("doctor")(doctor.doctor)
program.command("settings")(settings.settings)
program.add_typer(bench.app, name="bench")
program.add_typer(models.app, name="models")


def run_program(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; nothing but a bug's traceback under -v ever leaves as one."""
    verbose = not _VERBOSE.isdisjoint(arguments)
    if verbose and not _QUIET.isdisjoint(arguments[:1]):
        arguments = ["-v", *(argument for argument in arguments if argument not in _VERBOSE)]
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s", stream=sys.stderr)
    command = typer.main.get_command(program)
    try:
        result = command.main(list(arguments), prog_name="livecut", standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except LivecutError as error:
        logging.getLogger(__name__).info("%s", error.message, exc_info=error)
        better = put_right(arguments, *error.meant) if error.meant is not None else ""
        return _say(error.message, better or error.hint, error.exit_code)
    except SystemExit as ended:
        # Typer's own end where whoever read our output has enough.
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        return 0
    except _ClickError as error:
        return _usage(error, arguments, command)
    except Exception as error:
        if verbose:
            raise
        failure = as_failure(error)
        return _say(failure.message, failure.hint, failure.exit_code)
    return result if isinstance(result, int) else 0


def _usage(error: Exception, arguments: Sequence[str], command: Any) -> int:
    text = error.format_message()  # type: ignore[attr-defined]
    if type(error).__name__ == "NoArgsIsHelpError":  # a group called without a command: the text is its help
        print(text)
        return USAGE
    hint = meant_by(arguments, error, command)
    text = re.sub(r" \(Possible options: .*\)$", "", text)  # --force for --format
    if not hint.endswith("--help"):  # it says better what was meant
        text = re.sub(r" Did you mean .*\?$", "", text)
    return _say(without_secrets(hidden(text, arguments)), hint, USAGE)


def _say(message: str, hint: str, code: int) -> int:
    tell(f"error: {' '.join(message.split())}")
    if hint:
        tell(f"hint: {' '.join(hint.split())}")
    return code
