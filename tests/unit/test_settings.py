"""Settings: everything wrong is named at once and no value shown, defaults, contradictions, secrets."""
from __future__ import annotations

import copy
import dataclasses
import json
import traceback
from pathlib import Path

import pytest

from shared.settings import InvalidSettings, Secret, Settings

SECRET_TEXT = "very-secret-" + "z" * 32
AZURE = {
    "REGION": "westeurope", "STORAGE_ACCOUNT_NAME": "contoso", "KEY_ENCRYPTION_KEY_URL": "https://vault.example/keys/name",
    "OPERATOR_KEY": SECRET_TEXT, "RECEIPT_SIGNING_KEY": "c" * 43 + "=",
}
EMULATOR = {
    "REGION": "local", "STORAGE_CONNECTION_STRING": "UseDevelopmentStorage=true", "STORAGE_IS_EMULATOR": "true",
    "KEY_ENCRYPTION_KEY_FILE": "key", "RECEIPT_SIGNING_KEY_FILE": "receipt-key",
    "OPERATOR_KEY": "development-only-operator-key-for-the-emulator",
}
SAMPLE = Path(__file__).resolve().parents[2] / "local.settings.sample.json"


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(InvalidSettings) as refused:
        Settings.from_environ(environ)
    return str(refused.value)


def test_the_fewest_settings_of_a_deployment_in_azure_are_enough_and_the_rest_have_defaults():
    settings = Settings.from_environ(AZURE)
    assert (settings.region, settings.storage_account_name, settings.storage_connection_string) == ("westeurope", "contoso", None)
    assert settings.operator_key == Secret(SECRET_TEXT)
    assert settings.storage_is_emulator is settings.strict_contract is False
    assert settings.blocklist_item_limit == 1_000_000  # "one million entries each"
    assert settings.entra_tenant_id is settings.entra_operator_audience is settings.public_endpoint is None


def test_the_sample_settings_are_good_for_the_emulator_and_name_every_setting():
    values = json.loads(SAMPLE.read_text())["Values"]
    assert Settings.from_environ(values).storage_is_emulator
    assert {field.name.upper() for field in dataclasses.fields(Settings)} <= set(values)


KEY = "InstrumentationKey=00000000-0000-0000-0000-000000000007"


@pytest.mark.parametrize("value", [
    f"{KEY};IngestionEndpoint=https://westeurope-5.in.example/", f"IngestionEndpoint=https://w.example;{KEY};ApplicationId=x;",
    f"{KEY};ingestionendpoint=https://w.example/;LiveEndpoint=https://live.example/"])
def test_a_connection_string_of_telemetry_names_a_key_and_an_address(value):
    assert Settings.from_environ({**AZURE, "TELEMETRY_CONNECTION_STRING": value}).telemetry_connection_string == value


@pytest.mark.parametrize("value", [
    KEY, f"{KEY};IngestionEndpoint=", f"{KEY};IngestionEndpoint=http://w.example/", f"{KEY};IngestionEndpoint=http://127.0.0.1:80/",
    "IngestionEndpoint=https://w.example/", "InstrumentationKey=0;IngestionEndpoint=https://w.example/", "anything", f"{KEY}0;{KEY}",
    f"{KEY}; IngestionEndpoint=https://w.example/", f"{KEY};IngestionEndpoint=https://w.example/;a=b=c",
    f"{KEY};IngestionEndpoint=https://w.example/;a"])
def test_a_connection_string_that_would_send_elsewhere_or_in_the_open_is_refused(value):
    message = refusal({**AZURE, "TELEMETRY_CONNECTION_STRING": value})
    assert "TELEMETRY_CONNECTION_STRING" in message and value not in message


def test_in_development_telemetry_may_go_to_this_machine_without_encryption():
    assert Settings.from_environ({**EMULATOR, "TELEMETRY_CONNECTION_STRING": f"{KEY};IngestionEndpoint=http://127.0.0.1:80/"})
    refusal({**EMULATOR, "TELEMETRY_CONNECTION_STRING": f"{KEY};IngestionEndpoint=http://192.0.2.1:80/"})


