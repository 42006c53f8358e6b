"""Measure speed and memory, as ratios within one run: make bench.

Seconds drift with the machine; the ratios, and the machine's own peak beside them, say more. Close
other programs first. Takes about twenty minutes on two cores.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize

import stylelab as sl
from stylelab.course.one_pass import SEVEN, held_out_photos, picture_loss
from stylelab.losses.layer_weights import CONTENT_LAYERS, STYLE_LAYERS
from stylelab.network.layer_facts import LAYERS
from stylelab.network.tensorflow import import_tensorflow
from stylelab.network.vgg19 import BGR_MEANS
from stylelab.painting.paint import find_network, paint_image
from stylelab.pictures.encoding import to_uint8
from stylelab.pipeline.hardware import available_cores, convolution_speed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

EVALUATIONS = 150

MINUTES_STYLE = "swirling_night"
"""Style of the networks that are trained for minutes."""


def main() -> None:
    """Run every measure and print a table."""
    print(
        f"machine: {available_cores()} cores, "
        f"peak {convolution_speed() / 1e9:.0f} GFLOP/s (3×3 convolution)\n"
    )
    print(f"{'measure':<58}{'measured':>14}   wanted")
    for measure in (evaluation, optimizers, whole_runs, start_up, tiles, one_pass, training):
        for name, value, wanted in measure():
            print(f"{name:<58}{value:>14}   {wanted}", flush=True)


def evaluation() -> Iterator[tuple[str, str, str]]:
    """One loss and gradient against the same operations written bare."""
    photo, painting = sl.sample("cat", 256), sl.sample("swirling_night", 256)
    loss = (sl.content(photo) + 30 * sl.style(painting)).with_network(padding_mode="zeros")
    objective = loss.objective(photo.shape)
    ratios = {}
    for kind in ("variables", "constants"):
        bare = bare_evaluation(photo, painting, constants=kind == "constants")
        assert np.isclose(objective(photo).loss, bare(photo)[0], rtol=1e-3)
        ours, theirs = in_turn(partial(objective, photo), partial(bare, photo))
        ratios[kind] = ours / theirs
    products = sum(facts.multiply_adds(*photo.shape[:2]) for facts in passed())
    speed = 4 * products / ours
    yield "1. evaluation, 256 px", f"{ours:.3f} s", ""
    yield "   against the same operations bare", f"{ratios['variables']:.3f} ×", "≤ 1.05 ×"
    yield "   against those with the weights as constants", f"{ratios['constants']:.3f} ×", ""
    yield "   share of the machine's peak", f"{speed / convolution_speed():.0%}", ""


def passed() -> list[sl.LayerFacts]:
    """Give the facts of the layers that an evaluation passes."""
    names = list(LAYERS)
    return [LAYERS[name] for name in names[: names.index("block5_conv1") + 1]]


def bare_evaluation(
    photo: NDArray[np.float32], painting: NDArray[np.float32], *, constants: bool
) -> Callable[[NDArray[np.float32]], tuple[float, NDArray[np.float32]]]:
    """Write the loss of `content + 30 style` as one function of TensorFlow's operations."""
    tf: Any = import_tensorflow()
    weights: dict[str, Any] = dict(sl.load_weights())
    if not constants:
        weights = {name: tf.Variable(array, trainable=False) for name, array in weights.items()}

    def features(image: Any) -> dict[str, Any]:
        maps = (image[..., ::-1] * 255 - np.array(BGR_MEANS, np.float32))[None]
        found = {}
        for facts in passed():
            if facts.name.endswith("pool"):
                maps = tf.nn.avg_pool2d(maps, 2, 2, "VALID")
            else:
                maps = tf.nn.conv2d(maps, weights[f"{facts.name}/kernel"], 1, "SAME")
                maps = tf.nn.relu(tf.nn.bias_add(maps, weights[f"{facts.name}/bias"]))
            found[facts.name] = maps
        return found

    def gram(maps: Any) -> Any:
        by_channel = tf.reshape(maps, [-1, maps.shape[-1]])
        product = tf.matmul(by_channel, by_channel, transpose_a=True)
        return product / float(by_channel.shape[0])

    def relative(values: Any, target: Any) -> Any:
        return tf.reduce_sum(tf.square(values - target)) / tf.reduce_sum(tf.square(target))

    (content_layer,) = CONTENT_LAYERS
    content_target = features(tf.constant(photo))[content_layer]
    painted = features(tf.constant(painting))
    style_targets = {name: gram(painted[name]) for name in STYLE_LAYERS}

    @tf.function(input_signature=[tf.TensorSpec(photo.shape)])  # type: ignore[untyped-decorator]
    def evaluate(image: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(image)
            maps = features(image)
            loss = relative(maps[content_layer], content_target)
            for name, target in style_targets.items():
                loss += 30 / len(style_targets) * relative(gram(maps[name]), target)
        return loss, tape.gradient(loss, image)

    def call(image: NDArray[np.float32]) -> tuple[float, NDArray[np.float32]]:
        loss, gradient = evaluate(image)
        return float(loss), gradient.numpy()

    return call


def in_turn(*functions: Callable[[], object], rounds: int = 15) -> list[float]:
    """Time functions alternately, so that they share the machine's load; the median of each."""
    seconds: list[list[float]] = [[] for _ in functions]
    for function in functions:
        function()
    for _ in range(rounds):
        for function, found in zip(functions, seconds, strict=True):
            before = time.perf_counter()
            function()
            found.append(time.perf_counter() - before)
    return [statistics.median(found) for found in seconds]


def optimizers() -> Iterator[tuple[str, str, str]]:
    """Same objective, start and evaluations: the score of the picture as saved to 8 bits."""
    photo, painting = sl.sample("coffee", 256), sl.sample("swirling_night", 256)
    formulation: Any = "gatys_notebook"
    loss = sl.content(photo, formulation=formulation) + sl.style(painting, formulation=formulation)
    loss = loss.with_network(pooling="max", padding_mode="zeros")

    def saved(image: Any) -> float:
        return loss(sl.load_image(to_uint8(image.astype(np.float32)))).loss

    def for_scipy(flat: Any) -> tuple[float, Any]:
        image: Any = flat.reshape(photo.shape).astype(np.float32)
        evaluated = loss(image)
        return evaluated.loss, evaluated.gradient.astype(np.float64).ravel()

    theirs = minimize(
        for_scipy,
        photo.astype(np.float64).ravel(),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, 1)] * photo.size,
        options={"maxfun": EVALUATIONS, "maxiter": EVALUATIONS, "maxcor": 20},
    )
    scipy_score = saved(theirs.x.reshape(photo.shape))
    scores = {
        "projected L-BFGS": saved(after(sl.lbfgs(loss, start=photo, steps=EVALUATIONS))),
        "the same without spreading": saved(
            after(sl.lbfgs(loss, start=photo, steps=EVALUATIONS, preconditioned=False, history=20))
        ),
    }
    tutorial = {"learning_rate": 0.02, "beta_1": 0.99, "epsilon": 0.1}
    adam = saved(after(sl.adam(loss, start=photo, steps=EVALUATIONS, **tutorial)))  # type: ignore[arg-type]
    yield (
        f"2. score as saved after {EVALUATIONS} evaluations, scipy L-BFGS-B",
        f"{scipy_score:,.0f}",
        "",
    )
    for name, score in scores.items():
        yield f"   {name}", f"{score:,.0f}", ""
        yield "      against scipy's", f"{score / scipy_score:.2f} ×", "≤ 1.05 ×"
    yield "   Adam as in TensorFlow's tutorial", f"{adam:,.0f}", ""
    yield "      against projected L-BFGS", f"{adam / scores['projected L-BFGS']:.1f} ×", "≥ 4 ×"


