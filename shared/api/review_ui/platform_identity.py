"""Whom App Service authentication names in the header `X-MS-CLIENT-PRINCIPAL`.

JSON in base64: `{"auth_typ": "aad", "claims": [{"typ", "val"}, ...]}`. The platform removes what callers send under this name, but
only where its authentication is turned on. Source: learn.microsoft.com, "Work with user identities in Azure App Service authentication".
"""
from __future__ import annotations

import base64
import json
from binascii import Error

from shared.errors import Unauthenticated

_OBJECT_ID = ("http://schemas.microsoft.com/identity/claims/objectidentifier", "oid")
_TENANT_ID = ("http://schemas.microsoft.com/identity/claims/tenantid", "tid")
_LONGEST = 64 * 1024


def object_id_of(header: str, tenant_id: str | None) -> str:
    """The object id in Microsoft Entra ID. Raises Unauthenticated where there is none, or of another tenant than this."""
    try:
        principal = json.loads(base64.b64decode(header[:_LONGEST], validate=True))
        claims = {claim["typ"]: claim["val"] for claim in principal["claims"]}
        provider = principal["auth_typ"]
    except (Error, ValueError, KeyError, TypeError, RecursionError):
        raise Unauthenticated("The platform names nobody.") from None
    object_id = next((claims[name] for name in _OBJECT_ID if name in claims), None)
    tenant = next((claims[name] for name in _TENANT_ID if name in claims), None)
    if provider != "aad" or not isinstance(object_id, str) or (tenant_id is not None and tenant != tenant_id):
        raise Unauthenticated("The platform names nobody of the tenant.")
    return object_id
