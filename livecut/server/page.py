"""The page at /docs: what the OpenAPI description says, as plain HTML that loads nothing from anywhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any, Final

__all__ = ["HEADERS", "page"]

HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
}
"""What goes with the page: should anything foreign ever get in, a browser does not load it."""

_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222;
  background: #fff }
h2 { margin-top: 2.5rem } code, pre { font: 14px/1.4 ui-monospace, monospace; background: #f2f2f2; padding: .1em .3em }
pre { padding: .8em; overflow-x: auto } table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: .3em .8em .3em 0; border-bottom: 1px solid #ddd }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #161616 } code, pre { background: #2a2a2a }
  td, th { border-color: #444 } a { color: #8ab4f8 } }
"""
_CURL: Final = {
    "/v1/results": "curl -H 'X-API-KEY: KEY' -F image=@portrait.jpg {base}/v1/results",
    "/v1/version": "curl {base}/v1/version",
    "/portrait-depth-estimation/v1": "curl -H 'x-api-key: KEY' -F image_file=@portrait.jpg -o depth.jpg "
    "{base}/portrait-depth-estimation/v1",
}


def page(schema: dict[str, Any], base: str) -> str:
    """The page for an OpenAPI document; `base` is the address the reader came by, for the examples."""
    routes = "".join(
        _route(path, method, operation, base)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    )
    title = f"{schema['info']['title']} {schema['info']['version']}"
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        '<meta name=viewport content="width=device-width">'
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1><p>{escape(schema['info'].get('description', ''))}</p>"
        f'{routes}<p>For programs: <a href="/openapi.json">/openapi.json</a>.</html>'
    )


def _route(path: str, method: str, operation: dict[str, Any], base: str) -> str:
    example = _CURL.get(path, "")
    fields = [
        (parameter["name"], parameter["in"], _kind(parameter["schema"]), parameter.get("description", ""))
        for parameter in operation.get("parameters", ())
    ]
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        form = content["schema"]
        fields += [
            (name, media_type, _kind(field) + (", required" if name in form.get("required", ()) else ""), _said(field))
            for name, field in form["properties"].items()
        ]
    answers = [
        (status, response.get("description", ""), _answer(response))
        for status, response in sorted(operation.get("responses", {}).items())
    ]
    return (
        f"<h2><code>{escape(method.upper())} {escape(path)}</code></h2><p>{escape(operation.get('summary', ''))}</p>"
        + (f"<pre>{escape(example.format(base=base))}</pre>" if example else "")
        + _table(("field", "in", "type", ""), fields)
        + _table(("status", "", "body"), answers)
    )


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    return "file" if schema.get("format") == "binary" else str(schema.get("type", ""))


def _said(schema: dict[str, Any]) -> str:
    return str(schema.get("description", ""))


def _answer(response: dict[str, Any]) -> str:
    said = []
    for media_type, content in response.get("content", {}).items():
        example = content.get("example")
        if example is None:
            said.append(media_type)
        else:
            said.append(example if isinstance(example, str) else json.dumps(example, ensure_ascii=False))
    headers = ", ".join(response.get("headers", {}))
    return "; ".join(filter(None, (*said, headers)))


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = [
        f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in row)}</tr>"
        for tag, row in [("th", head), *(("td", row) for row in rows)]
    ]
    return f"<table>{''.join(lines)}</table>"