def after(steps: Iterator[sl.Step], evaluations: int = EVALUATIONS) -> Any:
    """Give the picture of the last step that took no more than the evaluations allowed."""
    image = None
    for step in steps:
        if step.evaluations > evaluations:
            break
        image = step.image
    return image


def whole_runs() -> Iterator[tuple[str, str, str]]:
    """Run transfer at its defaults in processes of their own."""
    for size, longest, most in ((256, 40, ""), (512, 100, "< 1.7 GB")):
        program = (
            "import stylelab as sl\n"
            f"sl.transfer(sl.sample('cat'), sl.sample('swirling_night'), size={size}, progress=False)"
        )
        forecast = sl.estimate_cost((300, 451), sl.Settings(size=size))
        seconds, memory = run(program)
        yield f"3. transfer at its defaults, {size} px", f"{seconds:.0f} s", f"< {longest} s"
        yield "   forecast of its time", f"{forecast.seconds:.0f} s", ""
        yield "   memory at its peak", f"{memory / 1e9:.2f} GB", most
        yield "   forecast of its memory", f"{forecast.memory / 1e9:.2f} GB", ""


def run(program: str) -> tuple[float, int]:
    """Run a program in a process of its own: seconds, and bytes at its peak."""
    seconds, memory, _ = run_and_read(program)
    return seconds, memory


