"""Where things stand in the repository."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data_samples"
ICU = SAMPLES / "icu"
GOLDEN = ROOT / "tests" / "golden" / "dl4j"
