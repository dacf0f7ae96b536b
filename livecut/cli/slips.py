"""What was most likely meant by a command line that is wrong: one that can be pasted."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from livecut.colours import is_colour
from livecut.errors import SettingsError
from livecut.paths import SECRET_WORDS, existing
from livecut.spelling import nearest

__all__ = ["hidden", "meant_by", "put_right"]

_PICTURES: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".gif", ".ppm", ".jp2"}
)
_EFFECTS: Final = frozenset({"blur", "bokeh", "replace", "green", "cutout", "depth", "matte", "split", "none"})
_DEVICES: Final = frozenset({"auto", "cpu", "cuda", "directml", "coreml"})
_MODES: Final = frozenset({"image", "mask"})
_EXAMPLES: Final[Mapping[str, str]] = {
    "cut": "portrait.jpg",
    "depth": "portrait.jpg",
    "control set": "effect.name=bokeh",
    "control preset": "meeting",
    "keys add": "laptop",
    "models info": "livecut-joint-small",
    "bench quality": "pictures/",
}
"""What may follow commands that need something."""
_LOOSENING: Final = frozenset({"--force", "--open"})
"""Options that write over files, or let everybody in."""
_ALIKE: Final = 0.75
"""How alike an option is that is meant: below that `--from` was `--force` and `--folder` `--mode`."""


def meant_by(arguments: Sequence[str], error: Any, program: Any) -> str:
    """The command line to paste for an error of the command line; `--help` of its command where none is known.

    `program` is the command of all; `error` is one of those that click raises.
    """
    words = list(arguments)
    command, path, at = _command(words, program)
    if getattr(error, "ctx", None) is not None:
        command, path = error.ctx.command, error.ctx.command_path.partition(" ")[2]
    message = error.format_message()
    better: list[str] | None = None
    if found := re.search(r"No such command '(.*?)'\.", message):
        better = _other_command(words, words.index(found[1]), path, command) if found[1] in words else None
    elif found := re.search(r"unexpected extra arguments?(?:\(s\))? \((.*)\)", message):
        better = _with_flags(words, _stray(words, at, found[1].split(), command), path, command)
    elif type(error).__name__ == "NoSuchOption":
        better = _other_option(words, error, path, program)
    elif type(error).__name__ == "MissingParameter" and path in _EXAMPLES:
        better = [*words, _EXAMPLES[path]]
    return (better and _pasted(better)) or _pasted([*path.split(), "--help"])


def put_right(arguments: Sequence[str], wrong: str, right: str) -> str:
    """The same command line with a word put right, a value or the path of a setting; empty where it has none."""
    words = [_replaced(word, wrong, right) for word in arguments]
    return _pasted(words) if words != list(arguments) else ""


def hidden(text: str, arguments: Sequence[str]) -> str:
    """The text without the values of those of the words that may hold a password or a key."""
    for word in filter(_may_be_secret, arguments):
        name, equals, value = word.partition("=")
        if equals and value:
            text = text.replace(word, f"{name}=...")
    return text


def _replaced(word: str, wrong: str, right: str) -> str:
    name, equals, value = word.partition("=")
    if word == wrong:
        return right
    if equals and value.strip() == wrong:
        return f"{name}={right}"
    # A whole table's name, too: efect.name.
    return right + word[len(wrong) :] if equals and f"{name}.".startswith(f"{wrong}.") else word


def _pasted(words: Sequence[str]) -> str:
    """The command line; empty where a word may hold a password or a key."""
    return "" if any(map(_may_be_secret, words)) else shlex.join(["livecut", *words])


def _may_be_secret(word: str) -> bool:
    if not set("=:") & set(word):
        return False
    from livecut.settings.listing import masked  # here, for it is read slowly and seldom needed

    name, _, value = word.partition("=")
    last = name.rpartition(".")[2]
    if "=" in word and _is_misspelt_secret(last.rpartition("_")[2]):
        return True
    return bool(masked(word) != word or masked(value, last) != value)


def _is_misspelt_secret(word: str) -> bool:
    """Whether a setting's last word is more like a password's or a key's than like one of another setting."""
    from livecut.settings import Settings
    from livecut.settings.live import leaves

    settings = {key.rpartition("_")[2] for keys, _ in leaves(Settings().model_dump()) for key in keys}
    secrets = {*SECRET_WORDS, "key"}
    return nearest(word, sorted(settings | secrets)) in secrets


