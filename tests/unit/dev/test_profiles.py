"""A parameter file is refused if it has settings that the template would ignore."""
from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dev.deployment import tools


@pytest.mark.parametrize(("settings", "unknown"), [
    ({}, ""), ({"TERM_LIMIT": "5", "HAS_REVIEWER_KEY": True}, ""), ({"TERM_LIMITS": "5"}, "TERM_LIMITS"),
    ({"STRICT_CONTRACT": "true", "OPERATOR_KEY": "x"}, "OPERATOR_KEY, STRICT_CONTRACT")])
def test_settings_are_those_that_the_template_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict, unknown: str):
    infra = Path(shutil.copytree(tools.INFRA, tmp_path / "infra"))
    file = infra / "parameters" / "production.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "settings": settings}))
    monkeypatch.setattr(tools, "INFRA", infra)
    if not unknown:
        tools.check_profile("production")
        return
    with pytest.raises(tools.CannotDeploy) as refused:
        tools.check_profile("production")
    assert str(refused.value).endswith(f"settings that there are not: {unknown}")
