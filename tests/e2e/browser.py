"""A real Chromium for tests of pages: what each visit must not do, pictures of a page at two widths, and what axe finds."""
from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from dev import browser
from dev.environment import ROOT

# Narrow as a telephone, and a window on a desk.
WIDTHS = (400, 1280)
ARTIFACTS = ROOT / ".artifacts" / "pages"
_HEIGHT = 900
_TIMEOUT_MS = 20_000
_LOOPBACK = ("127.0.0.1", "localhost")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium, started once. Raises CannotInstall where there is none."""
    installed = browser.installed()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=installed.executable, env=installed.environment)
        yield running
        running.close()


@contextmanager
def visits(running: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A function that makes contexts, which share nothing: `new_context(**options)`.

    At the end nothing may have been refused by the policy of the pages, failed in their script, or been asked of another host.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def new_context(**options: Any) -> BrowserContext:
        context = running.new_context(**{"viewport": {"width": WIDTHS[-1], "height": _HEIGHT}, **options})
        context.set_default_timeout(_TIMEOUT_MS)
        context.on("weberror", lambda error: faults.append(f"error in a script: {error.error}"))
        context.on("console", lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None)
        context.on("request", lambda request: faults.append(f"asked of {request.url}") if _is_elsewhere(request.url) else None)
        contexts.append(context)
        return context

    try:
        yield new_context
    finally:
        for context in contexts:
            context.close()
    assert not faults, faults


def follow(link: Locator) -> None:
    """Click what leads to another page, or to the same one anew, and wait for that page: a click alone does not."""
    with link.page.expect_navigation():
        link.click()


def photograph(page: Page, name: str) -> None:
    """Keep a picture of the whole page at each width, where it must not have to be scrolled sideways."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": _HEIGHT})
        page.screenshot(path=ARTIFACTS / f"{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width} px"
    if before:
        page.set_viewport_size(before)


def accessibility_findings(page: Page) -> list[str]:
    """What axe finds on the page that is serious or critical, as `rule: element`, by WCAG 2.2 A and AA and best practice."""
    # By the debugger, which no Content-Security-Policy binds.
    page.evaluate(_axe())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['html']}"
        for violation in found["violations"] if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def look_over(page: Page, name: str) -> None:
    """Both widths and both colour schemes of a page: pictures kept, and nothing serious found by axe."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        photograph(page, name if scheme == "light" else f"{name}-dark")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": _HEIGHT})
            found = accessibility_findings(page)
            assert not found, f"{name}, {width} px, {scheme}: {found}"
    page.emulate_media(color_scheme="light")


@functools.cache
def _axe() -> str:
    return browser.AXE.read_text("utf-8")


def _is_elsewhere(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in _LOOPBACK
