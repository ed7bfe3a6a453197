from math import inf

from tinylstm.data.physionet2012.variables import DESCRIPTORS, RULES, SERIES

# The rules once more, in the words of the study's protocol.
RANGES = """Temp 25-45; SysABP, NISysABP 20-300; MAP, NIMAP 10-300; DiasABP, NIDiasABP 5-250;
HR 10-300; Weight 20-300; SaO2 20-100; PaCO2 5-200; PaO2 10-600; WBC 0-500; Platelets 1-3000;
Mg .2-15; K 1-15; Height 120-230; pH 6.5-8; MechVent 0-1"""
LOG1P = """ALP ALT AST BUN Bilirubin Creatinine Glucose Lactate PaO2 Platelets TroponinI TroponinT
Urine WBC"""


def test_the_ranges():
    expected = {"RespRate": (1, inf)}
    for entry in RANGES.split(";"):
        *names, limits = entry.replace(",", " ").split()
        expected |= {name: tuple(map(float, limits.split("-"))) for name in names}
    expected |= {name: (0, inf) for name in LOG1P.split() if name not in expected}
    assert {rule.name: (rule.low, rule.high) for rule in RULES} == expected


def test_the_scales():
    scales = {rule.name: rule.scale for rule in RULES if rule.scale != "linear"}
    assert scales == dict.fromkeys(LOG1P.split(), "log1p") | {"MechVent": "flag"}


def test_each_rule_is_one_line_of_a_variable_in_its_unit_with_a_reason():
    units = {variable.name: variable.unit for variable in (*DESCRIPTORS, *SERIES)}
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.unit == units[rule.name]
        assert rule.low < rule.high
        assert rule.reason


def test_weight_means_the_same_as_a_descriptor_and_as_a_series():
    units = [variable.unit for variable in (*DESCRIPTORS, *SERIES) if variable.name == "Weight"]
    assert units == ["kg", "kg"]