def run_and_read(program: str) -> tuple[float, int, list[float]]:
    """Run a program in a process of its own: seconds, bytes at its peak, the numbers it prints."""
    before = time.perf_counter()
    answer = subprocess.run(
        [sys.executable, "-c", program + PRINT_PEAK], check=True, capture_output=True, text=True
    )
    *printed, peak = answer.stdout.split()
    return time.perf_counter() - before, int(peak), [float(number) for number in printed]


# On Linux the usual ru_maxrss starts from what the parent held; VmHWM does not.
PRINT_PEAK = """
import pathlib, resource, sys
status = pathlib.Path("/proc/self/status")
if status.exists():
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    print(int(line.split()[1]) * 1024)
else:
    unit = 1 if sys.platform == "darwin" else 1024
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
"""


def start_up() -> Iterator[tuple[str, str, str]]:
    """Time `import stylelab` and `stylelab --help`, less what Python itself takes."""
    programs = {
        "nothing": "pass",
        "4. import stylelab": "import stylelab",
        "   stylelab --help": "import sys; sys.argv[1:] = ['--help']; "
        "from stylelab.cli.main import main; main()",
    }
    options: dict[str, Any] = {"check": True, "capture_output": True}
    runs = [
        partial(subprocess.run, [sys.executable, "-c", program], **options)
        for program in programs.values()
    ]
    nothing, *others = in_turn(*runs, rounds=7)
    for name, seconds, wanted in zip(list(programs)[1:], others, ("< 0.2 s", ""), strict=True):
        yield name, f"{seconds - nothing:.3f} s", wanted
    yield "   stylelab --help, Python included", f"{others[1]:.3f} s", "< 0.5 s"


def tiles() -> Iterator[tuple[str, str, str]]:
    """One evaluation of a large picture, whole and in tiles, each in a process of its own."""
    objectives = {
        "whole": "loss.objective(photo.shape)",
        "in tiles of 512 px": "sl.TiledObjective(loss, photo.shape, tile=512)",
    }
    seconds, memory = {}, {}
    for name, objective in objectives.items():
        program = (
            "import time, stylelab as sl\n"
            "photo, painting = (sl.resize(sl.sample(n), 1024) for n in ('cat', 'swirling_night'))\n"
            f"loss = sl.content(photo) + 10 * sl.style(painting)\nobjective = {objective}\n"
            "objective(photo)\nbefore = time.perf_counter()\nobjective(photo)\n"
            "print(time.perf_counter() - before)\n"
        )
        _, memory[name], (seconds[name],) = run_and_read(program)
    whole, tiled = objectives
    yield "5. evaluation, 1024 px, whole", f"{seconds[whole]:.1f} s", ""
    yield f"   {tiled}, against it", f"{seconds[tiled] / seconds[whole]:.1f} ×", "≤ 4 ×"
    yield "   memory at its peak, whole", f"{memory[whole] / 1e9:.2f} GB", ""
    yield f"   {tiled}", f"{memory[tiled] / 1e9:.2f} GB", "≤ 0.7 ×"


