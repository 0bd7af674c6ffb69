"""Every setting of the app, read once from the environment.

The environment name of a setting is its field name in capitals. The field's `doc` is the README's sentence about it.
"""
from __future__ import annotations

import base64
import binascii
import dataclasses
import ipaddress
import re
from collections.abc import Mapping
from typing import Any, get_type_hints
from urllib.parse import urlsplit

ENGINES = ("built-in", "onnx", "azure-content-safety")
_SAMPLE_KEY = "development-only"
_TELEMETRY_OF_THE_HOST = ("APPLICATIONINSIGHTS_CONNECTION_STRING", "APPINSIGHTS_INSTRUMENTATIONKEY")
_INSTRUMENTATION_KEY = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class InvalidSettings(Exception):
    """Some settings are missing or malformed; the message names all of them, and no value."""


class Secret:
    """A string that does not show itself in a repr, a log line or a traceback."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def _setting(doc: str, default: Any = dataclasses.MISSING, minimum: int | None = None) -> Any:
    metadata = {"doc": doc, "minimum": minimum}
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    region: str = _setting("Azure region that this deployment serves; every account belongs to it.")
    storage_account_name: str | None = _setting(
        "Name of the region's storage account, reached with the managed identity.", None)
    storage_connection_string: Secret | None = _setting(
        "Connection string instead of a name: for the emulator only.", None)
    storage_is_emulator: bool = _setting("True where the storage is Azurite.", False)
    managed_identity_client_id: str | None = _setting("Client id of the user-assigned managed identity.", None)
    key_encryption_key_url: str | None = _setting(
        "Key Vault key (`https://<vault>/keys/<name>`) that wraps the data keys.", None)
    key_encryption_key_file: str | None = _setting(
        "Development instead of Key Vault: file of 32-byte keys in base64, one a line, the first one current; made if missing.", None)
    receipt_signing_key: Secret | None = _setting(
        "Ed25519 key that signs deletion receipts: 32 bytes in base64; in Azure a reference to a Key Vault secret.", None)
    receipt_signing_key_file: str | None = _setting(
        "Development instead of it: file of the key; made if missing.", None)
    operator_key: Secret | None = _setting(
        "Secret of the operator, sent as `x-operator-key`; at least 32 characters.", None)
    reviewer_key: Secret | None = _setting(
        "Secret of those who review sample content, sent as `x-reviewer-key`; at least 32 characters; none if empty.", None)
    entra_tenant_id: str | None = _setting("Tenant whose Microsoft Entra ID tokens are accepted; none if empty.", None)
    entra_audience: str = _setting(
        "Audience of data-plane tokens.", "https://cognitiveservices.azure.com")
    entra_operator_audience: str | None = _setting(
        "Audience of tokens whose app role `Operator` makes an operator, `Reviewer` a reviewer; no such tokens if empty.", None)
    entra_authority: str = _setting(
        "Login authority that issues and publishes the tenant's keys.", "https://login.microsoftonline.com")
    public_endpoint: str | None = _setting(
        "Base address that clients use; if empty it is taken from the request.", None)
    telemetry_connection_string: str | None = _setting(
        "Connection string of an Application Insights resource that metrics, traces and logs are sent to; none are if empty.", None)
    blocklist_item_limit: int = _setting("Most items in one blocklist.", 1_000_000, minimum=1)
    term_list_limit: int = _setting("Most term lists of one account.", 1_000, minimum=1)
    term_limit: int = _setting("Most terms in one term list, all languages together.", 1_000_000, minimum=1)
    image_list_limit: int = _setting("Most image lists of one account.", 1_000, minimum=1)
    image_limit: int = _setting("Most images in one image list.", 1_000_000, minimum=1)
    classifier_project_limit: int = _setting("Most Custom Vision projects of one account.", 100, minimum=1)
    classifier_tag_limit: int = _setting("Most tags in one Custom Vision project.", 500, minimum=1)
    classifier_image_limit: int = _setting("Most images in one Custom Vision project.", 100_000, minimum=1)
    prediction_retention_days: int = _setting(
        "Days that a Custom Vision prediction and its picture are kept where the caller asked for it.", 30, minimum=1)
    classifier_link_minutes: int = _setting(
        "Minutes that the address of a picture or file of Custom Vision works without a key.", 60, minimum=1)
    list_cache_megabytes: int = _setting(
        "Memory for compiled lists in each worker, of each kind of list.", 256, minimum=1)
    account_cache_seconds: int = _setting(
        "Seconds that a worker remembers what belongs to an account, its unwrapped keys too, without using it.", 300, minimum=1)
    deleted_account_grace_hours: int = _setting(
        "Hours in which the operator can restore a deleted account, before it is purged.", 48, minimum=0)
    data_key_settle_seconds: int = _setting(
        "Seconds after a data key rotation until the old key may be dropped; longer than any request lasts.",
        1800, minimum=0)
    review_content_retention_days: int = _setting(
        "Days that the content of a review is kept once the review is complete; what was decided stays.", 30, minimum=1)
    review_lease_minutes: int = _setting(
        "Minutes that a member of a team has a review of the queue at hand before others may have it.", 15, minimum=1)
    audit_retention_days: int = _setting("Days that events of an account's audit trail are kept.", 365, minimum=1)
    export_retention_days: int = _setting("Days that the archive of an export is kept.", 7, minimum=1)
    import_retention_hours: int = _setting("Hours that an import is kept after it last moved, and what was uploaded for it.", 24, minimum=1)
    import_size_limit_megabytes: int = _setting("Megabytes of the largest archive that can be imported.", 10_240, minimum=1)
    import_entry_limit: int = _setting("Most members of an archive that is imported.", 250_000, minimum=1)
    text_engine: str = _setting(
        "What judges texts: `built-in`, `onnx` (a model of the operator's) or `azure-content-safety` (texts are forwarded).", "built-in")
    onnx_text_model_folder: str | None = _setting(
        "Folder of the operator's text model, for the engine `onnx`; a relative one starts at the app's own folder.", None)
    image_engine: str = _setting(
        "What judges pictures: `built-in`, `onnx` (a model of the operator's) or `azure-content-safety` (pictures are forwarded).",
        "built-in")
    onnx_image_model_folder: str | None = _setting(
        "Folder of the operator's image model, for the engine `onnx`; a relative one starts at the app's own folder.", None)
    image_sexual_cuts: str = _setting(
        "Scores from which a picture has the severities 2 (racy), 4 and 6 (adult) of Sexual, with the built-in engine.", "0.32 0.48 0.8")
    adult_threshold: float = _setting("Score, 0 to 1, from which Content Moderator's Evaluate says that a picture is adult.", 0.48)
    racy_threshold: float = _setting("Score, 0 to 1, from which it says that a picture is racy.", 0.32)
    cached_image_hours: int = _setting("Hours that a picture is kept which was sent with `CacheImage=true`.", 24, minimum=1)
    cached_image_limit: int = _setting("Most cached images of one account, of up to 4 MB each.", 1_000, minimum=1)
    callback_retention_days: int = _setting("Days that a callback is kept after it arrived or was given up.", 7, minimum=1)
    azure_content_safety_endpoint: str | None = _setting(
        "Address of the operator's Azure AI Content Safety resource, for the engine `azure-content-safety`.", None)
    azure_content_safety_key: Secret | None = _setting(
        "Key of that resource; if empty the managed identity is used.", None)
    pii_phone_regions: str = _setting(
        "Regions (ISO 3166, two letters, separated by spaces) whose phone numbers are found without a country code too; of a "
        "number that is valid in several the first one counts.", "US GB")
    pii_payment_data: bool = _setting(
        "Whether credit cards and IBANs are found as personal data, in properties that the published service does not have.", False)
    fetch_allowed_networks: str = _setting(
        "Networks (CIDR, separated by spaces) that images are fetched from though they are not public, for private endpoints; "
        "none if empty.", "")
    review_session_hours: int = _setting("Hours after which who signed in to the review tool signs in again.", 12, minimum=1)
    review_session_idle_minutes: int = _setting("Minutes without a request after which a session of the review tool ends.", 60, minimum=1)
    review_platform_sign_in: bool = _setting(
        "Whether the header `X-MS-CLIENT-PRINCIPAL` says who signs in to the review tool: only where App Service authentication is on, "
        "which removes what callers send under this name.", False)
    strict_contract: bool = _setting(
        "For tests: an answer that its operation does not declare becomes a 500.", False)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Parse the environment. An empty value counts as absent.

        Raises InvalidSettings naming every missing or malformed setting.
        """
        hints = get_type_hints(cls)
        values: dict[str, Any] = {}
        problems: list[str] = []
        for field in dataclasses.fields(cls):
            name = field.name.upper()
            raw = environ.get(name, "").strip()
            if not raw:
                if field.default is dataclasses.MISSING:
                    problems.append(f"{name} is missing")
                continue
            try:
                values[field.name] = _parse(hints[field.name], raw, field.metadata["minimum"])
            except ValueError as error:
                problems.append(f"{name} {error}")
        problems += _contradictions(values) + _telemetry_problems(values, environ)
        problems += _engine_problems(values, environ.get("WEBSITE_HOSTNAME", ""))
        if problems:
            raise InvalidSettings("; ".join(problems))
        return cls(**values)


