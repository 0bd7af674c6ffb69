"""Operations become an OpenAPI 3.1 document."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from shared.http.auth import KEY_HEADERS, OPERATOR_HEADER, REVIEWER_HEADER
from shared.http.image_bodies import IMAGE_REFERENCE_SCHEMA, PART_NAME
from shared.http.operation import Api, Auth, ImageBody, ImageParts, Operation, TextBody
from shared.http.parsing import VERSION_PARAMETER
from shared.http.pipeline import declared_errors

DOCUMENT_VERSION = "1.0.0"
_SCHEMA_PREFIX = "#/components/schemas/{model}"


def openapi_document(apis: Sequence[Api], title: str) -> dict[str, Any]:
    """The document of all operations: paths, parameters, bodies, answers, errors, models, security schemes."""
    operations = [operation for api in apis for operation in api.operations]
    schemas, definitions = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        for route in operation.routes:
            documented = {**_operation(operation, schemas), "operationId": route.function_name}
            paths.setdefault(f"/{route.path}", {})[operation.method.lower()] = documented
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": DOCUMENT_VERSION},
        "tags": [{"name": api.name} for api in apis],
        "paths": paths,
        "components": {"schemas": definitions, "securitySchemes": _security_schemes()}}


def _operation(operation: Operation, schemas: dict[tuple[type[BaseModel], str], dict[str, Any]]) -> dict[str, Any]:
    summary, _, description = operation.summary.partition("\n")
    documented: dict[str, Any] = {
        "tags": [operation.api.name], "summary": summary,
        "parameters": _parameters(operation), "responses": _responses(operation, schemas),
        "security": _security(operation.auth)}
    if description.strip():
        documented["description"] = " ".join(description.split())
    if operation.body is not None:
        documented["requestBody"] = {"required": not operation.body_optional, "content": {
            media_type: {"schema": _body_schema(operation, media_type, schemas)} for media_type in operation.media_types}}
    return documented


def _body_schema(operation: Operation, media_type: str,
                 schemas: dict[tuple[type[BaseModel], str], dict[str, Any]]) -> dict[str, Any]:
    if operation.body is bytes:
        return {}
    if issubclass(operation.body, ImageBody):
        return IMAGE_REFERENCE_SCHEMA if media_type == "application/json" else {}
    if issubclass(operation.body, ImageParts):
        if media_type != "multipart/form-data":
            return {}
        pictures = {"type": "array", "minItems": 1, "maxItems": operation.body.most_parts,
                    "items": {"type": "string", "contentMediaType": "application/octet-stream"}}
        return {"type": "object", "properties": {PART_NAME: pictures}, "required": [PART_NAME]}
    if issubclass(operation.body, TextBody):
        return {"type": "string", "minLength": 1, "maxLength": operation.body.longest}
    return schemas[operation.body, "validation"]


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    parameters = []
    if operation.api.versions:
        parameters.append({"name": VERSION_PARAMETER, "in": "query", "required": True,
                           "schema": {"type": "string", "enum": list(operation.api.versions)}})
    for place, model in (("path", operation.path), ("query", operation.query), ("header", operation.header)):
        if model is None:
            continue
        schema = model.model_json_schema(by_alias=True)
        definitions = schema.get("$defs", {})
        parameters += [{"name": name, "in": place, "required": place == "path" or name in schema.get("required", ()),
                        "schema": {key: value for key, value in _inlined(rule, definitions).items() if key != "title"}}
                       for name, rule in schema["properties"].items()]
    return parameters


def _inlined(rule: Any, definitions: dict[str, Any]) -> Any:
    """The rule with what it refers to in its place: a parameter's definitions have no other."""
    if isinstance(rule, list):
        return [_inlined(part, definitions) for part in rule]
    if not isinstance(rule, dict):
        return rule
    referred = definitions[rule["$ref"].rpartition("/")[2]] if "$ref" in rule else {}
    return {**referred, **{key: _inlined(value, definitions) for key, value in rule.items() if key != "$ref"}}


def _responses(operation: Operation, schemas: dict[tuple[type[BaseModel], str], dict[str, Any]]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status in operation.success:
        responses[str(status)] = {"description": "Success"}
        if operation.response is not None:
            content = {"schema": schemas[operation.response, "serialization"]}
            responses[str(status)]["content"] = {"application/json": content}
    for error in sorted(declared_errors(operation), key=lambda error: error.status):
        rendered = operation.api.render_error(error("…", 1) if error.status == 429 else error("…"), "…")
        responses.setdefault(str(error.status), {
            "description": error.__name__, "content": {"application/json": {"example": rendered.body}}})
    return responses


def _schemas(operations: Sequence[Operation]) -> tuple[dict[tuple[type[BaseModel], str], dict[str, Any]], Any]:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for operation in operations:
        if operation.body is not None and issubclass(operation.body, BaseModel):
            wanted[operation.body, "validation"] = None
        if operation.response is not None:
            wanted[operation.response, "serialization"] = None
    schemas, document = models_json_schema(list(wanted), by_alias=True, ref_template=_SCHEMA_PREFIX)
    return dict(schemas), document.get("$defs", {})


def _security_schemes() -> dict[str, Any]:
    schemes: dict[str, Any] = {header: {"type": "apiKey", "in": "header", "name": header}
                               for header in (*KEY_HEADERS, OPERATOR_HEADER, REVIEWER_HEADER)}
    schemes["entra"] = {"type": "http", "scheme": "bearer", "description": "Microsoft Entra ID access token"}
    return schemes


def _security(auth: Auth) -> list[dict[str, list[str]]]:
    schemes = {
        Auth.PUBLIC: (),
        Auth.ACCOUNT: (*KEY_HEADERS, "entra"),
        Auth.OPERATOR: (OPERATOR_HEADER, "entra"),
        Auth.ACCOUNT_OR_OPERATOR: (*KEY_HEADERS, OPERATOR_HEADER, "entra"),
        Auth.ACCOUNT_OR_REVIEWER: (*KEY_HEADERS, REVIEWER_HEADER, "entra")}
    return [{scheme: []} for scheme in schemes[auth]]
