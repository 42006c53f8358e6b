"""What a panel looks like: broken links, what sticks out of it, what is scrolled sideways."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator


def broken_links(element: Locator) -> int:
    """Number of icons by which JupyterLab marks, in an element, that a widget has no kernel."""
    count: int = element.evaluate(
        """(element) => [element, ...element.querySelectorAll(".jupyter-widgets-disconnected")]
          .filter((each) => each.matches(".jupyter-widgets-disconnected"))
          .filter((each) => getComputedStyle(each, "::before").content !== "none").length"""
    )
    return count


def sticking_out(element: Locator) -> list[str]:
    """Parts of an element that begin left of it or end right of it, and are not cut off or scrolled."""
    parts: list[str] = element.evaluate(
        """(element) => {
          const { left, right } = element.getBoundingClientRect();
          const hidden = (part) => part !== element && (
            ["hidden", "auto", "scroll", "clip"].includes(getComputedStyle(part).overflowX)
            || hidden(part.parentElement));
          return [...element.querySelectorAll("*")].filter((part) => {
            const box = part.getBoundingClientRect();
            if (!box.width || !box.height || hidden(part.parentElement)) return false;
            return box.left < left - 1 || box.right > right + 1;
          }).map((part) => `${part.tagName.toLowerCase()}.${part.getAttribute("class")}`);
        }"""
    )
    return parts


def scrolled_sideways(element: Locator) -> list[str]:
    """Parts of an element, and itself, that are wider inside than outside, cut off or not."""
    parts: list[str] = element.evaluate(
        """(element) => [element, ...element.querySelectorAll("div, p, label, table")]
          .filter((part) => part.clientWidth && part.scrollWidth > part.clientWidth + 1)
          .map((part) => `${part.tagName.toLowerCase()}.${part.getAttribute("class")}`)"""
    )
    return parts
