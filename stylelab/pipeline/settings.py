"""All that decides how a picture comes out, besides what goes in: one description for all doors."""

# ruff: noqa: RUF009
# The function call in the dataclass's defaults, `_setting`, returns a field.

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np

from stylelab.errors import SettingsError
from stylelab.losses.content import content
from stylelab.losses.formulations import FORMULATIONS
from stylelab.losses.layer_weights import CONTENT_LAYERS, STYLE_LAYERS, make_layer_weights
from stylelab.losses.statistics import STATISTICS
from stylelab.losses.style import style, validate_scale
from stylelab.losses.total_variation import total_variation
from stylelab.network.vgg19 import LEARNED, POOLINGS
from stylelab.network.winograd import PADDING_MODES
from stylelab.optimizers.adam import adam
from stylelab.optimizers.gradient_descent import gradient_descent
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.pictures.colour import COLOUR_MODES, validate_colours
from stylelab.pictures.colour_spaces import COLOUR_SPACES
from stylelab.pictures.decoding import MIN_SIDE
from stylelab.pictures.validation import as_float, describe_received, validate_whole_number
from stylelab.pipeline.stages import Stage, plan_stages

if TYPE_CHECKING:
    from stylelab.losses.formulations import Formulation
    from stylelab.losses.layer_weights import Layers
    from stylelab.losses.loss import Loss
    from stylelab.losses.statistics import StatisticName
    from stylelab.losses.style import StyleTerm
    from stylelab.network.vgg19 import Pooling, WeightsSource
    from stylelab.network.winograd import PaddingMode
    from stylelab.pictures.colour import ColourMode
    from stylelab.pictures.colour_spaces import ColourSpace
    from stylelab.pictures.images import Picture
    from stylelab.pictures.masks import Mask

OptimizerName = Literal["lbfgs", "adam", "gradient_descent"]
OPTIMIZERS: Mapping[OptimizerName, Any] = MappingProxyType(
    {"lbfgs": lbfgs, "adam": adam, "gradient_descent": gradient_descent}
)

WEIGHT_SETTINGS = ("style_weight", "content_weight", "total_variation_weight")
"""The settings that weigh a term."""

StartMode = Literal["recoloured", "content", "noise"]
START_MODES: tuple[StartMode, ...] = get_args(StartMode)
"""What a run starts from, unless a picture is given."""

LAYER_SETTINGS = ("content_layers", "style_layers")
"""The settings that name layers."""

TERM_SETTINGS = (*WEIGHT_SETTINGS, *LAYER_SETTINGS, "formulation", "statistic")
"""The settings that do not count where a whole loss is given."""

NETWORK_SETTINGS = ("pooling", "padding_mode")
"""The settings that change the network."""

COLOUR_SETTINGS = ("colours", "colour_space")
"""The settings that are checked together."""

MAX_SIZE = 100_000
"""Longest side that is planned, in pixels."""

MIN_TILE = 128
"""Side, in pixels, below which little is left of a tile inside its borders."""