def one_pass() -> Iterator[tuple[str, str, str]]:
    """Paint with a network of the usual width, at once and in tiles, each in a process of its own."""

    def painted(size: int, tile: int) -> tuple[int, float]:
        """Bytes at the peak, and seconds of a second pass, of a square picture."""
        program = (
            "import time, numpy as np, stylelab as sl\n"
            "network = sl.PaintingNetwork(('night',))\n"
            f"photo = np.random.default_rng(0).random(({size}, {size}, 3), np.float32)\n"
            f"sl.paint(photo[:64, :64], network)\nbefore = time.perf_counter()\n"
            f"sl.paint(photo, network, tile={tile}, progress=False)\n"
            "print(time.perf_counter() - before)\n"
        )
        _, memory, (seconds,) = run_and_read(program)
        return memory, seconds

    memory, seconds = painted(512, 512)
    yield "6. one pass of a painting network, 512 px", f"{seconds:.2f} s", "< 0.5 s"
    yield "   memory at its peak", f"{memory / 1e9:.2f} GB", "< 1 GB"
    whole, tiled = painted(1024, 1024)[1], painted(1024, 512)[1]
    yield "   1024 px in tiles of 512 px, against at once", f"{tiled / whole:.1f} ×", "≤ 2.2 ×"
    small, large = 2048, 3072
    used = {size: painted(size, 1024)[0] for size in (small, large)}
    by_pixel = (used[large] - used[small]) / (large**2 - small**2)
    largest = large**2 + (2e9 - used[large]) / by_pixel
    yield "   memory for each pixel more, in tiles", f"{by_pixel:.0f} bytes", ""
    yield "   so the largest picture in 2 GB", f"{largest / 1e6:.0f} megapixels", "≥ 12"


def training() -> Iterator[tuple[str, str, str]]:
    """Train for minutes, and compare by the terms of the training's loss, on photos held out."""
    photos = list(held_out_photos().values())

    def mean_terms(style: str, pictures: Iterable[Any]) -> tuple[float, float]:
        """Content and style of a picture for each photo, both with their weights."""
        terms = [
            picture_loss(photo, style)(picture).terms
            for photo, picture in zip(photos, pictures, strict=True)
        ]
        content, style_term = (
            statistics.mean(one[name] for one in terms) for name in ("content", "style")
        )
        return content, style_term

    def row(pictures: Iterable[Any]) -> str:
        return "{:.2f} + {:.2f}".format(*mean_terms(MINUTES_STYLE, pictures))

    yield "7. content + style of four held-out photos, 256 px", row(photos), ""
    for minutes in (2, 5):
        for step in sl.train(MINUTES_STYLE, minutes=minutes):
            network, steps = step.network, step.iteration
        painted = (paint_image(photo, network) for photo in photos)
        yield f"   a network trained for {minutes} minutes ({steps:,} steps)", row(painted), ""
    for evaluations in (10, 30, 100):
        runs = (
            sl.lbfgs(picture_loss(photo, MINUTES_STYLE), start=photo, steps=evaluations)
            for photo in photos
        )
        pictures = (after(run, evaluations) for run in runs)
        yield f"   the optimizer after {evaluations} evaluations", row(pictures), ""
    together, _ = find_network(SEVEN)
    for style in together.styles:
        alone, _ = find_network(style)
        seven, single = (
            sum(mean_terms(style, (paint_image(photo, one, style) for photo in photos)))
            for one in (together, alone)
        )
        name = f"   {style.replace('_', ' ')}: {SEVEN.replace('_', ' ')} against a network alone"
        yield name, f"{seven / single:.2f} ×", ""


if __name__ == "__main__":
    main()