@pytest.mark.parametrize("name", ["APPLICATIONINSIGHTS_CONNECTION_STRING", "APPINSIGHTS_INSTRUMENTATIONKEY"])
@pytest.mark.parametrize("environ", [AZURE, EMULATOR], ids=["Azure", "emulator"])
def test_the_hosts_own_telemetry_is_refused(environ, name):
    assert name in refusal({**environ, name: SECRET_TEXT})
    assert SECRET_TEXT not in refusal({**environ, name: SECRET_TEXT})
    assert Settings.from_environ({**environ, name: ""})


def test_everything_missing_is_named_in_one_message():
    message = refusal({})
    for name in ("REGION", "STORAGE_ACCOUNT_NAME", "STORAGE_CONNECTION_STRING", "KEY_ENCRYPTION_KEY_URL",
                 "KEY_ENCRYPTION_KEY_FILE", "OPERATOR_KEY", "ENTRA_OPERATOR_AUDIENCE"):
        assert name in message


def test_everything_malformed_is_named_in_one_message_and_no_value_shown():
    values = {"STORAGE_IS_EMULATOR": "maybe-1", "STRICT_CONTRACT": "maybe-2", "BLOCKLIST_ITEM_LIMIT": "many-3",
              "LIST_CACHE_MEGABYTES": "-44", "DATA_KEY_SETTLE_SECONDS": "5.5", "OPERATOR_KEY": "short-6"}
    message = refusal({**AZURE, **values})
    for name, value in values.items():
        assert name in message
        assert value not in message


@pytest.mark.parametrize("environ", [
    {**AZURE, "REGION": ""},
    {**AZURE, "STORAGE_CONNECTION_STRING": f"AccountKey={SECRET_TEXT}"},
    {**AZURE, "BLOCKLIST_ITEM_LIMIT": SECRET_TEXT},
    {**AZURE, "STORAGE_IS_EMULATOR": SECRET_TEXT},
    {**EMULATOR, "OPERATOR_KEY": SECRET_TEXT[:31], "STORAGE_CONNECTION_STRING": SECRET_TEXT},
])
def test_no_refusal_shows_a_secret_even_in_its_traceback(environ):
    try:
        Settings.from_environ(environ)
    except InvalidSettings:
        assert SECRET_TEXT not in traceback.format_exc()
        assert SECRET_TEXT[:31] not in traceback.format_exc()
    else:
        pytest.fail("accepted")


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_an_empty_value_counts_as_absent(blank):
    optional = {field.name.upper(): blank for field in dataclasses.fields(Settings) if field.name.upper() not in AZURE}
    assert Settings.from_environ({**AZURE, **optional}) == Settings.from_environ(AZURE)
    assert "REGION" in refusal({**AZURE, "REGION": blank})


def test_space_around_a_value_is_not_part_of_it():
    assert Settings.from_environ({**AZURE, "REGION": " westeurope\n"}).region == "westeurope"


@pytest.mark.parametrize(("text", "value"), [("true", True), ("True", True), ("FALSE", False), ("false", False)])
def test_truth_is_written_as_a_word(text, value):
    assert Settings.from_environ({**AZURE, "STRICT_CONTRACT": text}).strict_contract is value


@pytest.mark.parametrize("text", ["1", "0", "yes", "on", "tru"])
def test_truth_is_written_as_no_other_word(text):
    assert "STRICT_CONTRACT" in refusal({**AZURE, "STRICT_CONTRACT": text})


@pytest.mark.parametrize(("name", "least"), [("BLOCKLIST_ITEM_LIMIT", 1), ("LIST_CACHE_MEGABYTES", 1),
                                             ("DATA_KEY_SETTLE_SECONDS", 0), ("DELETED_ACCOUNT_GRACE_HOURS", 0),
                                             ("ACCOUNT_CACHE_SECONDS", 1)])
