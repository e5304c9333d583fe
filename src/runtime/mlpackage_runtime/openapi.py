"""The service described in OpenAPI, once in the form of version 2 and once in that of 3."""

from __future__ import annotations

from typing import Any

_ERROR = {"type": "object", "properties": {"message": {"type": "string"}}}
_HEALTH = ("ServiceHealthCheck", "Tells whether the service answers.")
_SCORE = ("RunMLService", "Calls the model and answers with what it predicts.")
_DOCUMENT = ("GetSwaggerSpec", "Describes the service, as this does.")
_WELL = "What was asked for."
_ILL = "Why it failed."
_JSON = "application/json"


def describe_in_2(name: str, version: str, given: Any, returned: Any) -> dict[str, Any]:
    def refer(definition: str) -> dict[str, Any]:
        return {"$ref": f"#/definitions/{definition}"}

    def answers(schema: Any) -> dict[str, Any]:
        return {
            "200": {"description": _WELL, "schema": schema},
            "default": {"description": _ILL, "schema": refer("ErrorResponse")},
        }

    payload = {"name": "serviceInputPayload", "in": "body", "required": True, "schema": refer("ServiceInput")}
    wanted = {"name": "version", "in": "query", "required": False, "type": "string"}
    return {
        "swagger": "2.0",
        "info": _info(name, version),
        "consumes": [_JSON],
        "produces": [_JSON],
        "paths": {
            "/": {"get": {**_operation(_HEALTH), "produces": ["text/html"], "responses": answers({"type": "string"})}},
            "/score": {
                "post": {**_operation(_SCORE), "parameters": [payload], "responses": answers(refer("ServiceOutput"))}
            },
            "/swagger.json": {
                "get": {**_operation(_DOCUMENT), "parameters": [wanted], "responses": answers({"type": "object"})}
            },
        },
        "definitions": _definitions(given, returned),
    }


def describe_in_3(openapi: str, name: str, version: str, given: Any, returned: Any) -> dict[str, Any]:
    def refer(definition: str) -> dict[str, Any]:
        return {"$ref": f"#/components/schemas/{definition}"}

    def content(schema: Any, kind: str = _JSON) -> dict[str, Any]:
        return {"content": {kind: {"schema": schema}}}

    def answers(described: dict[str, Any]) -> dict[str, Any]:
        return {
            "200": {"description": _WELL, **described},
            "default": {"description": _ILL, **content(refer("ErrorResponse"))},
        }

    payload = {"required": True, **content(refer("ServiceInput"))}
    wanted = {"name": "version", "in": "query", "required": False, "schema": {"type": "string"}}
    healthy = answers(content({"type": "string"}, "text/html"))
    return {
        "openapi": openapi,
        "info": _info(name, version),
        "paths": {
            "/": {"get": {**_operation(_HEALTH), "responses": healthy}},
            "/score": {
                "post": {
                    **_operation(_SCORE),
                    "requestBody": payload,
                    "responses": answers(content(refer("ServiceOutput"))),
                }
            },
            "/swagger.json": {
                "get": {
                    **_operation(_DOCUMENT),
                    "parameters": [wanted],
                    "responses": answers(content({"type": "object"})),
                }
            },
        },
        "components": {"schemas": _definitions(given, returned)},
    }


def _info(name: str, version: str) -> dict[str, Any]:
    return {"title": name, "description": f"The scoring service {name}.", "version": version}


def _operation(said: tuple[str, str]) -> dict[str, Any]:
    operation_id, description = said
    return {"operationId": operation_id, "description": description}


def _definitions(given: Any, returned: Any) -> dict[str, Any]:
    return {"ServiceInput": given, "ServiceOutput": returned, "ErrorResponse": _ERROR}
