"""What moved one patient's risk: gradient times input, occlusion, gates and cells of units."""

from .explanation import Explanation, explain, rank_correlation, together
from .units import UnitStates, unit_states

__all__ = ["Explanation", "UnitStates", "explain", "rank_correlation", "together", "unit_states"]
