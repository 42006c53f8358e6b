"""Pictures as the outputs of notebook cells."""

from __future__ import annotations

import base64
import html
from typing import Any


def mimebundle(
    file: bytes, mime: str, alt: str, *, width: int | None = None
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return a picture with its alt text as the MIME bundle of a notebook output, and the metadata.

    Exported pages leave out the alt text in an image's metadata, so the bundle has HTML as well; LaTeX
    and others take the image itself.

    Args:
        file: the picture, as a file's content.
        mime: the file's type, as in `"image/png"`.
        alt: what it shows, in words.
        width: in pixels of the page; by default the picture's own.
    """
    encoded = base64.b64encode(file).decode("ascii")
    size: dict[str, Any] = {} if width is None else {"width": width}
    attributes = "".join(f' {name}="{value}"' for name, value in size.items())
    html_text = (
        f'<img alt="{html.escape(alt)}" src="data:{mime};base64,{encoded}"{attributes} '
        'style="max-width: 100%">'
    )
    return {mime: encoded, "text/html": html_text, "text/plain": alt}, {mime: {"alt": alt, **size}}
