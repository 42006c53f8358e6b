from .batches.jobs import JobRecord, read_records
from .batches.live_grid import LiveGrid
from .batches.result import BatchResult
from .batches.run_batch import batch
from .batches.sheets import PictureGrid
from .cli.doctor import check_setup
from .errors import (
    CheckpointError,
    DivergedError,
    LayerError,
    NetworkFileError,
    OutputError,
    PictureError,
    PictureWarning,
    RightsError,
    SettingsError,
    StylelabError,
    WeightsError,
)
from .losses.content import content
from .losses.distances import (
    channel_moments,
    sliced_wasserstein,
    statistic_distance,
    wasserstein_gaussian,
)
from .losses.gram import gram_matrix
from .losses.loss import Loss
from .losses.statistics import STATISTICS
from .losses.style import style
from .losses.tiled import TiledObjective
from .losses.total_variation import total_variation
from .losses.variational import smoothing_loss, solve_smoothing
from .losses.weight_conversion import WeightConversion, convert_weights
from .network.convolution import KERNELS, convolve, filter_image, relu
from .network.layer_facts import LAYERS, LayerFacts, layer_facts
from .network.layer_masks import layer_mask
from .network.tensorflow import import_tensorflow
from .network.vgg19 import VGG19
from .network.weights import fetch_weights, load_weights, random_weights
from .optimizers.adam import adam
from .optimizers.evaluation import Evaluation
from .optimizers.gradient_descent import gradient_descent
from .optimizers.lbfgs import lbfgs
from .optimizers.step import Step, load_step, save_step
from .painting.decoder import Decoder, DecoderInfo, fit_decoder
from .painting.decoder_files import load_decoder, save_decoder
from .painting.feature_transforms import adain, gaussian_transport, whiten, whiten_and_colour
from .painting.network_files import load_network, save_network
from .painting.normalization import conditional_normalization, instance_normalization
from .painting.paint import PaintedPhoto, paint
from .painting.painting_network import NetworkInfo, PaintingNetwork
from .painting.training import TrainingStep, train
from .painting.training_checkpoint import load_training, save_training
from .painting.training_settings import TrainingSettings
from .pictures.colour import (
    COLOUR_MODES,
    as_gray,
    finish_colours,
    keep_colours,
    luminance,
    match_histogram,
    match_luminance,
    match_mean_and_covariance,
    prepare_colours,
)
from .pictures.colour_spaces import COLOUR_SPACES
from .pictures.contact_sheet import contact_sheet
from .pictures.films import Film
from .pictures.images import (
    cover,
    crop,
    image_warnings,
    load_image,
    picture_shape,
    resize,
    resize_to,
)
from .pictures.mask_operations import (
    complement_mask,
    ellipse_mask,
    feather,
    partition_masks,
    polygon_mask,
    threshold_mask,
)
from .pictures.masks import load_mask, resize_mask
from .pictures.printing import PrintInfo, prepare_for_print, print_size_in_pixels, read_print_info
from .pictures.saving import read_settings, save_image
from .pipeline.activation_maximisation import ActivationStep, activation_maximisation
from .pipeline.cost_estimate import CostEstimate, estimate_cost
from .pipeline.inputs import TransferInputs, load_inputs
from .pipeline.plan import Plan, make_plan
from .pipeline.progress import Progress, Record
from .pipeline.result import Result
from .pipeline.settings import Settings
from .pipeline.transfer import run_plan, transfer
from .pipeline.transfer_steps import transfer_steps
from .rights.credentials import Credentials, read_credentials, sign_picture
from .rights.credit import credit_line
from .rights.inputs import read_input_rights
from .rights.licences import LICENCES
from .rights.reading import read_ingredient_rights, read_rights
from .rights.record import Rights
from .rights.rules import Verdict, combine_rights
from .rights.writing import RightsStatement, make_rights_statement
from .samples.catalogue import SAMPLES, Sample, sample

__all__ = [
    "COLOUR_MODES",
    "COLOUR_SPACES",
    "KERNELS",
    "LAYERS",
    "LICENCES",
    "SAMPLES",
    "STATISTICS",
    "VGG19",
    "ActivationStep",
    "BatchResult",
    "CheckpointError",
    "CostEstimate",
    "Credentials",
    "Decoder",
    "DecoderInfo",
    "DivergedError",
    "Evaluation",
    "Film",
    "JobRecord",
    "LayerError",
    "LayerFacts",
    "LiveGrid",
    "Loss",
    "NetworkFileError",
    "NetworkInfo",
    "OutputError",
    "PaintedPhoto",
    "PaintingNetwork",
    "PictureError",
    "PictureGrid",
    "PictureWarning",
    "Plan",
    "PrintInfo",
    "Progress",
    "Record",
    "Result",
    "Rights",
    "RightsError",
    "RightsStatement",
    "Sample",
    "Settings",
    "SettingsError",
    "Step",
    "StylelabError",
    "TiledObjective",
    "TrainingSettings",
    "TrainingStep",
    "TransferInputs",
    "Verdict",
    "WeightConversion",
    "WeightsError",
    "activation_maximisation",
    "adain",
    "adam",
    "as_gray",
    "batch",
    "channel_moments",
    "check_setup",
    "combine_rights",
    "complement_mask",
    "conditional_normalization",
    "contact_sheet",
    "content",
    "convert_weights",
    "convolve",
    "cover",
    "credit_line",
    "crop",
    "ellipse_mask",
    "estimate_cost",
    "feather",
    "fetch_weights",
    "filter_image",
    "finish_colours",
    "fit_decoder",
    "gaussian_transport",
    "gradient_descent",
    "gram_matrix",
    "image_warnings",
    "import_tensorflow",
    "instance_normalization",
    "keep_colours",
    "layer_facts",
    "layer_mask",
    "lbfgs",
    "load_decoder",
    "load_image",
    "load_inputs",
    "load_mask",
    "load_network",
    "load_step",
    "load_training",
    "load_weights",
    "luminance",
    "make_plan",
    "make_rights_statement",
    "match_histogram",
    "match_luminance",
    "match_mean_and_covariance",
    "paint",
    "partition_masks",
    "picture_shape",
    "polygon_mask",
    "prepare_colours",
    "prepare_for_print",
    "print_size_in_pixels",
    "random_weights",
    "read_credentials",
    "read_ingredient_rights",
    "read_input_rights",
    "read_print_info",
    "read_records",
    "read_rights",
    "read_settings",
    "relu",
    "resize",
    "resize_mask",
    "resize_to",
    "run_plan",
    "sample",
    "save_decoder",
    "save_image",
    "save_network",
    "save_step",
    "save_training",
    "sign_picture",
    "sliced_wasserstein",
    "smoothing_loss",
    "solve_smoothing",
    "statistic_distance",
    "style",
    "threshold_mask",
    "total_variation",
    "train",
    "transfer",
    "transfer_steps",
    "wasserstein_gaussian",
    "whiten",
    "whiten_and_colour",
]
