"""What axe-core has to say of one element of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Locator

MARK = "data-looked-at"

EXPLAINED: dict[str, tuple[str, str]] = {}
"""Rules broken by others inside our panels: by rule, a part of the element's HTML, and why."""


def violations(element: Locator) -> list[str]:
    """Look for violations inside an element; JupyterLab's own are no concern of ours."""
    element.evaluate("(element, mark) => element.setAttribute(mark, '')", MARK)
    response: Any = Axe().run(element.page, context=f"[{MARK}]").response
    element.evaluate("(element, mark) => element.removeAttribute(mark)", MARK)
    assert response["passes"], "axe-core found nothing to look at"
    found = []
    for violation in response["violations"]:
        part, _ = EXPLAINED.get(violation["id"], (None, ""))
        found += [
            f"{violation['id']} ({violation['help']}): {node['html'][:200]}"
            for node in violation["nodes"]
            if part is None or part not in node["html"]
        ]
    return found
