"""Painting in one pass: networks to choose from, the mixture of their styles, and what was painted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from stylelab.errors import NetworkFileError
from stylelab.painting.network_files import SUFFIX, load_network, save_network
from stylelab.painting.paint import STORED_NETWORKS, find_network, paint
from stylelab.panels.messages import display_name
from stylelab.panels.studio.code_export import string_literal
from stylelab.panels.studio.exported_file import ExportedFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.painting.paint import NetworkSource, PaintedPhoto
    from stylelab.painting.painting_network import PaintingNetwork
    from stylelab.panels.studio.picture_choice import PictureChoice

FIRST = "seven_styles"
"""The network that is chosen first, if it came along."""

WHOLE_SHARE = 100.0
"""Share of a style that counts alone; only the ratios of shares matter."""


@dataclass(frozen=True, eq=False)
class NetworkChoice:
    """A painting network that can be chosen.

    Attributes:
        key: unique among the choices: its name, or its file's.
        name: for display.
        code: Python code for it: a name or a file, or a variable.
        network: None until one that came along is loaded.
        file: the file that the code reads, if the network is nowhere else.
    """

    key: str
    name: str
    code: str
    network: PaintingNetwork | None = field(default=None, repr=False)
    file: ExportedFile | None = field(default=None, repr=False)

    @property
    def styles(self) -> tuple[str, ...]:
        """Name of each style; none until it is loaded."""
        return () if self.network is None else self.network.styles

    def load(self) -> NetworkChoice:
        """Load the network that came along."""
        return replace(self, network=find_network(self.key)[0])


def stored_networks() -> tuple[NetworkChoice, ...]:
    """The networks that came along, not loaded yet."""
    names = sorted(path.stem for path in STORED_NETWORKS.glob(f"*{SUFFIX}"))
    return tuple(
        NetworkChoice(name, name.replace("_", " "), string_literal(name)) for name in names
    )


def network_from_source(source: NetworkSource, variable: str) -> NetworkChoice:
    """A network from an argument of a cell, with its variable in the notebook, if it has one.

    Raises:
        NetworkFileError: there is no such network, or its file is damaged.
    """
    network, path = find_network(source)
    if path is not None:
        key = str(source)
        return NetworkChoice(
            key, display_name(PurePath(key).stem.replace("_", " ")), string_literal(key), network
        )
    if variable:
        return NetworkChoice(variable, variable, variable, network)
    with TemporaryDirectory() as folder:
        data = save_network(Path(folder) / "network", network).read_bytes()
    file = ExportedFile.from_upload(f"network{SUFFIX}", data)
    return NetworkChoice("your network", "your network", file.code, network, file)


def network_from_file(name: str, data: bytes) -> NetworkChoice:
    """A network from the bytes of a file.

    Raises:
        NetworkFileError: it is another kind of file, or damaged.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"network{SUFFIX}"
        path.write_bytes(data)
        try:
            network = load_network(path)
        except NetworkFileError as error:  # it names the file as the reader knows it
            text = str(error).replace(str(path), repr(display_name(name)))
            raise NetworkFileError(text) from error
    file = ExportedFile.from_upload(name, data)
    shown = display_name(PurePath(name).stem.replace("_", " "))
    return NetworkChoice(display_name(name), shown, file.code, network, file)


@dataclass(frozen=True, eq=False)
class PaintRequest:
    """What is to be painted in one pass.

    Attributes:
        photo: the photo.
        network: the network, which is loaded.
        shares: of each style that counts, by name; only their ratios matter.
        strength: how much of the picture is painted, from 0, the photo, to 1.
        size: long side of the picture, in pixels.
    """

    photo: PictureChoice
    network: NetworkChoice
    shares: Mapping[str, float]
    strength: float
    size: int

    def is_same(self, other: PaintRequest | None) -> bool:
        """Whether another request is for the same picture."""
        return (
            other is not None
            and self.photo.source is other.photo.source
            and self.network.network is other.network.network
            and (self.shares, self.strength, self.size)
            == (other.shares, other.strength, other.size)
        )

    @property
    def styles(self) -> str:
        """Names of the styles: "swirling night + woodcut waves"."""
        return " + ".join(name.replace("_", " ") for name in self.shares)

    def paint(self) -> Painted:
        """Paint the picture.

        Raises:
            StylelabError: it cannot be painted; see `stylelab.paint`.
        """
        network, rights = self.network.network, self.photo.input_rights
        if network is None:  # no request is made of one that is not loaded
            raise AssertionError
        picture = paint(
            self.photo.load(),
            network,
            style=self.shares,
            size=self.size,
            strength=self.strength,
            rights=None if rights is None else {"photo": rights},
            progress=False,
        )
        return Painted(self, replace(picture, network_name=self.network.key))


@dataclass(frozen=True, eq=False)
class Painted:
    """A picture painted in one pass, and what was asked for."""

    request: PaintRequest
    picture: PaintedPhoto = field(repr=False)

    @property
    def file_name_parts(self) -> tuple[str, str]:
        """Names of photo and styles, for a file's name."""
        return self.request.photo.name, self.request.styles

    def file_metadata(self) -> dict[str, Any]:
        """Name of the photo, for a file's metadata; the picture says the rest itself."""
        return {"photo": self.request.photo.name}


@dataclass(frozen=True, eq=False)
class OnePass:
    """All of a studio's state that is about painting in one pass.

    Attributes:
        networks: to choose from.
        chosen: key of the chosen one.
        shares: of each of its styles, by name; only their ratios matter.
        strength: how much of the picture is painted, from 0, the photo, to 1.
        is_chosen: whether the studio paints in one pass, and not with the optimizer.
        painted: the last picture.
        working: what is being painted; what is wanted meanwhile replaces whatever waited before.
        answered: what was painted last, or could not be.
    """

    networks: tuple[NetworkChoice, ...] = ()
    chosen: str = ""
    shares: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    strength: float = 1.0
    is_chosen: bool = False
    painted: Painted | None = None
    working: PaintRequest | None = None
    answered: PaintRequest | None = None

    @classmethod
    def of_stored(cls) -> Self:
        """With the networks that came along."""
        networks = stored_networks()
        keys = [each.key for each in networks]
        return cls(networks, FIRST if FIRST in keys else next(iter(keys), ""))

    @property
    def network(self) -> NetworkChoice | None:
        """The chosen network."""
        return next((each for each in self.networks if each.key == self.chosen), None)

    @property
    def styles(self) -> tuple[str, ...]:
        """Styles of the chosen network; none until it is loaded."""
        return () if self.network is None else self.network.styles

    def with_network(self, choice: NetworkChoice) -> Self:
        """With a network, in place of the one with its key if there is one."""
        others = tuple(each for each in self.networks if each.key != choice.key)
        if len(others) == len(self.networks):
            return replace(self, networks=(choice, *others))
        networks = tuple(choice if each.key == choice.key else each for each in self.networks)
        return replace(self, networks=networks)

    def with_style(self, wanted: str) -> Self:
        """With one style of the chosen network alone: a wanted one, or the first."""
        alone = wanted if wanted in self.styles else next(iter(self.styles), "")
        shares = {style: WHOLE_SHARE * (style == alone) for style in self.styles}
        return replace(self, shares=MappingProxyType(shares), strength=1.0)

    def request(self, photo: PictureChoice, size: Any) -> PaintRequest | None:
        """What is to be painted; None if no network is loaded, or no style counts."""
        network = self.network
        shares = {style: share for style, share in self.shares.items() if share}
        if not self.is_chosen or network is None or network.network is None or not shares:
            return None
        return PaintRequest(photo, network, shares, self.strength, size)