def _setting(
    default: Any,
    help_text: str,
    *,
    choices: tuple[str, ...] = (),
    at_least: int | None = None,
    at_most: int = sys.maxsize,
) -> Any:
    """Field of a setting: its default, what it means in one line, and what it may be."""
    metadata = {"help": help_text, "choices": choices, "at_least": at_least, "at_most": at_most}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """All that decides how a picture comes out, besides what goes in.

    The one description of them: `transfer`, the command line and the studio take names, defaults and
    choices from here. A field's `metadata` has `"help"` (one line), `"choices"`, `"at_least"` and
    `"at_most"`.

    ```python
    settings = sl.Settings(size=64, style_weight=30, steps=4)
    settings.stages(300, 451)
    ```

    Attributes:
        size: long side of the finished picture, in pixels.
        style_weight: weight of the style term. With the relative formulation 3 keeps the photo, 10
            holds the balance, 30 paints freely, 300 lets the style take over.
        content_weight: weight of the content term.
        total_variation_weight: weight of `total_variation()`, which smooths. 0 leaves it out.
        content_layers, style_layers: as in `content` and `style`.
        coarsest_size: long side of the first size, in pixels. The picture is painted there, enlarged
            to at most twice the size, painted again, and so on up to `size`. A smaller one settles
            larger shapes, and leaves fewer fine strokes.
        steps: steps at the coarsest size; each finer size takes two thirds of those before it.
        optimizer: `"lbfgs"`, `"adam"` or `"gradient_descent"`.
        pooling: `"avg"` or `"max"`, in the network.
        padding_mode: `"symmetric"` or `"zeros"`, around the maps of the network. With zeros, as the
            network was trained, a frame is painted along the border. See `VGG19`.
        formulation: of the terms; see `stylelab.losses.formulations`.
        start: `"recoloured"`: the photo in the mean and covariance of the paintings' colours;
            `"content"`: the photo as it is; or `"noise"`. A picture can be given to `transfer` instead.
        seed: decides the noise: that of the start, and the little that is added to the picture each
            time it is enlarged (see `ENLARGED_NOISE` in `stylelab.pipeline.transfer_steps`).
        style_scale: how many times as large strokes come out as they are in the painting, when it is
            as large as the picture.
        statistic: what is compared of the styles; see `stylelab.losses.statistics`.
        colours: `"painting"`: whatever the style asks for. Or the photo's: `"luminance"`,
            `"mean_covariance"` or `"histogram"`; see `stylelab.pictures.colour`.
        colour_space: in which colours are kept; the usual one for that way without it.
        tile: side, in pixels, borders included, of the tiles in which larger pictures are computed:
            it takes longer and needs less memory. None computes them whole.

    Raises:
        SettingsError: a setting is out of its range, or two contradict each other.
    """

    size: int = _setting(
        512, "Long side of the finished picture, in pixels.", at_least=MIN_SIDE, at_most=MAX_SIZE
    )
    style_weight: float = _setting(
        10.0, "3 keeps the photo, 30 paints freely, 300 lets the style take over."
    )
    content_weight: float = _setting(1.0, "Weight of the photo.")
    total_variation_weight: float = _setting(0.0, "Weight of total variation, which smooths.")
    content_layers: Layers = _setting(CONTENT_LAYERS, "Content layers.")
    style_layers: Layers = _setting(STYLE_LAYERS, "Style layers, each with a weight if you like.")
    coarsest_size: int = _setting(
        256,
        "Long side at first, from which the picture grows.",
        at_least=MIN_SIDE,
        at_most=MAX_SIZE,
    )
    steps: int = _setting(60, "Steps at the coarsest size.", at_least=1)
    optimizer: OptimizerName = _setting(
        "lbfgs", "How the picture is moved at each step.", choices=get_args(OptimizerName)
    )
    pooling: Pooling = _setting("avg", "How the network makes its maps smaller.", choices=POOLINGS)
    padding_mode: PaddingMode = _setting(
        "symmetric",
        "What the network sees beyond the border: zeros leave a frame, symmetric none.",
        choices=PADDING_MODES,
    )
    formulation: Formulation = _setting(
        "relative", "How the terms are computed.", choices=FORMULATIONS
    )
    start: StartMode = _setting(
        "recoloured",
        "What the first picture is: the photo in the painting's colours, in its own, or noise.",
        choices=START_MODES,
    )
    seed: int = _setting(0, "Seed of the random noise.", at_least=0)
    style_scale: float = _setting(1.0, "How large strokes come out, relative to the painting's.")
    statistic: StatisticName = _setting(
        "gram", "What is compared of the styles.", choices=tuple(STATISTICS)
    )
    colours: ColourMode = _setting(
        "painting",
        "Colours of the painting, or of the photo, kept in one of three ways.",
        choices=COLOUR_MODES,
    )
    colour_space: ColourSpace | None = _setting(
        None, "Where the photo's colours are kept.", choices=COLOUR_SPACES
    )
    tile: int | None = _setting(None, "Side of tiles in pixels: less memory, more time.")

    def __post_init__(self) -> None:
        for setting in fields(self):
            # As plain values, so that equal settings are equal, whatever they were given as.
            value = _normalise_setting(getattr(self, setting.name))
            object.__setattr__(self, setting.name, value)
            if setting.metadata["at_least"] is not None:
                limits = {name: setting.metadata[name] for name in ("at_least", "at_most")}
                validate_whole_number(setting.name, value, **limits)
        for name in WEIGHT_SETTINGS:
            _validate_weight(name, getattr(self, name))
        for name in LAYER_SETTINGS:
            _validate_layers(name, getattr(self, name))
        if self.style_weight == self.content_weight == 0:
            raise SettingsError(
                "Expected a style_weight or a content_weight above 0. Received: 0 for both, which "
                "leaves nothing to paint towards."
            )
        for setting in fields(self):
            choices, value = setting.metadata["choices"], getattr(self, setting.name)
            if choices and value not in choices and setting.name not in COLOUR_SETTINGS:
                raise SettingsError(
                    f"Expected {setting.name}: {' or '.join(choices)}. Received: {value!r}."
                )
        validate_colours(self.colours, self.colour_space)
        validate_scale(self.style_scale)
        if self.tile is not None:
            validate_whole_number("tile", self.tile, at_least=MIN_TILE)

    def stages(self, height: int, width: int) -> tuple[Stage, ...]:
        """Sizes, coarse to fine, at which a photo of that shape is painted."""
        return plan_stages(
            height, width, size=self.size, coarsest_size=self.coarsest_size, steps=self.steps
        )

    def loss(
        self,
        photo: Picture,
        styles: Loss,
        weights: WeightsSource = LEARNED,
        *,
        keep: Mask | None = None,
        all_terms: bool = False,
    ) -> Loss:
        """Loss that the settings describe, for a photo at one stage's size.

        Args:
            photo: at the stage's size.
            styles: a loss of style terms, such as `style_loss` gives; their layers, formulation and
                statistic count. A loss that has a content term is taken as it is: the settings'
                weights do not count.
            weights: see `VGG19`.
            keep: (H, W) in [0, 1]: where no style is asked for.
            all_terms: keep terms of weight 0, so that their weight may change while it is used.
        """
        styles = styles if keep is None else styles.excluding(keep)
        if styles.has_content:
            return styles.with_network(**self._network, weights=weights)
        contents = content(photo, self.content_layers, formulation=self.formulation)
        terms = [
            (self.content_weight, contents),
            (
                self.style_weight,
                styles.with_network(),
            ),  # as the others; all get the settings' below
            (self.total_variation_weight, total_variation()),
        ]
        first, *others = [weight * term for weight, term in terms if weight or all_terms]
        total: Loss = sum(others, first)
        return total.with_network(**self._network, weights=weights)

    @property
    def _network(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in NETWORK_SETTINGS}

    def style_loss(self, painting: Picture) -> Loss:
        """Loss of one style term as the settings describe it, without its weight and scale."""
        return style(
            painting, self.style_layers, formulation=self.formulation, statistic=self.statistic
        )

    def with_layer_weights(self, styles: Loss) -> Loss:
        """Loss of the same style terms with these style layers.

        Raises:
            SettingsError: no layer has a weight above 0.
        """
        layers = make_layer_weights(self.style_layers, "style", self.formulation)
        terms = tuple(
            (weight, replace(cast("StyleTerm", term), layer_weights=layers))
            for weight, term in styles.weighted_terms
        )
        return replace(styles, weighted_terms=terms)

    def non_weight_changes(self, other: Settings) -> tuple[str, ...]:
        """Names of the settings, besides weights of terms and layers, in which another differs."""
        mine, others = _without_weights(self), _without_weights(other)
        return tuple(name for name, value in mine.items() if value != others[name])

    def describe(self) -> dict[str, Any]:
        """Settings as plain values, for a file's metadata."""
        return {name: _to_plain(value) for name, value in vars(self).items()}


