"""EQUATIONS.md and the code: every number that is cited exists, and every number is cited."""

import re

from helpers.paths import ROOT

NETWORK = ROOT / "tinylstm" / "network"
NUMBER = r"\((A?\d{1,2})\)"


def defined():
    """Numbers at the ends of lines inside code blocks, in order."""
    numbers, inside = [], False
    for line in (NETWORK / "EQUATIONS.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = not inside
        elif inside and (match := re.search(NUMBER + r"\s*$", line)):
            numbers.append(match.group(1))
    return numbers


def cited(text):
    """The numbers behind each "eq." or "eqs.": "eq. (3)", "eqs. (22) (23)", "eqs. (1) to (8)"."""
    numbers = set()
    for match in re.finditer(rf"\beqs?\. ((?:{NUMBER}(?:,? and |,? to |, | )?)+)", text):
        found = re.findall(NUMBER, match.group(1))
        numbers.update(found)
        if " to " in match.group(1):
            first, last = (int(number) for number in found)
            numbers.update(str(k) for k in range(first, last + 1))
    return numbers


def tagged():
    """The numbers of the equations that the notebooks write out, \\tag{3}."""
    texts = [path.read_text(encoding="utf-8") for path in ROOT.glob("notebooks/*.ipynb")]
    return {number for text in texts for number in re.findall(r"\\tag\{(\w+)\}", text)}


def test_numbers_run_without_a_gap():
    plain = [int(number) for number in defined() if not number.startswith("A")]
    assert plain == list(range(1, len(plain) + 1)) and len(plain) >= 36
    activations = [number for number in defined() if number.startswith("A")]
    assert activations == [f"A{k}" for k in range(1, len(activations) + 1)]


def test_every_number_in_the_code_exists():
    for path in [*ROOT.glob("tinylstm/**/*.py"), *ROOT.glob("notebooks/*.ipynb")]:
        unknown = cited(path.read_text(encoding="utf-8")) - set(defined())
        assert not unknown, f"{path.name} cites {sorted(unknown)}"


def test_every_equation_is_cited_where_it_is_computed():
    """In a comment beside the code, or in the docstring of the activation's function."""
    comments = set()
    for path in [*NETWORK.rglob("*.py"), ROOT / "tinylstm" / "training" / "optimizers.py"]:
        text = path.read_text(encoding="utf-8")
        for comment in re.findall(r"#.*", text):
            comments |= cited(comment)
        if path.name == "activations.py":
            comments |= cited(text)
    missing = [number for number in defined() if number not in comments]
    assert not missing


def test_the_notebooks_write_out_every_equation_of_the_walk():
    """From the first pre-activation to the step of gradient descent, eqs. (1) to (30)."""
    assert tagged() == {str(number) for number in range(1, 31)}
