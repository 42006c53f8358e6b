"""Compare with what people would use instead: make bench-peers, or peers.py [PHOTO PAINTING] [options]

Every program paints the same two pictures, each as its authors ship it, in a process of its own; then
stylelab paints to the same score. The score is the objective of Gatys et al.'s notebook (github.com/
leongatys/PytorchNeuralStyleTransfer), taken from the picture as saved: what the optimizer held is by
then clipped and rounded. Close other programs first; takes about fifteen minutes on two cores.

pastiche is installed from its package, with PyTorch, into a folder of its own. TensorFlow's tutorial
("Neural style transfer", without its random noise in front) and Keras's example ("Neural style
transfer") have no package: they are written here from their published description and settings. Keras's
learning rate belongs to its own 400 rows: at 256 pixels its picture diverges within ten steps, and at
--size 600 its 4,000 steps take some hours on two cores.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize

import stylelab as sl
from stylelab.losses.layer_weights import STYLE_LAYERS
from stylelab.network.tensorflow import import_tensorflow
from stylelab.pipeline.hardware import available_cores
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylelab.pictures.images import Picture, PictureSource

PASTICHE = "pastiche==1.6.0"
STEPS = 500
"""Steps of pastiche and of the tutorial."""
KERAS_STEPS = 4000
SCIPY_EVALUATIONS = 150
LONGEST_SECONDS = 300
DIVERGED = 3
"""Exit status of a program whose values are no numbers any more."""


@dataclass(frozen=True)
class Run:
    """A program that has painted: the picture it saved, in how many seconds, and bytes at its peak."""

    picture: Path
    seconds: float
    memory: int


def main() -> None:
    """Run the programs, print a table, and save all pictures on one sheet."""
    options = parse_arguments()
    if options.program:
        photo_name, painting_name = options.pictures
        paint_as(options.program, photo_name, painting_name, options.output, options.target)
        return
    folder = Path(options.output).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    photo, painting = (
        save(load_image_or_sample(source, size=options.size), folder / f"{name}.png")
        for name, source in zip(("photo", "painting"), options.pictures, strict=True)
    )
    loss = gatys_notebook(photo, painting)
    print(
        f"{platform.machine()}, {available_cores()} cores, load {os.getloadavg()[0]:.1f}; "
        f"Python {platform.python_version()}, TensorFlow {version('tensorflow')}, {PASTICHE}\n"
        f"{options.pictures[0]} × {options.pictures[1]}, {options.size} px\n\n"
        f"{'':<26}{'seconds':>9}{'GB':>7}{'score':>11}{'weave':>7}   {'stylelab to this score':>24}"
    )
    shown = {"photo": sl.load_image(photo), "painting": sl.load_image(painting)}
    for name in options.programs:
        theirs = run_program(name, photo, painting, folder / f"{name}.png")
        if theirs is None:
            print(f"{name:<26}{'diverged':>9}", flush=True)
            continue
        picture = sl.load_image(theirs.picture)
        score = loss(picture).loss
        ours = run_program("stylelab", photo, painting, folder / f"stylelab_{name}.png", score)
        assert ours is not None
        reached = loss(sl.load_image(ours.picture)).loss
        comparison = f"{ours.seconds:.0f} s, {theirs.seconds / ours.seconds:.1f} × as fast"
        if reached > score:
            comparison = f"not reached: {reached:,.0f} in {ours.seconds:.0f} s"
        print(
            f"{name:<26}{theirs.seconds:>9.0f}{theirs.memory / 1e9:>7.2f}{score:>11,.0f}"
            f"{weave(picture):>7.1f}   {comparison:>24}",
            flush=True,
        )
        shown |= {name: picture, f"stylelab, as far as {name}": sl.load_image(ours.picture)}
    start = time.perf_counter()
    defaults = sl.transfer(photo, painting, size=options.size, progress=False).image
    seconds = time.perf_counter() - start
    score, lattice = loss(defaults).loss, weave(defaults)
    print(f"{'stylelab, its defaults':<26}{seconds:>9.0f}{'':>7}{score:>11,.0f}{lattice:>7.1f}")
    shown["stylelab, its defaults"] = defaults
    sheet = folder / "peers.png"
    save(sl.contact_sheet(shown, columns=2), sheet)
    print(f"\nAll pictures: {sheet}")


def parse_arguments() -> argparse.Namespace:
    """Arguments of this program; it calls itself with `--program`."""
    names = ["pastiche", *PROGRAMS]
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("pictures", nargs="*", default=["cat", "swirling_night"])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--programs", nargs="+", choices=names, default=names)
    parser.add_argument("--output", default="peers", help="a folder")
    parser.add_argument("--program", help=argparse.SUPPRESS)
    parser.add_argument("--target", type=float, default=0.0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if len(options.pictures) != 2:
        parser.error("expected a photo and a painting")
    return options


def run_program(
    name: str, photo: Path, painting: Path, output: Path, target: float = 0.0
) -> Run | None:
    """Let a program paint in a process of its own; None if its picture diverged."""
    command: list[str | Path] = [
        sys.executable, __file__, photo, painting, "--program", name, "--output", output,
        "--target", str(target),
    ]  # fmt: skip
    if name == "pastiche":
        command = [
            install(PASTICHE), "-m", "pastiche", "--device", "cpu", "--num-steps", str(STEPS),
            "--size", str(max(sl.load_image(photo).shape)),
            "--style-size", str(max(sl.load_image(painting).shape)),
            "--content", photo, "--styles", painting, "--output", output,
        ]  # fmt: skip
    start = time.perf_counter()
    with subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode == DIVERGED:
        return None
    if process.returncode:
        sys.exit(f"{name} ended with exit status {process.returncode}.")
    return Run(output, time.perf_counter() - start, usage.ru_maxrss * 1024)


def install(requirement: str) -> Path:
    """Python of an environment that has a package; made at the first call."""
    folder = Path(__file__).parents[2] / ".peers" / requirement
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", requirement], check=True)
    return python


def save(picture: Picture, path: Path) -> Path:
    """Save a picture; return where."""
    return sl.save_image(path, picture)


def gatys_notebook(photo: PictureSource, painting: PictureSource) -> sl.Loss:
    """Objective of Gatys et al.'s notebook, through the network as it was trained."""
    formulation: Any = "gatys_notebook"
    content = sl.content(photo, formulation=formulation)
    loss = content + sl.style(painting, formulation=formulation)
    return loss.with_network(pooling="max", padding_mode="zeros")


