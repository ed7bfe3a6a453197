"""The figures of reports and patients: what they draw is what they were given."""

import numpy as np
import pytest
from matplotlib.image import imread

from tinylstm import plots
from tinylstm.evaluation import GroupAUC, calibration_curve, precision_recall_curve, roc_curve
from tinylstm.study.explanation import UnitStates

RNG = np.random.default_rng(0)
P = RNG.random(60)
DIED = RNG.random(60) < P
CURVES = {"this model": precision_recall_curve(DIED, P), "x": precision_recall_curve(DIED, P**0)}
CALIBRATION = calibration_curve(DIED, P, n_bins=5)
AREAS = [GroupAUC(0.6 + 0.01 * h, (0.5, 0.7 + 0.01 * h), 60, 20) for h in range(10)]
GROUPS = {"sex": {"female": AREAS[0], "male": AREAS[5]}, "age": {"0 to 44": AREAS[3]}}
HOURS = np.arange(1, 49)
RISKS = RNG.random((3, 48)) / 2
RISK = RISKS.mean(axis=0) ** 0.9
SERIES = [("HR\n1/min", np.array([0.2, 3.5]), np.array([80.0, 90.0]), np.array([1, 2, 5]))] * 2
STATES = UnitStates(np.array([7, 3]), *RNG.random((5, 48, 2)), np.array([0.5, -0.2]))
NAMES = ["GCS", "Age", "HR"]
TOTALS, OCCLUSIONS = np.array([0.3, -0.1, 0.2]), np.array([0.4, -0.2, -0.1])
STEPS = RNG.normal(size=(48, 3))

FIGURES = {
    "precision and recall": lambda *to: plots.precision_recall_plot(CURVES, *to),
    "calibration": lambda *to: plots.calibration_plot(CALIBRATION, *to),
    "hours": lambda *to: plots.hour_plot(dict(enumerate(AREAS, 1)), *to),
    "groups": lambda *to: plots.group_plot(GROUPS, 0.7, *to),
    "course": lambda *to: plots.course_plot(HOURS, RISK, RISKS, 0.3, SERIES, *to),
    "course alone": lambda *to: plots.course_plot(HOURS, RISK, RISKS[:1], 0.3, [], *to),
    "contributions": lambda *to: plots.contribution_plot(NAMES, TOTALS, OCCLUSIONS, *to),
    "map": lambda *to: plots.contribution_map(NAMES, np.arange(49), STEPS, *to),
    "units": lambda *to: plots.unit_plot(HOURS, STATES, *to),
}


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_written_as_png_and_narrow_enough_for_a_telephone(draw, tmp_path):
    figure = draw(tmp_path / "figure.dat")
    image = imread(tmp_path / "figure.dat", format="png")
    assert 0.01 < (image[..., :3] < 0.9).any(axis=2).mean() < 0.7
    assert figure.get_figwidth() <= 5.4
    assert figure.axes[0].get_xlabel() or figure.axes[-1].get_xlabel()


def line_data(axes):
    return [line.get_xydata().T for line in axes.lines]


def test_precision_recall_plot():
    curve, constant, chance = plots.precision_recall_plot(CURVES).axes[0].lines
    np.testing.assert_array_equal(curve.get_xdata(), CURVES["this model"].recall)
    np.testing.assert_array_equal(curve.get_ydata(), CURVES["this model"].precision)
    assert (
        curve.get_drawstyle() == "steps-pre" and curve.get_linestyle() != constant.get_linestyle()
    )
    assert chance.get_ydata() == pytest.approx([DIED.mean()] * 2)


def test_calibration_plot():
    axes = plots.calibration_plot(CALIBRATION).axes[0]
    (container,) = axes.containers
    line, _, (bars,) = container.lines
    np.testing.assert_array_equal(line.get_xdata(), CALIBRATION.predicted)
    np.testing.assert_array_equal(line.get_ydata(), CALIBRATION.observed)
    ends = np.array(bars.get_segments())[:, :, 1]
    np.testing.assert_allclose(ends, np.stack([CALIBRATION.low, CALIBRATION.high], axis=1))


