"""Every figure; imported where one is drawn, as matplotlib takes half a second."""

from .curves import loss_curve, roc_plot, v_curve
from .patient_figures import contribution_map, contribution_plot, course_plot, unit_plot
from .report_figures import calibration_plot, group_plot, hour_plot, precision_recall_plot
from .step_figures import risk_plot

__all__ = [
    "calibration_plot",
    "contribution_map",
    "contribution_plot",
    "course_plot",
    "group_plot",
    "hour_plot",
    "loss_curve",
    "precision_recall_plot",
    "risk_plot",
    "roc_plot",
    "unit_plot",
    "v_curve",
]