def _parse(kind: Any, raw: str, minimum: int | None) -> Any:
    if kind is bool:
        if raw.lower() not in ("true", "false"):
            raise ValueError("must be true or false")
        return raw.lower() == "true"
    if kind is int:
        try:
            number = int(raw)
        except ValueError:
            raise ValueError("must be a whole number") from None
        if minimum is not None and number < minimum:
            raise ValueError(f"must be at least {minimum}")
        return number
    if kind is float:
        try:
            share = float(raw)
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            raise ValueError("must be a number from 0 to 1")
        return share
    if kind == Secret | None:
        # Left so by the platform where the secret cannot be read: as a key it would be one that everybody can guess.
        if raw.startswith("@Microsoft."):
            raise ValueError("is a reference to Key Vault that was not resolved")
        return Secret(raw)
    return raw


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    problems = []
    if ("storage_account_name" in values) == ("storage_connection_string" in values):
        problems.append("exactly one of STORAGE_ACCOUNT_NAME and STORAGE_CONNECTION_STRING must be set")
    if "storage_connection_string" in values and not values.get("storage_is_emulator"):
        problems.append("STORAGE_CONNECTION_STRING is for the emulator: set STORAGE_IS_EMULATOR to true or use STORAGE_ACCOUNT_NAME")
    if "storage_account_name" in values and values.get("storage_is_emulator"):
        problems.append("STORAGE_IS_EMULATOR must be false where STORAGE_ACCOUNT_NAME is set")
    if "key_encryption_key_file" in values and not values.get("storage_is_emulator"):
        problems.append("KEY_ENCRYPTION_KEY_FILE is for the emulator: a file would be lost with the worker's disk, "
                        "and all data with it; set KEY_ENCRYPTION_KEY_URL")
    if ("key_encryption_key_url" in values) == ("key_encryption_key_file" in values):
        problems.append("exactly one of KEY_ENCRYPTION_KEY_URL and KEY_ENCRYPTION_KEY_FILE must be set")
    if "receipt_signing_key_file" in values and not values.get("storage_is_emulator"):
        problems.append("RECEIPT_SIGNING_KEY_FILE is for the emulator; set RECEIPT_SIGNING_KEY")
    if ("receipt_signing_key" in values) == ("receipt_signing_key_file" in values):
        problems.append("exactly one of RECEIPT_SIGNING_KEY and RECEIPT_SIGNING_KEY_FILE must be set")
    if "receipt_signing_key" in values and not _is_signing_key(values["receipt_signing_key"].reveal()):
        problems.append("RECEIPT_SIGNING_KEY must be 32 bytes in base64")
    if "operator_key" in values and len(values["operator_key"].reveal()) < 32:
        problems.append("OPERATOR_KEY must have at least 32 characters")
    if "reviewer_key" in values and len(values["reviewer_key"].reveal()) < 32:
        problems.append("REVIEWER_KEY must have at least 32 characters")
    if "reviewer_key" in values and values["reviewer_key"] == values.get("operator_key"):
        problems.append("REVIEWER_KEY must differ from OPERATOR_KEY")
    if "operator_key" in values and values["operator_key"].reveal().startswith(_SAMPLE_KEY) \
            and not values.get("storage_is_emulator"):
        problems.append("OPERATOR_KEY is the one of the sample settings, which everybody knows")
    if "entra_operator_audience" in values and "entra_tenant_id" not in values:
        problems.append("ENTRA_OPERATOR_AUDIENCE needs ENTRA_TENANT_ID")
    if not re.fullmatch("[A-Z]{2}( [A-Z]{2})*", values.get("pii_phone_regions", "US")):
        problems.append("PII_PHONE_REGIONS must be codes of two capital letters, separated by spaces")
    if not _are_networks(values.get("fetch_allowed_networks", "")):
        problems.append("FETCH_ALLOWED_NETWORKS must be networks like 10.1.2.0/24, separated by spaces")
    if "operator_key" not in values and "entra_operator_audience" not in values:
        problems.append("OPERATOR_KEY or ENTRA_OPERATOR_AUDIENCE must be set, or nobody can create an account")
    return problems