def test_numbers_have_a_least_value(name, least):
    assert getattr(Settings.from_environ({**AZURE, name: str(least)}), name.lower()) == least
    assert name in refusal({**AZURE, name: str(least - 1)})


@pytest.mark.parametrize(("changes", "named"), [
    ({"STORAGE_CONNECTION_STRING": "x"}, "STORAGE_ACCOUNT_NAME"),
    ({"STORAGE_ACCOUNT_NAME": ""}, "STORAGE_ACCOUNT_NAME"),
    ({"STORAGE_ACCOUNT_NAME": "", "STORAGE_CONNECTION_STRING": "x"}, "STORAGE_IS_EMULATOR"),
    ({"STORAGE_ACCOUNT_NAME": "", "STORAGE_CONNECTION_STRING": "x", "STORAGE_IS_EMULATOR": "false"}, "STORAGE_IS_EMULATOR"),
    ({"KEY_ENCRYPTION_KEY_FILE": "x"}, "KEY_ENCRYPTION_KEY_URL"),
    ({"KEY_ENCRYPTION_KEY_URL": ""}, "KEY_ENCRYPTION_KEY_URL"),
    ({"RECEIPT_SIGNING_KEY": ""}, "RECEIPT_SIGNING_KEY"),
    ({"RECEIPT_SIGNING_KEY": "c" * 42}, "RECEIPT_SIGNING_KEY must be 32 bytes"),
    ({"RECEIPT_SIGNING_KEY": "c" * 40}, "RECEIPT_SIGNING_KEY must be 32 bytes"),
    ({"RECEIPT_SIGNING_KEY_FILE": "x"}, "RECEIPT_SIGNING_KEY_FILE is for the emulator"),
    ({"OPERATOR_KEY": ""}, "OPERATOR_KEY"),
    ({"OPERATOR_KEY": "k" * 32, "REVIEWER_KEY": "k" * 32}, "REVIEWER_KEY must differ"),
    ({"ENTRA_OPERATOR_AUDIENCE": "api://x"}, "ENTRA_TENANT_ID"),
    ({"OPERATOR_KEY": "", "ENTRA_OPERATOR_AUDIENCE": "api://x"}, "ENTRA_TENANT_ID"),
])
def test_settings_that_contradict_each_other_are_refused(changes, named):
    assert named in refusal({**AZURE, **changes})


def test_an_operator_may_be_known_by_token_alone():
    environ = {**AZURE, "OPERATOR_KEY": "", "ENTRA_TENANT_ID": "t", "ENTRA_OPERATOR_AUDIENCE": "api://x"}
    assert Settings.from_environ(environ).operator_key is None


@pytest.mark.parametrize(("length", "is_taken"), [(31, False), (32, True)])
def test_an_operator_key_has_32_characters_at_least(length, is_taken):
    environ = {**AZURE, "OPERATOR_KEY": "k" * length}
    if is_taken:
        Settings.from_environ(environ)
    else:
        assert "OPERATOR_KEY" in refusal(environ)


@pytest.mark.parametrize(("length", "is_taken"), [(31, False), (32, True)])
def test_a_reviewers_key_has_32_characters_at_least(length, is_taken):
    environ = {**AZURE, "REVIEWER_KEY": "k" * length}
    if is_taken:
        Settings.from_environ(environ)
    else:
        assert "REVIEWER_KEY" in refusal(environ)


def test_the_operator_key_of_the_sample_settings_is_refused_off_the_emulator():
    sample_key = json.loads(SAMPLE.read_text())["Values"]["OPERATOR_KEY"]
    Settings.from_environ({**EMULATOR, "OPERATOR_KEY": sample_key})
    message = refusal({**AZURE, "OPERATOR_KEY": sample_key})
    assert "OPERATOR_KEY" in message and sample_key not in message