def _without_weights(settings: Settings) -> dict[str, Any]:
    values = {name: value for name, value in vars(settings).items() if name not in WEIGHT_SETTINGS}
    for name in LAYER_SETTINGS:
        values[name] = {values[name]} if isinstance(values[name], str) else set(values[name])
    return values


def _normalise_setting(value: object) -> Any:
    """NumPy's numbers and texts as Python's, layers as a new mapping or tuple of those."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {
            _normalise_setting(name): _normalise_setting(entry) for name, entry in value.items()
        }
    if isinstance(value, list | tuple | np.ndarray):
        if np.ndim(value) == 0:  # an array of one value
            return _normalise_setting(np.asarray(value)[()])
        return tuple(map(_normalise_setting, value))
    return value


def _to_plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _to_plain(entry) for key, entry in value.items()}
    return list(value) if isinstance(value, tuple | list) else value


def _validate_layers(name: str, value: object) -> None:
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, tuple | Mapping) or not all(isinstance(one, str) for one in names):
        raise SettingsError(
            f"Expected {name} as names of layers, or a mapping of names to weights. "
            f"Received: {value!r}."
        )


def _validate_weight(name: str, value: object) -> None:
    number = as_float(value)
    if not (math.isfinite(number) and number >= 0):
        raise SettingsError(
            f"Expected {name} as a finite number of at least 0. Received: {describe_received(value)}."
        )