def test_hour_plot():
    axes = plots.hour_plot(dict(enumerate(AREAS, 1))).axes[0]
    hours, areas = line_data(axes)[0]
    assert hours.tolist() == list(range(1, 11))
    assert areas.tolist() == [area.auc for area in AREAS]


def test_hour_plot_does_not_name_intervals_that_are_not_there():
    areas = dict.fromkeys((8, 16, 24), GroupAUC(0.6, (np.nan, np.nan), 12, 4))
    legend = plots.hour_plot(areas).axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["AUC"]


def test_group_plot():
    sex, age = plots.group_plot(GROUPS, 0.7).axes
    assert [text.get_text() for text in age.get_yticklabels()] == ["0 to 44"]
    (x, y), (low_high, row), *_ = line_data(sex)
    assert (x.tolist(), y.tolist()) == ([AREAS[0].auc], [0])
    assert (low_high.tolist(), row.tolist()) == (list(AREAS[0].interval), [0, 0])
    assert len(age.lines) == 3 and set(age.lines[2].get_xdata()) == {0.7}


def test_course_plot():
    risk, *panels = plots.course_plot(HOURS, RISK, RISKS, 0.3, SERIES).axes
    lines = line_data(risk)
    for seed in range(3):
        np.testing.assert_array_equal(lines[seed], [HOURS, RISKS[seed]])
    np.testing.assert_array_equal(lines[3], [HOURS, RISK])
    assert set(lines[4][1]) == {0.3}
    for panel in panels:
        np.testing.assert_array_equal(line_data(panel)[0], [[0.2, 3.5], [80, 90]])
        shaded = [(patch.get_x(), patch.get_width()) for patch in panel.patches]
        assert shaded == [(1, 1), (2, 1), (5, 1)]
        assert panel.get_xlim() == risk.get_xlim() == (0, 48)


def test_contribution_plot_says_where_the_two_disagree():
    axes = plots.contribution_plot(NAMES, TOTALS, OCCLUSIONS).axes[0]
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == ["GCS", "Age", "HR (disagree)"]
    widths = [[bar.get_width() for bar in container] for container in axes.containers]
    assert widths == [OCCLUSIONS.tolist(), TOTALS.tolist()]


def test_contribution_map_is_white_at_zero():
    axes = plots.contribution_map(NAMES, np.arange(49), STEPS).axes[0]
    (mesh,) = axes.collections
    np.testing.assert_array_equal(np.asarray(mesh.get_array()).reshape(3, 48), STEPS.T)
    assert mesh.get_clim() == (-np.abs(STEPS).max(), np.abs(STEPS).max())


def test_unit_plot():
    figure = plots.unit_plot(HOURS, STATES)
    gates, cell = figure.axes[2:]
    assert "unit 3: h counts -0.20" in gates.get_title(loc="left")
    expected = STATES.forget_gate, STATES.input_gate, STATES.output_gate
    for line, values in zip(gates.lines, expected, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), values[:, 1])
    for line, values in zip(cell.lines, (STATES.cell, STATES.h), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), values[:, 1])


@pytest.mark.parametrize("n_curves", [2, 7])
@pytest.mark.parametrize("plot", [plots.roc_plot, plots.precision_recall_plot])
def test_no_legend_hides_many_curves(plot, n_curves):
    """Few curves leave room in a corner; more of them have their legend below the axes."""
    labels, scores = [1, 0, 1, 0, 0, 1], [0.9, 0.4, 0.3, 0.1, 0.2, 0.8]
    make = precision_recall_curve if plot is plots.precision_recall_plot else roc_curve
    figure = plot({f"a rival of a long name, {k}": make(labels, scores) for k in range(n_curves)})
    figure.draw_without_rendering()
    (axes,) = figure.axes
    (legend,) = figure.legends or [axes.get_legend()]
    box, inside = legend.get_window_extent(), axes.get_window_extent()
    assert box.overlaps(inside if n_curves == 2 else axes.get_tightbbox()) == (n_curves == 2)
    assert box.y0 >= 0 and box.x0 >= 0 and box.x1 <= figure.bbox.x1
    assert len(legend.get_texts()) == n_curves + 1
    assert inside.width > 0.75 * figure.bbox.width  # the curves keep their size
