"""Where networks' files are: shipped ones inside the package, fetched ones in the user's data folder."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import platformdirs

from livecut.errors import ModelError
from livecut.inference.null import NULL
from livecut.inference.spec import ModelSpec, parse_manifest
from livecut.paths import expanded
from livecut.protocols import Need
from livecut.spelling import nearest

__all__ = [
    "available",
    "chosen_by_name",
    "differs",
    "find",
    "folder",
    "for_needs",
    "locate",
    "manifest",
    "path_of",
    "shapes_of",
    "shipped_folder",
    "verify",
]


def shipped_folder() -> Path:
    """The folder with manifest.toml and the shipped networks: in the wheel, else in the checkout."""
    package = Path(str(resources.files("livecut")))
    for candidate in (package / "_models", package.parent / "models"):
        if (candidate / "manifest.toml").is_file():
            return candidate
    raise ModelError("livecut's models/manifest.toml is missing", hint="reinstall livecut")


def folder() -> Path:
    """The folder of fetched networks: LIVECUT_MODELS_DIR, else `models` in the user's data folder."""
    override = os.environ.get("LIVECUT_MODELS_DIR")
    return expanded(override) if override else Path(platformdirs.user_data_dir("livecut", False)) / "models"


@functools.cache
def manifest() -> Mapping[str, ModelSpec]:
    """All networks by name, as the manifest orders them."""
    path = shipped_folder() / "manifest.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} cannot be read: {error}", hint="reinstall livecut") from error
    return parse_manifest(text)


def find(name: str) -> ModelSpec:
    """The row named `name` (`null` is the network that is none); raises `ModelError` that says which there are."""
    if name == NULL.name:
        return NULL
    rows = manifest()
    if name not in rows:
        near = nearest(name.lower(), chosen_by_name(), cutoff=0.8)
        hint = f"{f'did you mean {near}? ' if near else ''}there are: {', '.join(chosen_by_name())}"
        if "/" in name or "\\" in name or name.lower().endswith(".onnx"):
            hint = f"a network is chosen by its name in the manifest, not by its file; {hint}"
        raise ModelError(f"no network named {name!r}", hint=hint, meant=(name, near) if near else None)
    return rows[name]


def available(need: Need) -> tuple[str, ...]:
    """Names of the networks on this machine that answer `need`, one for each network."""
    return tuple(name for name, spec in chosen_by_name().items() if need in spec.gives and path_of(spec).is_file())


def chosen_by_name() -> Mapping[str, ModelSpec]:
    """The rows that users choose from: those for upright pictures, or with the matte alone, go with another's name."""
    rows = manifest()
    others = {name for spec in rows.values() for name in (spec.upright, spec.matte_only)}
    return {name: spec for name, spec in rows.items() if name not in others}


def shapes_of(spec: ModelSpec) -> tuple[ModelSpec, ...]:
    """The row and, where there is one, that of the same network for upright pictures."""
    return (spec, find(spec.upright)) if spec.upright else (spec,)


def for_needs(spec: ModelSpec, wanted: frozenset[Need]) -> ModelSpec:
    """What of the network is run to give `wanted`: its matte alone, where it can be had apart."""
    if spec.matte_only and wanted == {Need.MATTE}:
        return find(spec.matte_only)
    return spec if Need.HELD in wanted else spec.without_held()


def path_of(spec: ModelSpec) -> Path:
    """Where the file of `spec` is or would be."""
    return shipped_folder() / spec.file if spec.shipped else folder() / f"{spec.name}.onnx"


def locate(spec: ModelSpec) -> Path:
    """The file of `spec`, its digest checked; raises `ModelError` when it is missing, cut short or another one."""
    path = path_of(spec)
    problem = differs(spec, path)
    if problem:
        raise ModelError(f"{spec.name}: {problem}", hint=_remedy(spec))
    return path


def verify(spec: ModelSpec) -> str:
    """What is wrong with the file of `spec`, empty when it is there and whole, or where it needs none."""
    return "" if spec.name == NULL.name else differs(spec, path_of(spec))


def differs(spec: ModelSpec, path: Path) -> str:
    """In which way the file at `path` is not the one `spec` describes, empty when it is."""
    try:
        size = path.stat().st_size
        if spec.bytes is not None and size != spec.bytes:
            return f"{path} has {size} bytes, not {spec.bytes}"
        with path.open("rb") as file:
            digest = _hasher(spec, size)
            while block := file.read(1 << 20):
                digest.update(block)
    except FileNotFoundError:
        return "its file is missing" if spec.shipped else "it has not been fetched"
    except OSError as error:
        return f"{path} cannot be read: {error.strerror or error}"
    if digest.hexdigest() != spec.digest.partition(":")[2]:
        return f"{path} differs from its digest"
    return ""


def _hasher(spec: ModelSpec, size: int) -> Any:
    """What makes the digest of a file of `size` bytes in the way `spec` gives it."""
    if spec.digest.startswith("git-blob:"):
        # As git names a file: the header and then the content.
        return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    return hashlib.sha256()


def _remedy(spec: ModelSpec) -> str:
    return "reinstall livecut" if spec.shipped else f"livecut models get {spec.name}"
