"""What axe-core has to say of one element of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Locator

MARK = "data-looked-at"

# Of what lies below the window axe-core takes all for cut off, though JupyterLab scrolls.
BEGIN = """(element, mark) => {
  element.setAttribute(mark, "");
  element.scrollIntoView({ block: "start" });
  for (let outer = element.parentElement; outer; outer = outer.parentElement) {
    if (getComputedStyle(outer).overflowY !== "visible") outer.style.overflow = "visible";
  }
}"""
END = """(element, mark) => {
  element.removeAttribute(mark);
  for (let outer = element.parentElement; outer; outer = outer.parentElement) {
    outer.style.overflow = "";
  }
}"""

EXPLAINED: dict[str, tuple[str, str]] = {}
"""Rules broken by others inside our panels: by rule, a part of the element's HTML, and why."""


def violations(element: Locator) -> list[str]:
    """Look for violations inside an element; JupyterLab's own are no concern of ours."""
    element.evaluate(BEGIN, MARK)
    options = {"resultTypes": ["violations", "passes"]}
    response: Any = Axe().run(element.page, f"[{MARK}]", options).response
    element.evaluate(END, MARK)
    assert _contrasts(response["passes"] + response["violations"]), "axe-core saw no text"
    found = []
    for violation in response["violations"]:
        part, _ = EXPLAINED.get(violation["id"], (None, ""))
        found += [
            f"{violation['id']} ({violation['help']}): {node['html'][:200]}"
            for node in violation["nodes"]
            if part is None or part not in node["html"]
        ]
    return found


def _contrasts(rules: list[Any]) -> list[float]:
    """Contrast of every text that axe-core has found visible."""
    nodes = [node for rule in rules if rule["id"] == "color-contrast" for node in rule["nodes"]]
    found = [check["data"].get("contrastRatio") for node in nodes for check in node["any"]]
    return [contrast for contrast in found if contrast is not None]
