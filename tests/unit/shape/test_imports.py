"""Imports point down the staircase, and each outside library is imported only where it belongs."""
from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
MODULES = [ROOT / "function_app.py", *sorted((ROOT / "shared").rglob("*.py"))]

# Higher stairs import lower ones. Rooms stand on one stair; which of them may see which is said below.
STAIRS = {"errors": 0, "caching": 0, "memory": 0, "version": 0, "crypto": 1, "engine_loading": 1, "onnx_sessions": 1, "outbound": 1,
          "telemetry": 1, "storage": 2, "rooms": 3, "services": 4, "http": 5, "jobs": 6, "api": 6, "bootstrap": 7, "function_app": 8}
ROOMS = {
    "matching": set(),
    "indexing": {"matching"},
    "accounts": set(),
    "blocklists": {"indexing", "matching"},
    "term_lists": {"indexing", "matching"},
    "imaging": set(),
    "image_lists": {"imaging", "indexing"},
    "text_analysis": {"blocklists", "term_lists", "matching"},
    "image_analysis": {"imaging", "text_analysis"},
    "classifiers": {"imaging"},
    "teams": set(),
    "callbacks": {"teams"},
    "reviews": {"teams", "callbacks", "imaging"},
    "sessions": {"accounts", "teams"},
    "workflows": {"teams", "reviews", "callbacks", "text_analysis", "image_analysis", "imaging"},
    # An account's end is a state of the directory; of every other room it knows what holdings declare.
    "lifecycle": {"accounts"},
    "sample_content": set(),
    "cached_images": set(),
    # A single file: what must work before requests are taken, handed in as functions.
    "readiness": set(),
    "deployment_gate": set(),
}
SETTINGS_READERS = {"function_app", "bootstrap", "services"}
# A library's name begins so: the places that may import it.
LIBRARIES = {
    "azure.functions": {"function_app", "http", "jobs"},
    "azure.storage": {"storage", "bootstrap"},
    "azure.data": {"storage", "bootstrap"},
    "azure.ai": {"text_analysis", "image_analysis"},
    "azure.core": {"storage", "crypto", "text_analysis", "image_analysis", "telemetry"},
    "azure.monitor": {"telemetry"},
    "opentelemetry": {"telemetry"},
    "azure.identity": {"bootstrap"},
    "azure.keyvault": {"crypto"},
    "cryptography": {"crypto", "lifecycle"},
    "pydantic": {"api", "http", "jobs"},
    "re2": {"matching"},
    "jwt": {"accounts"},
    "urllib3": {"outbound"},
    "jinja2": {"api"},
    "dev": set(),
    "tests": set(),
}


def place_of(module: str) -> str:
    """`shared.http.pipeline` stands in `http`, `function_app` in itself."""
    parts = module.split(".")
    return parts[1] if parts[0] == "shared" and len(parts) > 1 else parts[0]


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> Iterator[str]:
    """Every module that is imported anywhere in a file, inside functions and for type checking too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} has a relative import"
            if node.module == "shared":
                yield from (f"shared.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def may_import(importer: str, target: str) -> bool:
    if importer == target:
        return True
    if target == "settings":
        return importer in SETTINGS_READERS
    if importer in ROOMS and target in ROOMS:
        return target in ROOMS[importer]
    above, below = (STAIRS["rooms"] if place in ROOMS else STAIRS.get(place) for place in (importer, target))
    return above is not None and below is not None and below < above


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_down_the_stairs(path: Path):
    importer = place_of(name_of(path))
    ours = [module for module in imported(path) if module.partition(".")[0] in ("shared", "function_app")]

    skipped = [f"{name_of(path)} imports {module}" for module in ours if not may_import(importer, place_of(module))]

    assert skipped == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_library_is_imported_only_where_it_belongs(path: Path):
    importer = place_of(name_of(path))

    misplaced = [f"{name_of(path)} imports {module}" for module in imported(path)
                 for library, places in LIBRARIES.items()
                 if (module == library or module.startswith(f"{library}.")) and importer not in places]

    assert misplaced == []


def test_every_folder_of_shared_has_its_place_on_the_staircase():
    names = {place_of(name_of(path)) for path in MODULES} - {"shared"}

    assert names <= STAIRS.keys() | ROOMS.keys() | {"settings"}


def test_families_of_the_wire_floor_do_not_import_one_another():
    families = {path.name for path in (ROOT / "shared" / "api").iterdir() if path.is_dir() and path.name[0] != "_"}
    for path in (ROOT / "shared" / "api").glob("*/*.py"):
        if path.parent.name == "review_ui":  # its pages try what the families do, within the limits that these say
            continue
        others = families - {path.parent.name}
        assert not [module for module in imported(path) if module.split(".")[:2] == ["shared", "api"]
                    and module.split(".")[2:3] and module.split(".")[2] in others]


def test_settings_import_nothing_of_ours():
    assert not [module for module in imported(ROOT / "shared" / "settings.py") if module.startswith("shared")]


def test_models_of_rooms_are_free_of_sdks_and_pydantic():
    for path in (ROOT / "shared").glob("*/models.py"):
        assert not [module for module in imported(path)
                    if module.partition(".")[0] in ("azure", "pydantic", "numpy", "re2")]


def test_a_cold_start_loads_no_engine():
    """A request for a list must not wait for numpy, regular expressions, or the library of managed identities."""
    program = ("import sys, shared.bootstrap, shared.api, shared.http.register, shared.jobs.register, "
               "shared.jobs.work; "
               "print([name for name in ('numpy', 're2', 'phonenumbers', 'py3langid', 'spellchecker', 'onnxruntime', "
               "'tokenizers', 'azure.ai', 'azure.identity', 'azure.keyvault', 'azure.monitor', 'opentelemetry', 'jwt', 'PIL', 'scipy') "
               "if name in sys.modules])")

    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "[]"
