"""Networks from and to elsewhere: DeepLearning4j's zip."""

from .dl4j import load_dl4j, save_dl4j

__all__ = ["load_dl4j", "save_dl4j"]
