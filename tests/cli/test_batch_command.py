"""`stylelab batch`: its options, what it says before, and what it answers."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from command import RunCommand, assert_one_sentence

from stylelab.batches.batch_plan import BatchPlan
from stylelab.batches.jobs import JobRecord
from stylelab.batches.result import BatchResult
from stylelab.pictures.images import Picture
from stylelab.pictures.saving import save_image

Calls = list[tuple[BatchPlan, dict[str, Any]]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What the command asked for; nothing is painted, and the first picture fails."""
    found: Calls = []

    def run_batch(plan: BatchPlan, **options: Any) -> BatchResult:
        found.append((plan, options))
        first, *others = plan.records().values()
        failed = JobRecord(
            **{
                **vars(first),
                "state": "failed",
                "error": "Expected style_weight as a number. Received: 0.",
            }
        )
        done = [JobRecord(**{**vars(one), "state": "done"}) for one in others]
        return BatchResult(plan.output, (failed, *done), plan.faults)

    monkeypatch.setattr(import_module("stylelab.batches.run_batch"), "run_batch", run_batch)
    return found


@pytest.fixture
def folder(tmp_path: Path, photo: Picture, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a.png", "b.png"):
        save_image(tmp_path / "photos" / name, photo, make_folders=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_setting_takes_the_values_that_follow(
    folder: Path, run: RunCommand, calls: Calls
) -> None:
    run(
        "batch", "photos", "--style-weight", "3", "10", "30", "--seed", "0", "1", "cat",
        "--painting", "stained_glass", "--painting", "swirling_night", "--size", "64", "original",
        "--layers", "block1_conv1", "--optimizer", "adam", "lbfgs", "-o", "out",
    )  # fmt: skip
    ((plan, options),) = calls
    assert {job.photo.name for job in plan.jobs} == {"photos/a.png", "photos/b.png", "cat"}
    assert {job.settings.style_weight for job in plan.jobs} == {3, 10, 30}
    assert {job.settings.seed for job in plan.jobs} == {0, 1}
    assert {job.settings.optimizer for job in plan.jobs} == {"adam", "lbfgs"}
    assert {job.settings.size for job in plan.jobs} == {64, 451}
    # Two photos have 64 pixels, so their original size is no other job.
    assert len(plan.jobs) == (2 + 2) * 2 * 3 * 2 * 2
    assert plan.output == Path("out")
    assert options["workers"] is None
    assert folder == Path.cwd()


def test_a_setting_can_be_repeated_or_joined_to_its_value(
    folder: Path, run: RunCommand, calls: Calls
) -> None:
    run("batch", folder / "photos", "--seed=3", "--seed", "4", "--painting", "cat", "-o", "out")
    assert {job.settings.seed for job in calls[0][0].jobs} == {3, 4}


def test_starts_creator_and_licence_are_taken(folder: Path, run: RunCommand, calls: Calls) -> None:
    run(
        "batch", "--start", "noise", "content", "--start", "cat", "photos/a.png", "-o", "out",
        "--painting", "cat", "--creator", "A. Reader", "--licence", "CC0 1.0",
    )  # fmt: skip
    jobs = calls[0][0].jobs
    assert [(job.settings.start, [*job.others]) for job in jobs] == [
        ("noise", []),
        ("content", []),
        ("recoloured", ["start"]),
    ]
    assert jobs[0].statement == {"creator": "A. Reader", "licence": "CC0 1.0"}
    assert folder == Path.cwd()


def test_the_answer_names_what_failed_in_the_command_s_words(
    folder: Path, run: RunCommand, calls: Calls
) -> None:
    arguments = ("batch", folder / "photos", "--painting", "cat", "-o", "out", "--workers", "3")
    status, out, _ = run(*arguments, "--retry-failed", "--quiet")
    assert status == 2
    assert "1 of 2 pictures" in out
    assert "Expected --style-weight" in out
    assert "give --retry-failed" in out
    assert out.endswith(f"Look at them: {folder / 'out' / 'index.html'}\n")
    assert (folder / "out" / "index.html").exists()
    assert calls[0][1] == {
        "workers": 3,
        "scheduler": None,
        "retry_failed": True,
        "dry_run": False,
        "progress": False,
    }


def test_a_plan_is_taken_alone(folder: Path, run: RunCommand, calls: Calls) -> None:
    text = 'photos = "photos"\npaintings = "cat"\noutput = "out"\n[settings]\nseed = [0, 1]\n'
    (folder / "plan.toml").write_text(text)
    run("batch", "plan.toml", "-o", "there")
    plan = calls[0][0]
    assert len(plan.jobs) == 4
    assert plan.output == folder / "there"
    answer = run("batch", "plan.toml", "cat", "--seed", "1", "--painting", "cat")
    assert_one_sentence(answer, "cat, --painting, --seed")
    (folder / "plan.toml").write_text(text.replace("seed", "sead") + "style_weight = -1\n")
    status, _, err = run("batch", "plan.toml")
    assert status == 2
    assert "Error: plan.toml, line 5: Expected the name of a setting" in err
    assert "Error: plan.toml, line 6: Expected style_weight" in err  # as it is called there


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("photos", "-o", "out"), "--painting"),
        (("photos", "--painting", "cat"), "--output"),
        (("photos", "--painting", "cat", "-o", "out", "--style-weight", "-1"), "--style-weight"),
        (("photos", "--painting", "cat", "-o", "out", "--seed", "x"), "'x' is not a valid int"),
        (("photos", "--painting", "cat", "-o", "out", "--start", "x.png"), "x.png"),
        (("nothing", "--painting", "cat", "-o", "out"), "nothing"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_wrong_arguments_are_refused_with_a_sentence(
    run: RunCommand, calls: Calls, arguments: tuple[str, ...], words: str
) -> None:
    status, out, err = run("batch", *arguments)
    assert status == 2
    assert out == ""
    assert err.startswith("Error: ")
    assert words in err
    assert not calls


@pytest.mark.usefixtures("folder")
def test_a_dry_run_says_what_would_be_painted(run: RunCommand) -> None:
    arguments = ("batch", "photos", "missing.png", "--painting", "cat", "-o", "out", "--dry-run")
    status, out, err = run(*arguments, "--size", "32", "--steps", "1", "2", "3")
    assert status == 2  # for the picture that is missing
    assert out == ""
    assert "6 pictures, of which 6 are to be painted" in err
    assert "missing.png" in err
    assert not Path("out").exists()