def _engine_problems(values: Mapping[str, Any], own_host: str) -> list[str]:
    """`own_host` is the name that Azure Functions gives the app, empty elsewhere."""
    problems = []
    for kind in ("text", "image"):
        name, engine = f"{kind.upper()}_ENGINE", values.get(f"{kind}_engine", ENGINES[0])
        if engine not in ENGINES:
            problems.append(f"{name} must be one of {', '.join(ENGINES)}")
        if engine == "onnx" and f"onnx_{kind}_model_folder" not in values:
            problems.append(f"{name} onnx needs ONNX_{kind.upper()}_MODEL_FOLDER")
        if engine == "azure-content-safety" and "azure_content_safety_endpoint" not in values:
            problems.append(f"{name} azure-content-safety needs AZURE_CONTENT_SAFETY_ENDPOINT")
    if not _are_cuts(values.get("image_sexual_cuts", "0.32 0.48 0.8")):
        problems.append("IMAGE_SEXUAL_CUTS must be three numbers between 0 and 1, separated by spaces, the second less than the third")
    if "azure_content_safety_endpoint" in values:
        problems += _forwarding_problems(values["azure_content_safety_endpoint"], values.get("public_endpoint", ""), own_host)
    if "azure_content_safety_key" in values and not re.fullmatch(r"[!-~]+", values["azure_content_safety_key"].reveal()):
        problems.append("AZURE_CONTENT_SAFETY_KEY must be of printable ASCII characters")
    return problems


