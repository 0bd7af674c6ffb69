"""Bicep files as trees: declarations, and of their values what is literal; what is computed is its source text."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

_PARSER = Parser(Language(tree_sitter_bicep.language()))


class Expression(str):
    """Source text of something that is computed, in one line, every gap one space."""


@dataclass(frozen=True)
class Resource:
    name: str
    type: str
    api_version: str
    is_existing: bool
    body: dict[str, Any]
    source: str

    def at(self, path: str) -> Any:
        """The value under `properties.encryption.keySource`, None where there is none."""
        value: Any = self.body
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value


@dataclass(frozen=True)
class Module:
    name: str
    file: str
    params: dict[str, Any]


@dataclass(frozen=True)
class Parameter:
    name: str
    has_default: bool
    decorators: str


@dataclass
class Template:
    path: Path
    text: str
    errors: list[str] = field(default_factory=list)
    params: dict[str, Parameter] = field(default_factory=dict)
    vars: dict[str, Any] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)
    modules: list[Module] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)


def templates_of(infra: Path) -> list[Template]:
    return [parsed(path) for path in sorted(infra.rglob("*.bicep"))]


def parsed(path: Path) -> Template:
    template = Template(path, path.read_text())
    root = _PARSER.parse(template.text.encode()).root_node
    template.errors = [f"{path.name}:{node.start_point[0] + 1} {_text(node)[:60]}" for node in _walk(root)
                       if node.type == "ERROR" or node.is_missing]
    decorators = ""
    for node in root.named_children:
        _declare(template, node, decorators)
        decorators = _text(node) if node.type == "decorators" else ""
    return template


def _declare(template: Template, node: Node, decorators: str) -> None:
    names = node.named_children
    if node.type == "parameter_declaration":
        has_default = any(child.type == "=" for child in node.children)
        template.params[_text(names[0])] = Parameter(_text(names[0]), has_default, decorators)
    elif node.type == "variable_declaration":
        template.vars[_text(names[0])] = _value(names[-1])
    elif node.type == "output_declaration":
        template.outputs[_text(names[0])] = Expression(_text(names[-1]))
    elif node.type == "resource_declaration":
        kind, _, version = str(_value(names[1])).partition("@")
        is_existing = any(child.type == "existing" for child in node.children)
        template.resources.append(Resource(_text(names[0]), kind, version, is_existing, _value(_body(node)), _text(node)))
    elif node.type == "module_declaration":
        template.modules.append(Module(_text(names[0]), str(_value(names[1])), _value(_body(node))["params"]))


def _body(node: Node) -> Node:
    """The object of a declaration, within its `for` or `if`."""
    last = node.named_children[-1]
    return last if last.type == "object" else _body(last)


def _value(node: Node) -> Any:
    if node.type == "object":
        return {_key(each.named_children[0]): _value(each.named_children[-1]) for each in node.named_children
                if each.type == "object_property"}
    if node.type == "array":
        return [_value(each) for each in node.named_children if each.type != "comment"]
    if node.type == "boolean":
        return _text(node) == "true"
    if node.type == "number":
        return int(_text(node))
    if node.type == "null":
        return None
    if node.type == "string" and all(child.type == "string_content" for child in node.named_children):
        return _text(node)[1:-1]
    return Expression(_text(node))


def _key(node: Node) -> str:
    return _text(node).strip("'")


def _text(node: Node) -> str:
    return " ".join((node.text or b"").decode().split())


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)
