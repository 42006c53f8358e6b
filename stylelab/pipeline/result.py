"""A painted picture, how it came about, and its file."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
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
class PaintedPicture:
    """A picture that was painted, and what its file says of it.

    Attributes:
        image: the picture (H, W, 3), RGB, in [0, 1].
        rights: author, licence and source of each picture that went in, by name.
        inputs: the files that went in, and a checkpoint: `save` overwrites none of them.
        alpha: the photo's transparency, (H, W), from 0, transparent, to 1, if it was to be kept.
        dots_per_inch: the photo's resolution on paper, if its file says one; the saved picture has
            the same.
    """

    image: Picture = field(repr=False)
    _: KW_ONLY
    rights: Mapping[str, Rights] = field(default_factory=dict)
    inputs: tuple[Path, ...] = field(default=(), repr=False)
    alpha: Mask | None = field(default=None, repr=False)
    dots_per_inch: float | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        """How it was painted, as plain values."""
        return {}

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
        metadata = self.metadata
        if taken := [name for name in facts if name in metadata]:
            raise SettingsError(
                "Expected other facts than the settings, which are stored as they were. "
                f"Received: {', '.join(taken)}. Choose other names."
            )
        return save_image(
            path,
            self.image,
            settings=metadata | facts,
            inputs=[*self.inputs, *([inputs] if isinstance(inputs, str | PathLike) else inputs)],
            make_folders=make_folders,
            rights=statement,
            alpha=self.alpha,
            dots_per_inch=self.dots_per_inch,
        )


@dataclass(frozen=True, eq=False)
class Result(PaintedPicture):
    """A painted picture and how it came about.

    ```python
    result = sl.transfer(photo, painting, size=64, steps=2, progress=False)
    result.history[-1].loss, result.stopped
    result.save("cat.png", title="A cat")
    ```

    Attributes: those of every `PaintedPicture`, and
        settings: what it was painted with.
        history: a record of every step.
        seconds: how long the optimizer worked.
        stopped: None, or a sentence that says why the run ended before its last step.
        signal: the number of the signal that ended it, if one did: Ctrl-C is SIGINT.
        styles: what the style was made of, as plain values, if it was not one painting. With a
            content term among them, they are the whole loss.
        start: the name of the picture that the run started from, if there was one.
    """

    settings: Settings
    history: tuple[Record, ...] = field(repr=False)
    seconds: float
    stopped: str | None = None
    signal: int | None = None
    styles: Sequence[Mapping[str, Any]] | None = None
    start: str | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        """Settings as plain values, how the run ended, and what style and start were."""
        metadata = self.settings.describe() | {"stopped": self.stopped}
        if self.start is not None:
            metadata["start"] = self.start
        if self.styles is None:
            return metadata
        if any(term["term"] == "content" for term in self.styles):  # the whole loss
            kept = {name: metadata[name] for name in metadata if name not in TERM_SETTINGS}
            return kept | {"loss": self.styles}
        return metadata | {"styles": self.styles}