def test_a_secret_shows_itself_only_when_asked():
    settings = Settings.from_environ({**EMULATOR, "OPERATOR_KEY": SECRET_TEXT, "STORAGE_CONNECTION_STRING": SECRET_TEXT})
    secret = settings.operator_key
    for shown in (repr(settings), str(settings), f"{settings}", repr(secret), str(secret), f"{secret!s:>5}", "%s" % secret,  # noqa: UP031 (another way to show it)
                  repr(dataclasses.asdict(settings)), repr([secret]), str({"key": secret})):
        assert "very-secret" not in shown
    assert secret.reveal() == SECRET_TEXT
    with pytest.raises(TypeError):
        json.dumps(secret)


@pytest.mark.parametrize("name", ["OPERATOR_KEY", "REVIEWER_KEY", "RECEIPT_SIGNING_KEY", "AZURE_CONTENT_SAFETY_KEY"])
def test_a_reference_to_key_vault_that_was_not_resolved_is_no_secret(name):
    message = refusal({**AZURE, name: "@Microsoft.KeyVault(SecretUri=https://contoso.vault.azure.net/secrets/some-key)"})
    assert f"{name} is a reference to Key Vault that was not resolved" in message and "contoso" not in message


def test_secrets_are_equal_when_their_texts_are():
    assert Secret("a") == Secret("a") == copy.deepcopy(Secret("a"))
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != Secret("b") and Secret("a") != "a"


def test_settings_do_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings.from_environ(AZURE).region = "elsewhere"


RESOURCE = "https://contoso.cognitiveservices.azure.com"
FORWARDING = {**AZURE, "TEXT_ENGINE": "azure-content-safety", "AZURE_CONTENT_SAFETY_ENDPOINT": RESOURCE}


def test_the_project_judges_texts_itself_unless_told_otherwise():
    assert Settings.from_environ(AZURE).text_engine == "built-in"
    # An address alone forwards nothing.
    assert Settings.from_environ({**AZURE, "AZURE_CONTENT_SAFETY_ENDPOINT": RESOURCE}).text_engine == "built-in"


@pytest.mark.parametrize(("changes", "named"), [
    ({"TEXT_ENGINE": "azure"}, "TEXT_ENGINE must be one of built-in, onnx, azure-content-safety"),
    ({"TEXT_ENGINE": "onnx"}, "ONNX_TEXT_MODEL_FOLDER"),
    ({"TEXT_ENGINE": "azure-content-safety"}, "AZURE_CONTENT_SAFETY_ENDPOINT"),
    ({"IMAGE_ENGINE": "nsfwjs"}, "IMAGE_ENGINE must be one of built-in, onnx, azure-content-safety"),
    ({"IMAGE_ENGINE": "onnx"}, "ONNX_IMAGE_MODEL_FOLDER"),
    ({"IMAGE_ENGINE": "azure-content-safety"}, "IMAGE_ENGINE azure-content-safety needs AZURE_CONTENT_SAFETY_ENDPOINT"),
])
def test_an_engine_needs_its_settings(changes, named):
    assert named in refusal({**AZURE, **changes})


def test_each_kind_of_content_has_an_engine_of_its_own():
    settings = Settings.from_environ({**AZURE, "IMAGE_ENGINE": "azure-content-safety", "AZURE_CONTENT_SAFETY_ENDPOINT": RESOURCE})
    assert (settings.text_engine, settings.image_engine) == ("built-in", "azure-content-safety")


@pytest.mark.parametrize("cuts", ["0.32 0.48 0.8", ".5 .1 .11", "0.999 0.001 0.002"])
def test_cuts_of_pictures_are_three_numbers(cuts):
    assert Settings.from_environ({**AZURE, "IMAGE_SEXUAL_CUTS": cuts}).image_sexual_cuts == cuts


