"""The commands put together, and the one place that turns errors into lines on stderr and exit codes."""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any

import typer

from livecut import __version__
from livecut.cli import bench, cut, demo, depth, devices, doctor, keys, models, run, serve, settings, snap
from livecut.errors import DeviceUnavailable, LivecutError

__all__ = ["program", "run_program"]

# Typer carries its own copy of click in newer versions: the base of its errors is reached through a public one.
_ClickError: Any = typer.BadParameter.__mro__[2]

# A full disk, a quota, a limit on sizes: whatever was being written, by whichever library.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_ROOM = "make room where results go, and where compiled code is kept (NUMBA_CACHE_DIR names another place)"

INTERRUPTED = 130
NO_ROOM = DeviceUnavailable.exit_code
BUG = 1
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
) -> None:
    """Cut yourself out of a webcam picture, blur the room by depth, or stand somewhere else."""


program.command("run")(run.run)
program.command("demo")(demo.demo)
program.command("cut")(cut.cut)
program.command("depth")(depth.depth)
program.command("snap")(snap.snap)
program.command("serve")(serve.serve)
program.add_typer(keys.app, name="keys")
program.command("devices")(devices.devices)
program.command("doctor")(doctor.doctor)
program.command("settings")(settings.settings)
program.add_typer(bench.app, name="bench")
program.add_typer(models.app, name="models")


def run_program(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; nothing but a bug's traceback under -v ever leaves as one."""
    verbose = "-v" in arguments or "--verbose" in arguments
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s", stream=sys.stderr)
    command = typer.main.get_command(program)
    try:
        result = command.main(list(arguments), prog_name="livecut", standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except LivecutError as error:
        logging.getLogger(__name__).info("%s", error.message, exc_info=error)
        return _say(error.message, error.hint, error.exit_code)
    except BrokenPipeError:
        # Whoever read our output has enough; a second error while Python flushes would be noise.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ImportError as error:
        from livecut.app.findings import missing_library

        if verbose:
            raise
        missing = missing_library(error)
        return _say(missing.message, missing.hint, missing.exit_code)
    except _ClickError as error:
        return _usage(error)
    except Exception as error:
        if verbose:
            raise
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return _say(f"{error.filename or 'a file'} cannot be written: {error.strerror}", _ROOM, NO_ROOM)
        return _say(f"{type(error).__name__}: {error}", "this is a bug in livecut; -v prints where", BUG)
    return result if isinstance(result, int) else 0


def _usage(error: Exception) -> int:
    text = error.format_message()  # type: ignore[attr-defined]
    if type(error).__name__ == "NoArgsIsHelpError":  # a group called without a command: the text is its help
        print(text)
        return USAGE
    context = getattr(error, "ctx", None)
    return _say(text, f"{context.command_path if context else 'livecut'} --help", USAGE)


def _say(message: str, hint: str, code: int) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    if hint:
        print(f"hint: {' '.join(hint.split())}", file=sys.stderr)
    return code
