"""A painted picture and how it came about."""

from __future__ import annotations

from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any

from stylelab.errors import SettingsError
from stylelab.pictures.saving import save_image
from stylelab.pipeline.settings import TERM_SETTINGS, Settings
from stylelab.rights.writing import make_rights_statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stylelab.pictures.images import Picture
    from stylelab.pictures.masks import Mask
    from stylelab.pipeline.progress import Record
    from stylelab.rights.record import Rights


@dataclass(frozen=True, eq=False)
class Result:
    """A painted picture and how it came about.

    ```python
    result = sl.transfer(photo, painting, size=64, steps=2, progress=False)
    result.history[-1].loss, result.stopped
    result.save("cat.png", title="A cat")
    ```

    Attributes:
        image: the picture (H, W, 3), RGB, in [0, 1].
        settings: what it was painted with.
        history: a record of every step.
        seconds: how long the optimizer worked.
        stopped: None, or a sentence that says why the run ended before its last step.
        signal: the number of the signal that ended it, if one did: Ctrl-C is SIGINT.
        styles: what the style was made of, as plain values, if it was not one painting. With a
            content term among them, they are the whole loss.
        start: the name of the picture that the run started from, if there was one.
        rights: author, licence and source of each picture that went in, by name.
        inputs: the files that went in, and the checkpoint: `save` overwrites none of them.
        alpha: the photo's transparency, (H, W), from 0, transparent, to 1, if it was to be kept.
        dots_per_inch: the photo's resolution on paper, if its file says one; the saved picture has
            the same.
    """

    image: Picture = field(repr=False)
    settings: Settings
    history: tuple[Record, ...] = field(repr=False)
    seconds: float
    stopped: str | None = None
    signal: int | None = None
    styles: Sequence[Mapping[str, Any]] | None = None
    start: str | None = None
    rights: Mapping[str, Rights] = field(default_factory=dict)
    inputs: tuple[Path, ...] = field(default=(), repr=False)
    alpha: Mask | None = field(default=None, repr=False)
    dots_per_inch: float | None = None

    def save(
        self,
        path: str | PathLike[str],
        *,
        inputs: Sequence[str | PathLike[str]] = (),
        make_folders: bool = False,
        title: str | None = None,
        creator: str | None = None,
        licence: str | None = None,
        **facts: object,
    ) -> Path:
        """Save the picture, with settings and rights in the file's metadata.

        Args:
            path: where; see `save_image`.
            inputs: further files that must not be overwritten: masks, for example.
            make_folders: whether to make missing folders.
            title: what the picture is called.
            creator: who you are, if you want to be named.
            licence: under what terms you offer it: one that what went in permits
                (`make_rights_statement`).
            **facts: what else to store with the settings.

        Raises:
            OutputError: it cannot be written there.
            RightsError: what went in does not permit that licence.
        """
        statement = make_rights_statement(
            self.rights, title=title, creator=creator, licence=licence
        )
        settings = self.settings.describe()
        if taken := [name for name in facts if name in settings]:
            raise SettingsError(
                "Expected other facts than the settings, which are stored as they were. "
                f"Received: {', '.join(taken)}. Choose other names."
            )
        metadata = settings | facts | {"stopped": self.stopped}
        if self.start is not None:
            metadata["start"] = self.start
        if self.styles is not None:
            whole = any(term["term"] == "content" for term in self.styles)
            metadata["loss" if whole else "styles"] = self.styles
            if whole:
                metadata = {name: metadata[name] for name in metadata if name not in TERM_SETTINGS}
        return save_image(
            path,
            self.image,
            settings=metadata,
            inputs=[*self.inputs, *([inputs] if isinstance(inputs, str | PathLike) else inputs)],
            make_folders=make_folders,
            rights=statement,
            alpha=self.alpha,
            dots_per_inch=self.dots_per_inch,
        )