@pytest.mark.parametrize("cuts", ["0.3 0.5", "0.3 0.5 0.8 0.9", "0.3 0.8 0.5", "0.3 0.5 0.5", "0 0.5 0.8", "0.3 0.5 1", "0.3, 0.5, 0.8",
                                  "0.3 0.5 nan", "a b c", "-0.3 0.5 0.8"])
def test_cuts_that_are_none_are_refused(cuts):
    assert "IMAGE_SEXUAL_CUTS must be three numbers" in refusal({**AZURE, "IMAGE_SEXUAL_CUTS": cuts})


@pytest.mark.parametrize("endpoint", [
    RESOURCE, f"{RESOURCE}/", f"{RESOURCE}:8443", "http://127.0.0.1:7071", "http://localhost", "http://[::1]:7071"])
def test_texts_are_forwarded_over_https_or_within_the_machine(endpoint):
    assert Settings.from_environ({**FORWARDING, "AZURE_CONTENT_SAFETY_ENDPOINT": endpoint}).azure_content_safety_endpoint == endpoint


@pytest.mark.parametrize("endpoint", [
    "http://contoso.cognitiveservices.azure.com", "http://127.0.0.1.example", "http://10.0.0.4", "contoso.cognitiveservices.azure.com",
    "https://", "ftp://contoso.example", f"{RESOURCE}/contentsafety", f"{RESOURCE}?a=b", f"{RESOURCE}#a", "https://me:secret@contoso.example",
    "https://contoso.example:port", "https://contoso.example:99999", "https://[::1"])
def test_any_other_address_is_refused_for_forwarding(endpoint):
    message = refusal({**FORWARDING, "AZURE_CONTENT_SAFETY_ENDPOINT": endpoint})
    assert "AZURE_CONTENT_SAFETY_ENDPOINT must" in message and endpoint not in message.replace("must be https://<host>", "")


@pytest.mark.parametrize("own", [
    {"PUBLIC_ENDPOINT": "https://CONTOSO.cognitiveservices.azure.com:443/"}, {"WEBSITE_HOSTNAME": "contoso.cognitiveservices.azure.com"}])
def test_a_deployment_does_not_forward_to_itself(own):
    assert "this deployment itself" in refusal({**FORWARDING, **own})


@pytest.mark.parametrize("others", [
    {"PUBLIC_ENDPOINT": "https://contoso.example"}, {"WEBSITE_HOSTNAME": "contoso.azurewebsites.net"}, {"PUBLIC_ENDPOINT": "https://[::1"},
    {"PUBLIC_ENDPOINT": f"{RESOURCE}:8443"}])
def test_a_deployment_forwards_to_others(others):
    assert Settings.from_environ({**FORWARDING, **others}).text_engine == "azure-content-safety"


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "clé", "\u0000"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(key):
    message = refusal({**FORWARDING, "AZURE_CONTENT_SAFETY_KEY": f"a{key}b"})
    assert message == "AZURE_CONTENT_SAFETY_KEY must be of printable ASCII characters"


@pytest.mark.parametrize("regions", ["US", "US GB", "FR DE IT"])
def test_phone_regions_are_codes_of_two_capitals(regions):
    assert Settings.from_environ({**AZURE, "PII_PHONE_REGIONS": regions}).pii_phone_regions == regions


@pytest.mark.parametrize("regions", ["us", "USA", "US,GB", "US  GB", "+1"])
def test_anything_else_is_no_phone_region(regions):
    assert "PII_PHONE_REGIONS" in refusal({**AZURE, "PII_PHONE_REGIONS": regions})


@pytest.mark.parametrize("name", ["ADULT_THRESHOLD", "RACY_THRESHOLD"])
def test_a_threshold_is_a_number_from_0_to_1(name):
    for within in ("0", "0.48", "1"):
        assert getattr(Settings.from_environ({**AZURE, name: within}), name.lower()) == float(within)
    for beyond in ("-0.01", "1.01", "nan", "inf", "48 %", "high"):
        assert f"{name} must be a number from 0 to 1" in refusal({**AZURE, name: beyond})
