"""What was most likely meant by a command line that is wrong: one that can be pasted."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from livecut.paths import SECRET_WORDS
from livecut.spelling import nearest

__all__ = ["hidden", "meant_by", "put_right"]

_PICTURES: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".gif", ".ppm", ".jp2"}
)
_EFFECTS: Final = frozenset({"blur", "bokeh", "replace", "green", "cutout", "depth", "matte", "split", "none"})
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
    if path == "" and (word in _EFFECTS or _is_file(word)):
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
    """What to do with an effect or a file."""
    if word in _EFFECTS:
        return ["run", "--effect", word]
    path = Path(word)
    is_still = path.suffix.lower() in _PICTURES or ("://" not in word and path.is_dir())
    if is_still:
        return ["cut", word]
    is_output = bool(after) and not after[0].startswith("-")
    return ["run", "--source", word, *(["--sink"] if is_output else [])]


def _is_file(word: str) -> bool:
    return "://" in word or bool(Path(word).suffix) or "/" in word or Path(word).exists()


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


def _with_flags(words: list[str], stray: Sequence[int], path: str, command: Any) -> list[str]:
    """The words with the flag before each stray one that most likely belongs there; without those that have none."""
    flags = {name for option in command.params for name in option.opts}
    better: list[str] = []
    for number, word in enumerate(words):
        if number in stray:
            flag = _flag_for(word, path, [*words, *better])
            if flag not in flags:
                continue
            better.append(flag)
        better.append(word)
    return better


def _flag_for(word: str, path: str, said: Sequence[str]) -> str:
    if "=" in word and "://" not in word:
        return "--set"
    if word in _EFFECTS and path in ("run", "doctor"):
        return "--effect"
    if path == "serve":
        return "--port" if word.isdecimal() else "--host"
    if path == "snap" and not Path(word).exists():
        return "--output"
    return "--sink" if "--source" in said else "--source"


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