def weave(picture: Picture) -> float:
    """Power of the finest waves along the axes of the pixels, over that in all directions."""
    light = sl.luminance(picture)
    light = (light - light.mean()) * np.outer(*map(np.hanning, light.shape))
    down, across = np.meshgrid(*map(np.fft.fftfreq, light.shape), indexing="ij")
    finest = (np.hypot(down, across) > 0.4) & (np.hypot(down, across) < 0.5)
    on_axes = np.minimum(abs(down), abs(across)) < 0.016
    power = abs(np.fft.fft2(light)) ** 2
    return float(power[finest & on_axes].mean() / power[finest & ~on_axes].mean())


def paint_as(name: str, photo: str, painting: str, output: str, target: float) -> None:
    """Paint as one of the programs does, in this process, and save the picture."""
    if name == "stylelab":
        picture = paint_to(target, Path(photo), Path(painting))
    else:
        picture = PROGRAMS[name](sl.load_image(photo), sl.load_image(painting))
        if not np.isfinite(picture).all():
            sys.exit(DIVERGED)
    save(np.clip(picture, 0, 1), Path(output))


def paint_to(target: float, photo: Path, painting: Path) -> Picture:
    """Paint coarse to fine until the picture as saved has a score; at most five minutes."""
    loss = gatys_notebook(photo, painting)
    size = max(sl.load_image(photo).shape)

    def reached(progress: sl.Progress) -> bool:
        if progress.stage < len(progress.stages) - 1 or progress.step.loss > target:
            return progress.history[-1].seconds > LONGEST_SECONDS
        return loss(rounded(progress.image)).loss <= target

    return sl.transfer(
        photo, loss, size=size, steps=SCIPY_EVALUATIONS, progress=False, callback=reached
    ).image


def rounded(picture: Picture) -> Picture:
    """A picture as it is saved: with 8 bits."""
    return (np.round(picture * 255) / 255).astype(np.float32)


