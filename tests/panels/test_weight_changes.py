from stylelab.panels.studio.weight_changes import describe_weight_changes
from stylelab.pipeline.settings import Settings


def test_changes_are_described_in_words() -> None:
    before = Settings(style_layers=("block1_conv1", "block2_conv1"))
    after = Settings(
        style_weight=31.62,
        content_weight=0,
        total_variation_weight=0.05,
        style_layers={"block2_conv1": 0.5, "block1_conv1": 1},
        content_layers={"block4_conv2": 2},
    )
    assert describe_weight_changes(before, after) == (
        "style weight 10 → 31.6, content weight 1 → 0, total variation weight 0 → 0.05, "
        "style layer block2_conv1 1 → 0.5, content layer block4_conv2 1 → 2"
    )
    assert describe_weight_changes(before, before) == ""


def test_only_weights_count_not_other_settings() -> None:
    before = Settings(style_layers=("block1_conv1", "block2_conv1"))
    after = Settings(style_layers={"block1_conv1": 1.0, "block3_conv1": 5}, size=64, seed=3)
    assert describe_weight_changes(before, after) == ""
