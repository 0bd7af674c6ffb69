"""The OpenAPI document as one page to read, without a script and without anything from another host."""
from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --line: light-dark(#d5dae1, #3a414c); --soft: light-dark(#f4f6f9, #20242b);
  --accent: light-dark(#0b5cad, #79b8ff); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem; }
h2 { margin-top: 2.5rem; } code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .4rem 0; }
summary { cursor: pointer; padding: .5rem .75rem; overflow-wrap: anywhere; }
details > div { padding: .25rem .75rem .75rem; border-top: 1px solid var(--line); }
.method { display: inline-block; min-width: 4.2rem; font-weight: 600; color: var(--accent); }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .25rem .5rem .25rem 0;
  vertical-align: top; border-bottom: 1px solid var(--line); }
pre { background: var(--soft); padding: .75rem; overflow-x: auto; border-radius: .4rem; }
"""


def reference_page(document: dict[str, Any]) -> str:
    """HTML for an OpenAPI document made by `openapi_document`."""
    title = html.escape(document["info"]["title"])
    sections = "".join(_section(tag["name"], document) for tag in document["tags"])
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} operations</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
            f"<body><h1>{title}</h1><p>Every operation of this service, made from the code that serves it. "
            f'For programs: <a href="/openapi.json">openapi.json</a>.</p>{sections}</body></html>')


def _section(tag: str, document: dict[str, Any]) -> str:
    operations = "".join(
        _operation(method, path, operation, document)
        for path, methods in document["paths"].items() for method, operation in methods.items()
        if tag in operation["tags"])
    return f"<h2>{html.escape(tag)}</h2>{operations}"


def _operation(method: str, path: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    parts = [f"<p>{html.escape(operation['summary'])} {html.escape(operation.get('description', ''))}</p>",
             f"<p>Credentials: {_credentials(operation)}</p>"]
    if operation["parameters"]:
        rows = "".join(f"<tr><td><code>{html.escape(parameter['name'])}</code></td><td>{parameter['in']}"
                       f"{', required' if parameter['required'] else ''}</td>"
                       f"<td>{html.escape('; '.join(_rules(_present(parameter['schema'])).values()))}</td></tr>"
                       for parameter in operation["parameters"])
        parts.append(f"<h4>Parameters</h4><table>{rows}</table>")
    if "requestBody" in operation:
        media_types = operation["requestBody"]["content"]
        schema = next(iter(media_types.values()))["schema"]
        parts.append(f"<h4>Body <code>{html.escape(', '.join(media_types))}</code></h4>{_schema(schema, document)}")
    parts.append("<h4>Answers</h4>" + "".join(
        _answer(status, answer, document) for status, answer in operation["responses"].items()))
    return (f'<details id="{operation["operationId"]}"><summary><span class="method">{method.upper()}</span> '
            f"<code>{html.escape(path)}</code></summary><div>{''.join(parts)}</div></details>")


def _answer(status: str, answer: dict[str, Any], document: dict[str, Any]) -> str:
    content = answer.get("content", {}).get("application/json", {})
    shown = _schema(content["schema"], document) if "schema" in content else ""
    return f"<p><strong>{status}</strong> {html.escape(answer['description'])}</p>{shown}"


def _credentials(operation: dict[str, Any]) -> str:
    names = [f"<code>{html.escape(name)}</code>" for scheme in operation["security"] for name in scheme]
    return " or ".join(names) or "none"


def _schema(schema: dict[str, Any], document: dict[str, Any]) -> str:
    rows = "".join(f"<tr><td><code>{html.escape(name)}</code></td><td>{html.escape(kind)}</td>"
                   f"<td>{html.escape(rules)}</td></tr>" for name, kind, rules in _fields(schema, document, "", ()))
    return f"<table>{rows}</table>"


def _fields(schema: dict[str, Any], document: dict[str, Any], place: str,
            seen: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """Name, type and rules of every field of an object, those inside it named `outer.inner` and `list[].inner`."""
    model = _resolved(schema, document)
    for name, field in model.get("properties", {}).items():
        shown, inner = f"{place}{name}", _resolved(_present(field), document)
        items = _resolved(inner.get("items", {}), document)
        rules = {**_rules(inner), **({"each": ", ".join(_rules(items).values())} if _rules(items) else {})}
        if name in model.get("required", ()):
            rules = {"required": "required", **rules}
        yield shown, _type(inner, items), "; ".join(
            f"each {rule}" if key == "each" else rule for key, rule in rules.items())
        nested, suffix = (items, "[].") if items else (inner, ".")
        title = nested.get("title", "")
        if "properties" in nested and title not in seen:
            yield from _fields(nested, document, shown + suffix, (*seen, title))


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _present(field: dict[str, Any]) -> dict[str, Any]:
    """An optional field without its alternative of being null."""
    return next((choice for choice in field.get("anyOf", ()) if choice.get("type") != "null"), field)


def _type(schema: dict[str, Any], items: dict[str, Any]) -> str:
    return f"array of {items.get('type', 'any')}" if items else str(schema.get("type", "any"))


def _rules(schema: dict[str, Any]) -> dict[str, str]:
    said = {"enum": "one of {}", "const": "always {}", "pattern": "matches {}", "minLength": "at least {} characters",
            "maxLength": "at most {} characters", "minItems": "at least {} items", "maxItems": "at most {} items",
            "minimum": "at least {}", "maximum": "at most {}", "format": "{}"}
    return {key: text.format(", ".join(schema[key]) if key == "enum" else schema[key])
            for key, text in said.items() if key in schema}