def tensorflow_tutorial(photo: Picture, painting: Picture) -> Picture:
    """Adam 0.02 (β₁ 0.99, ε 0.1), clipped; content 1e4, style 1e-2, total variation 30."""
    tf: Any = import_tensorflow()
    content_layer = "block5_conv2"
    network = sl.VGG19(content_layer, *STYLE_LAYERS, pooling="max").model

    def gram(maps: Any) -> Any:
        products = tf.einsum("bijc,bijd->bcd", maps, maps)
        return products / tf.cast(tf.shape(maps)[1] * tf.shape(maps)[2], tf.float32)

    content_target = network(tf.constant(photo[None]))[content_layer]
    painted = network(tf.constant(painting[None]))
    style_targets = {name: gram(painted[name]) for name in STYLE_LAYERS}

    def loss_of(image: Any) -> Any:
        maps = network(image)
        style = [tf.reduce_mean((gram(maps[n]) - style_targets[n]) ** 2) for n in STYLE_LAYERS]
        content = tf.reduce_mean((maps[content_layer] - content_target) ** 2)
        variation = tf.image.total_variation(image)
        return 1e-2 / len(style) * tf.add_n(style) + 1e4 * content + 30 * variation

    optimizer = tf.keras.optimizers.Adam(learning_rate=0.02, beta_1=0.99, epsilon=0.1)
    return descend(loss_of, tf.Variable(photo[None]), optimizer, STEPS, bounds=(0.0, 1.0))


def keras_example(photo: Picture, painting: Picture) -> Picture:
    """Gradient descent, rate 100 falling by 0.96 every 100 steps; the values are not bounded."""
    tf: Any = import_tensorflow()
    content_layer = "block5_conv2"
    network = sl.VGG19(content_layer, *STYLE_LAYERS, pooling="max").model
    rows, columns = photo.shape[:2]
    target, painted = network(tf.constant(photo[None])), network(tf.constant(painting[None]))

    def gram(maps: Any) -> Any:
        by_channel = tf.reshape(maps, (-1, maps.shape[-1]))
        return tf.matmul(by_channel, by_channel, transpose_a=True)

    def loss_of(values: Any) -> Any:
        image = values / 255
        maps = network(image)
        loss = 2.5e-8 * tf.reduce_sum((maps[content_layer] - target[content_layer]) ** 2)
        for name in STYLE_LAYERS:
            squares = tf.reduce_sum((gram(maps[name]) - gram(painted[name])) ** 2)
            loss += 1e-6 / len(STYLE_LAYERS) * squares / (4 * 3**2 * (rows * columns) ** 2)
        down = values[:, :-1, :-1] - values[:, 1:, :-1]
        across = values[:, :-1, :-1] - values[:, :-1, 1:]
        return loss + 1e-6 * tf.reduce_sum((down**2 + across**2) ** 1.25)

    rate = tf.keras.optimizers.schedules.ExponentialDecay(100.0, 100, 0.96)
    optimizer = tf.keras.optimizers.SGD(rate)
    values = descend(loss_of, tf.Variable(255 * photo[None]), optimizer, KERAS_STEPS)
    return values / np.float32(255)


def descend(
    loss_of: Callable[[Any], Any],
    image: Any,
    optimizer: Any,
    steps: int,
    bounds: tuple[float, float] | None = None,
) -> Picture:
    """Take steps of one of Keras's optimizers; clip the values after each if there are bounds."""
    tf: Any = import_tensorflow()

    @tf.function  # type: ignore[untyped-decorator]
    def step() -> None:
        with tf.GradientTape() as tape:
            loss = loss_of(image)
        optimizer.apply_gradients([(tape.gradient(loss, image), image)])
        if bounds:
            image.assign(tf.clip_by_value(image, *bounds))

    for number in range(steps):
        step()
        if number % 100 == 0 and not np.isfinite(image.numpy()).all():
            break
    values: Picture = image.numpy()[0]
    return values


def scipy_lbfgsb(photo: Picture, painting: Picture) -> Picture:
    """SciPy's L-BFGS-B on the notebook's objective, with our loss and gradient."""
    loss = gatys_notebook(photo, painting)

    def evaluate(flat: Any) -> tuple[float, Any]:
        evaluation = loss(flat.reshape(photo.shape).astype(np.float32))
        return evaluation.loss, evaluation.gradient.astype(np.float64).ravel()

    found = minimize(
        evaluate,
        photo.astype(np.float64).ravel(),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, 1)] * photo.size,
        options={"maxfun": SCIPY_EVALUATIONS, "maxiter": SCIPY_EVALUATIONS, "maxcor": 20},
    )
    picture: Picture = found.x.reshape(photo.shape).astype(np.float32)
    return picture


PROGRAMS: dict[str, Callable[[Picture, Picture], Picture]] = {
    "tensorflow_tutorial": tensorflow_tutorial,
    "keras_example": keras_example,
    "scipy_lbfgsb": scipy_lbfgsb,
}


if __name__ == "__main__":
    main()
