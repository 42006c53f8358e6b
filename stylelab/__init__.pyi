from .activation import ActivationStep, activation_maximisation
from .checkpoint import Progress, Record
from .colour import (
    COLOUR_SPACES,
    COLOURS,
    as_gray,
    finish_colours,
    keep_colours,
    luminance,
    match_histogram,
    match_luminance,
    match_mean_and_covariance,
    prepare_colours,
)
from .contact_sheet import contact_sheet
from .convolution import KERNELS, convolve, filter_picture, relu
from .doctor import check_setup
from .errors import (
    CheckpointError,
    DivergedError,
    LayerError,
    OutputError,
    PictureError,
    SettingsError,
    StylelabError,
    WeightsError,
)
from .features import LAYERS, VGG19, LayerFacts, layer_facts
from .forecast import Estimate, estimate
from .gram import gram_matrix
from .images import cover, crop, load_image, resize, resize_to
from .losses import Evaluation, Loss, content, style, total_variation
from .optimizers import adam, gradient_descent, lbfgs
from .printing import PrintFacts, finish_print, pixels_for, print_facts
from .samples import SAMPLES, Sample, sample
from .saving import read_settings, save_image
from .settings import Settings
from .steps import Step, load_step, save_step
from .transfer import Result, transfer, transfer_steps
from .translation import Translation, translate_weights
from .variational import smoothing_loss, solve_smoothing
from .weights import fetch_weights, load_weights, random_weights

__all__ = [
    "COLOURS",
    "COLOUR_SPACES",
    "KERNELS",
    "LAYERS",
    "SAMPLES",
    "VGG19",
    "ActivationStep",
    "CheckpointError",
    "DivergedError",
    "Estimate",
    "Evaluation",
    "LayerError",
    "LayerFacts",
    "Loss",
    "OutputError",
    "PictureError",
    "PrintFacts",
    "Progress",
    "Record",
    "Result",
    "Sample",
    "Settings",
    "SettingsError",
    "Step",
    "StylelabError",
    "Translation",
    "WeightsError",
    "activation_maximisation",
    "adam",
    "as_gray",
    "check_setup",
    "contact_sheet",
    "content",
    "convolve",
    "cover",
    "crop",
    "estimate",
    "fetch_weights",
    "filter_picture",
    "finish_colours",
    "finish_print",
    "gradient_descent",
    "gram_matrix",
    "keep_colours",
    "layer_facts",
    "lbfgs",
    "load_image",
    "load_step",
    "load_weights",
    "luminance",
    "match_histogram",
    "match_luminance",
    "match_mean_and_covariance",
    "pixels_for",
    "prepare_colours",
    "print_facts",
    "random_weights",
    "read_settings",
    "relu",
    "resize",
    "resize_to",
    "sample",
    "save_image",
    "save_step",
    "smoothing_loss",
    "solve_smoothing",
    "style",
    "total_variation",
    "transfer",
    "transfer_steps",
    "translate_weights",
]
