import subprocess
import sys

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread

import tinylstm as tl
from tinylstm import plots

HISTORY = tl.History(
    loss=[0.69, 0.52, 0.41],
    seconds=[1.0, 1.0, 1.0],
    validation_loss=[0.6, 0.5, 0.45],
    validation_auc=[0.6, 0.8, 0.85],
)
ROC = tl.roc_curve([1, 0, 1, 0, 1], [0.9, 0.4, 0.4, 0.1, 0.7])
FIGURES = {
    "loss": lambda path=None: plots.loss_curve(HISTORY, path),
    "loss alone": lambda path=None: plots.loss_curve(tl.History([0.5], [1.0]), path),
    "risk": lambda path=None: plots.risk_plot([0.2, 0.4, 0.3], path),
    "roc": lambda path=None: plots.roc_plot(ROC, path),
    "rocs": lambda path=None: plots.roc_plot({f"class {k}": ROC for k in range(6)}, path),
    "v": lambda path=None: plots.v_curve(
        [1e-9, 1e-6, 1e-3], {"central": [1e-6, 1e-9, 1e-6], "complex step": [1e-16, 0, 1e-6]}, path
    ),
}


@pytest.fixture(params=FIGURES)
def draw(request):
    return FIGURES[request.param]


def test_written_as_png(draw, tmp_path):
    draw(tmp_path / "figure.dat")
    image = imread(tmp_path / "figure.dat", format="png")
    assert 0.02 < (image[..., :3] < 0.9).any(axis=2).mean() < 0.5


def test_axes_are_labelled(draw):
    figure = draw()
    for axes in figure.axes:
        assert axes.get_ylabel()
        assert figure.legends or axes.get_legend() is not None
    assert figure.axes[-1].get_xlabel()


def test_lines_differ_in_grey(draw):
    # Of two lines in one panel the strokes differ, or else the luminances.
    for axes in draw().axes:
        looks = set()
        for line in axes.lines:
            grey = np.dot(to_rgb(line.get_color()), (0.299, 0.587, 0.114))
            looks.add((line.get_linestyle(), line.get_marker(), round(float(grey), 1)))
        assert len(looks) == len(axes.lines)


def test_loss_curve_draws_the_history():
    loss, auc = plots.loss_curve(HISTORY, held_out="test").axes
    training, test = loss.lines
    np.testing.assert_array_equal(training.get_xydata().T, [[1, 2, 3], HISTORY.loss])
    np.testing.assert_array_equal(test.get_ydata(), HISTORY.validation_loss)
    np.testing.assert_array_equal(auc.lines[0].get_ydata(), HISTORY.validation_auc)
    assert test.get_label().startswith("test")
    assert len(plots.loss_curve(tl.History([0.5], [1.0])).axes) == 1


def test_one_epoch_is_epoch_1():
    ticks = plots.loss_curve(tl.History([0.5], [1.0])).axes[0].get_xticks()
    assert 1 in ticks and all(tick == round(tick) for tick in ticks)


def test_roc_plot_draws_the_curve():
    curve, chance = plots.roc_plot(ROC).axes[0].lines
    np.testing.assert_array_equal(curve.get_xydata().T, [ROC.fpr, ROC.tpr])
    np.testing.assert_array_equal(chance.get_xydata(), [[0, 0], [1, 1]])


def test_a_curve_of_one_class_is_empty():
    with pytest.warns(RuntimeWarning, match="the AUC is nan"):
        roc = tl.roc_curve([0, 0], [0.1, 0.2])
    legend = plots.roc_plot(roc).axes[0].get_legend()
    assert legend.get_texts()[0].get_text() == "AUC nan"


def test_v_curve_draws_an_error_of_zero_at_the_precision():
    central, complex_step, precision = FIGURES["v"]().axes[0].lines
    np.testing.assert_array_equal(central.get_ydata(), [1e-6, 1e-9, 1e-6])
    assert complex_step.get_ydata()[1] == precision.get_ydata()[0] == 2.0**-52


def test_no_state_is_left_and_import_tinylstm_needs_no_matplotlib():
    code = (
        "import sys, tinylstm, tinylstm.cli; assert 'matplotlib' not in sys.modules; "
        "import tinylstm.plots; assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