def _are_cuts(value: str) -> bool:
    numbers = value.split()
    return (len(numbers) == 3 and all(re.fullmatch(r"0?\.[0-9]+", number) and float(number) > 0 for number in numbers)
            and float(numbers[1]) < float(numbers[2]))


def _forwarding_problems(endpoint: str, public_endpoint: str, own_host: str) -> list[str]:
    try:
        parts = urlsplit(endpoint)
        is_address = (parts.scheme in ("https", "http") and parts.hostname and parts.port != 0 and parts.username is None
                      and parts.path in ("", "/") and not parts.query and not parts.fragment)
    except ValueError:
        is_address = False
    if not is_address:
        return ["AZURE_CONTENT_SAFETY_ENDPOINT must be https://<host> alone"]
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        return ["AZURE_CONTENT_SAFETY_ENDPOINT must begin with https, or what is forwarded could be read on the way"]
    if _host_and_port(endpoint) in (_host_and_port(public_endpoint), _host_and_port(f"https://{own_host}")):
        return ["AZURE_CONTENT_SAFETY_ENDPOINT is this deployment itself, which would forward to itself without end"]
    return []


def _telemetry_problems(values: Mapping[str, Any], environ: Mapping[str, str]) -> list[str]:
    problems = [f"{name} must not be set: with it the Functions host logs the address of every request, and so names of lists; "
                "set TELEMETRY_CONNECTION_STRING" for name in _TELEMETRY_OF_THE_HOST if environ.get(name, "").strip()]
    if "telemetry_connection_string" in values:
        # As the exporter reads it: one part that it cannot read, and it takes none.
        parts = values["telemetry_connection_string"].strip(";").split(";")
        said = {part.partition("=")[0].lower(): part.partition("=")[2] for part in parts if all(each.count("=") == 1 for each in parts)}
        endpoint = said.get("ingestionendpoint", "")
        # Without one the exporter takes an address outside the region.
        if not (endpoint.startswith("https://") or endpoint.startswith("http://127.0.0.1:") and values.get("storage_is_emulator")) \
                or not _INSTRUMENTATION_KEY.fullmatch(said.get("instrumentationkey", "")):
            problems.append("TELEMETRY_CONNECTION_STRING must name InstrumentationKey and IngestionEndpoint (https://...), separated by ;")
    return problems


def _host_and_port(address: str) -> tuple[str | None, int | None]:
    try:
        parts = urlsplit(address)
        return parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return None, None


def _are_networks(text: str) -> bool:
    try:
        return all(ipaddress.ip_network(part) for part in text.split())
    except ValueError:
        return False


def _is_signing_key(value: str) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == 32
    except binascii.Error:
        return False
