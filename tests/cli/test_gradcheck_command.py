import io
import json

import numpy as np
import pytest

from tinylstm import gradcheck
from tinylstm.cli import main
from tinylstm.cli.gradcheck_command import show_report, show_table
from tinylstm.gradcheck.bugs.mutation_table import mutation_table
from tinylstm.gradcheck.bugs.mutations import MUTATIONS
from tinylstm.gradcheck.bugs.quiz import quiz
from tinylstm.gradcheck.suite import EXAMPLE_POINT, network_case

POINT = {**EXAMPLE_POINT, "T": 2, "H": 1}


def test_the_suite_s_report(tmp_path, capsys):
    def loss(arrays):
        return arrays["a"].sum()

    for gradient, status in ((0, 1), (1, 0)):
        report = gradcheck.check(loss, {"a": np.ones(2)}, {"a": np.full(2, float(gradient))})
        assert show_report(report, tmp_path if report.ok else None) == status
        assert capsys.readouterr().out == f"{report}\n"
    assert json.loads((tmp_path / "gradcheck.json").read_text()) == report.to_dict()
    assert (tmp_path / "v_curve.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_the_table_of_planted_bugs(capsys):
    some = MUTATIONS[:1]
    for cases, status in (([network_case(POINT)], 0), ([], 1)):
        assert show_table(mutation_table(some, cases)) == status
        out = capsys.readouterr().out
        assert out.startswith("| planted bug |")
        assert some[0].name in out


def play(monkeypatch, capsys, *lines):
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
    assert main(["gradcheck", "--quiz", "7"]) == 0
    return capsys.readouterr().out


def test_quiz(monkeypatch, capsys):
    riddle = quiz(7)
    answer = next(name for name in riddle.choices if riddle.guess(name))
    wrong = next(name for name in riddle.choices if name != answer)
    out = play(monkeypatch, capsys, "check N=2 mask=none", f"guess {wrong}", f"guess {answer}", "?")
    assert str(riddle.check(N=2, mask="none")) in out
    no = f"no: {riddle.why_not(wrong)}"
    assert out.endswith(f"> {no}\n> found:\n{riddle.hint(riddle.n_hints)}\n")


def test_quiz_hints_and_names(monkeypatch, capsys):
    riddle = quiz(7)
    hints = [riddle.hint(number) for number in range(1, riddle.n_hints + 1)]
    out = play(monkeypatch, capsys, "names", *["hint"] * (len(hints) + 1))
    assert out.endswith("> ".join(["", *(f"{hint}\n" for hint in [*hints, hints[-1]]), ""]))
    assert [name for name in riddle.choices if name not in out] == []


def test_quiz_does_not_end_at_a_mistake(monkeypatch, capsys):
    lines = "", "what", "check N", "check T=x", "check Z=1", "guess it", "quit", "hint"
    out = play(monkeypatch, capsys, *lines)
    assert out.count("This backward pass has a bug") == 2  # at first, and after "what"
    assert "> 'N' is not of the form N=1\n" in out
    assert "> 'T=x': expected a value like 12\n" in out
    assert "> Z: not among" in out
    assert "> no: 'it' is none of the bugs\n" in out
    assert out.endswith("> ")