def _command(words: Sequence[str], program: Any) -> tuple[Any, str, int]:
    """The command that the words call, its path, and the number of the first word after it."""
    command, at = program, 0
    path: list[str] = []
    for number, word in enumerate(words):
        inner = getattr(command, "commands", {}).get(word)
        if inner is None and not word.startswith("-"):
            break
        if inner is not None:
            command, path, at = inner, [*path, word], number + 1
    return command, " ".join(path), at


def _other_command(words: list[str], at: int, path: str, group: Any) -> list[str] | None:
    before, word, after = words[:at], words[at], words[at + 1 :]
    near = nearest(word.lower(), group.commands)
    if path == "" and _is_preset(word, after):
        return [*before, "run", "--preset", word, *after]
    if path == "" and (_is_word(word) or _is_file(word)):
        return [*before, *_for_all(word, after), *after]
    if near:
        return [*before, near, *after]
    if path == "control":
        if word in _EFFECTS:
            return [*before, "set", f"effect.name={word}", *after]
        if "=" in word:
            return [*before, "set", word, *after]
    if path == "bench":
        by_kind = {"--frames": word.isdecimal(), "--effect": word in _EFFECTS, "quality": _is_file(word)}
        flag = next((flag for flag, is_so in by_kind.items() if is_so), "")
        return [*before, flag, word, *after] if flag else None
    return None


def _for_all(word: str, after: Sequence[str]) -> list[str]:
    """What to do with a word that `run` knows, or a file."""
    if _is_word(word):
        return ["run", _flags_for(word, "run", alone=False)[0], word]
    found = existing(word)
    is_still = Path(word).suffix.lower() in _PICTURES or (found is not None and found.is_dir())
    if is_still:
        return ["cut", word]
    is_output = bool(after) and not after[0].startswith("-")
    return ["run", "--source", word, *(["--sink"] if is_output else [])]


def _is_word(word: str) -> bool:
    """Whether `run` has a flag that takes it for what it is: an effect, a colour, an output, a camera or a screen."""
    from livecut.sinks import is_path, unknown_sink
    from livecut.sources import is_file_name

    if "/" in word:
        return False
    is_output = unknown_sink(word) is None and not is_path(word)
    return word in _EFFECTS or is_colour(word) or is_output or not is_file_name(word)


def _is_preset(word: str, words: Sequence[str]) -> bool:
    """Whether the user's own file, or one that the words name, has a preset of that name.

    Effects and colours go before it, and one that shows the raw picture is not guessed.
    """
    from livecut.settings.load import from_file, user_file

    if word in _EFFECTS or is_colour(word):
        return False
    named = [after for before, after in pairwise(words) if before == "--config"]
    named += [value for flag, _, value in (each.partition("=") for each in words) if flag == "--config" and value]
    for file in [user_file(), *map(Path, named)]:
        with contextlib.suppress(SettingsError, OSError, ValueError):  # what is wrong with it is told when it is read
            presets = from_file(file).get("presets") if file.is_file() else None  # never a pipe, which is read once
            if isinstance(presets, dict) and isinstance(preset := presets.get(word), dict):
                effect = preset.get("effect")
                return not isinstance(effect, dict) or effect.get("name") != "none"
    return False


def _is_file(word: str) -> bool:
    return "://" in word or bool(Path(word).suffix) or "/" in word or existing(word) is not None


def _stray(words: Sequence[str], at: int, told: list[str], command: Any) -> list[int]:
    """Which of the words no option takes, as far as `told` names them."""
    valued = {name for option in command.params if not getattr(option, "is_flag", True) for name in option.opts}
    found: list[int] = []
    is_value = False
    for number in range(at, len(words)):
        word = words[number]
        if not is_value and not word.startswith("-") and set(word.split()) <= set(told):
            found.append(number)
        is_value = not is_value and word in valued
    return found


