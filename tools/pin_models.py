"""Write size and sha256 of every shipped network into models/manifest.toml: python tools/pin_models.py"""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

MODELS = Path(__file__).resolve().parent.parent / "models"


def pinned(manifest: str, models: Path) -> str:
    """The manifest with `bytes` and `digest` of its shipped rows as the files below `models` are now."""
    tables = re.split(r"(?m)^(?=\[\[model\]\]$)", manifest)
    for index, table in enumerate(tables):
        row = tomllib.loads(table).get("model", [{}])[0]
        if not row.get("shipped"):
            continue
        content = (models / row["file"]).read_bytes()
        sized = re.sub(r"(?m)^bytes = .*$", f"bytes = {len(content)}", table, count=1)
        digest = hashlib.sha256(content).hexdigest()
        tables[index] = re.sub(r"(?m)^digest = .*$", f'digest = "sha256:{digest}"', sized, count=1)
    return "".join(tables)


if __name__ == "__main__":
    path = MODELS / "manifest.toml"
    path.write_text(pinned(path.read_text(encoding="utf-8"), MODELS), encoding="utf-8")
