"""Networks from and to elsewhere: DeepLearning4j's zip, PyTorch's state dicts, ONNX."""

from .dl4j import load_dl4j, save_dl4j
from .onnx_model import save_onnx
from .pytorch import from_torch, to_torch

__all__ = ["from_torch", "load_dl4j", "save_dl4j", "save_onnx", "to_torch"]
