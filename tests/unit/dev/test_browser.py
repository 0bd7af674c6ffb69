"""Where there is no browser to test with, that is said, with what to do."""
from __future__ import annotations

import pytest

from dev import browser, test
from dev.environment import CannotInstall


def test_a_browser_that_is_not_installed_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr(browser, "_STAMP", tmp_path / "stamp")
    with pytest.raises(CannotInstall, match="`python3 dev test` installs it"):
        browser.installed.__wrapped__()


def test_a_machine_that_no_browser_can_be_installed_on_needs_one_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotInstall, match="riscv64, and none of chromium, "):
        browser.installed.__wrapped__()
    own = tmp_path / "chromium"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    assert browser.installed.__wrapped__() == browser.Browser(own, {})


def test_the_tests_are_run_without_a_browser_too_and_it_is_said(monkeypatch, capsys):
    def fail() -> None:
        raise CannotInstall("No network.")
    monkeypatch.setattr(browser, "ensure", fail)
    monkeypatch.setattr(pytest, "main", lambda arguments: 0)
    assert test.main([]) == 0
    assert capsys.readouterr().err == "No network. Tests of the review pages will fail.\n"