def _with_flags(words: list[str], stray: Sequence[int], path: str, command: Any) -> list[str] | None:
    """The words with the flag before each stray one that most likely belongs there; without those that have none.

    None where a flag that belongs there stands for something else already.
    """
    options = {name: option for option in command.params for name in option.opts}
    alone = len(stray) == 1 and not _is_said("--source", words, options) and not _is_said("--sink", words, options)
    better: list[str] = []
    is_value = False
    for number, word in enumerate(words):
        if number not in stray or is_value:
            better.append(word)
            is_value = False
        elif (flag := f"--{word}") in options:
            # Its dashes are left out: `run mirror`, `run source demo`.
            is_switch = getattr(options[flag], "is_flag", False)
            if flag in _LOOSENING or not (is_switch or number + 1 in stray):
                continue
            better.append(flag)
            is_value = not is_switch
        else:
            is_preset = "--preset" in options and _is_preset(word, words)
            likely = ("--preset",) if is_preset else _flags_for(word, path, alone=alone)
            fitting = [name for name in likely if name in options]
            free = [
                name for name in fitting if options[name].multiple or not _is_said(name, [*words, *better], options)
            ]
            if fitting and not free:
                return None
            better += [*free[:1], word] if free else []
    return better


def _is_said(name: str, words: Sequence[str], options: Mapping[str, Any]) -> bool:
    return name in options and any(word.partition("=")[0] in options[name].opts for word in words)


def _flags_for(word: str, path: str, *, alone: bool) -> tuple[str, ...]:
    """Flags that the word may follow, the likeliest first; `alone`: what comes in and goes out is left as it is."""
    from livecut.sinks import is_path, unknown_sink  # here, for they are read slowly
    from livecut.sinks.frames import is_frame_pattern
    from livecut.sources import is_file_name, is_live_name

    if "=" in word and "://" not in word:
        return ("--set",)
    if path == "serve":
        return ("--port",) if word.isdecimal() else ("--host",)
    kinds = {
        "--effect": word in _EFFECTS,
        "--background": is_colour(word),
        "--device": word in _DEVICES,
        "--mode": word in _MODES,
        "--size": re.fullmatch(r"\d+x\d+", word) is not None,
        "--config": word.endswith(".toml"),
    }
    if flag := next((flag for flag, is_so in kinds.items() if is_so), ""):
        return (flag,)
    if word.isdecimal():
        return ("--source", "--fps")
    if not is_file_name(word):
        # Another camera behind somebody may show the room.
        return ("--source",) if word == "demo" or "://" in word or is_live_name(word) else ("--source", "--sink")
    if unknown_sink(word) is None and (not is_path(word) or (is_frame_pattern(word) and existing(word) is None)):
        return ("--sink",)
    return _flags_for_file(word, path, alone=alone)


def _flags_for_file(word: str, path: str, *, alone: bool) -> tuple[str, ...]:
    """What is there is read, never written over."""
    is_there = existing(word) is not None
    if path == "snap" and not is_there:
        return ("--output",)
    if Path(word).suffix.lower() in _PICTURES:
        return ("--background", "--source") if alone and path == "run" else ("--source", "--background")
    return ("--source", "--background") if is_there else ("--source", "--sink")


def _other_option(words: list[str], error: Any, path: str, program: Any) -> list[str] | None:
    written = error.option_name
    at = next((number for number, word in enumerate(words) if word.partition("=")[0] == written), None)
    if at is None:
        return None
    # What loosens something is never guessed.
    safe = [name for name in error.possibilities or () if name not in _LOOSENING]
    if near := nearest(written, safe, cutoff=_ALIKE):
        return [*words[:at], near + words[at].removeprefix(written), *words[at + 1 :]]
    of_run = {name for option in program.commands["run"].params for name in option.opts}
    return [*words[:at], "run", *words[at:]] if not path and written in of_run else None
