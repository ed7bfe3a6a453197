import io
import sys

import pytest

from tinylstm.small.progress import Progress, counted, duration


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def screen(self):
        """What stands there now: carriage returns carried out."""
        lines = []
        for line in self.getvalue().split("\n"):
            shown = ""
            for part in line.split("\r"):
                shown = part + shown[len(part) :]
            lines.append(shown.rstrip())
        return lines


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")


def test_line_with_text_and_time_left():
    terminal, clock = Terminal(), Clock()
    with Progress("epoch 3/15", 100, stream=terminal, clock=clock) as progress:
        clock.now += 30
        progress.update(25, "loss 0.31")
        assert terminal.screen() == ["epoch 3/15: 25/100, loss 0.31, 1 min 30 s left"]
        clock.now += 70
        progress.update(100, "loss 0.2")
        assert terminal.screen() == ["epoch 3/15: 100/100, loss 0.2, 0 s left"]
    assert terminal.screen() == [""]


def test_nothing_done_yet():
    terminal, clock = Terminal(), Clock()
    with Progress("reading", 4, stream=terminal, clock=clock) as progress:
        clock.now += 1
        progress.update(0)
        assert terminal.screen() == ["reading: 0/4"]


def test_a_total_that_is_not_known():
    terminal, clock = Terminal(), Clock()
    with Progress("bytes", None, stream=terminal, clock=clock) as progress:
        clock.now += 1
        progress.update(65536)
        assert terminal.screen() == ["bytes: 65,536"]


def test_counted_begins_a_line_anew_for_another_total():
    terminal, clock = Terminal(), Clock()
    with counted("bytes", stream=terminal, clock=clock) as progress:
        clock.now += 1
        progress(79, 79)
        clock.now += 1
        progress(1, 6000)
        clock.now += 1
        progress(2, 6000)
        assert terminal.screen()[-1].startswith("bytes: 2/6,000")
        clock.now += 1
        progress(6000, 6000)
        assert terminal.screen() == ["bytes: 6,000/6,000, 0 s left"]
    assert terminal.screen() == [""]


def test_at_most_ten_drawings_a_second():
    terminal, clock = Terminal(), Clock()
    with Progress("reading", 2000, stream=terminal, clock=clock) as progress:
        for done in range(1, 2001):
            clock.now += 1 / 1000
            progress.update(done)
        assert 15 <= terminal.getvalue().count("reading") <= 20


def test_quick_work_leaves_no_trace():
    terminal = Terminal()
    with Progress("reading", 2, stream=terminal, clock=Clock()) as progress:
        progress.update(1)
        progress.update(2)
    assert terminal.getvalue() == ""


def test_longer_than_the_terminal_is_wide():
    terminal, clock = Terminal(), Clock()
    with Progress("x" * 100, 2, stream=terminal, clock=clock) as progress:
        clock.now += 1
        progress.update(1)
        assert terminal.screen() == ["x" * 59]
    assert terminal.screen() == [""]


def test_a_line_that_stays():
    terminal, clock = Terminal(), Clock()
    with Progress("epoch 1/2", 2, stream=terminal, clock=clock) as progress:
        clock.now += 1
        progress.update(1, "loss 0.31")
        progress.line("a note")
        clock.now += 1
        progress.update(2)
        assert terminal.screen() == ["a note", "epoch 1/2: 2/2, 0 s left"]
    assert terminal.screen() == ["a note", ""]


def test_cleaned_up_after_an_error():
    terminal, clock = Terminal(), Clock()
    with (
        pytest.raises(KeyboardInterrupt),
        Progress("reading", 2, stream=terminal, clock=clock) as progress,
    ):
        clock.now += 1
        progress.update(1)
        raise KeyboardInterrupt
    assert terminal.screen() == [""]


def test_elsewhere_only_lines():
    stream, clock = io.StringIO(), Clock()
    with Progress("epoch 1/2", 2, stream=stream, clock=clock) as progress:
        clock.now += 1
        progress.update(1)
        progress.line("epoch 1/2: loss 0.31")
    assert stream.getvalue() == "epoch 1/2: loss 0.31\n"


def test_silent_where_not_enabled():
    terminal, clock = Terminal(), Clock()
    with Progress("epoch 1/2", 2, enabled=False, stream=terminal, clock=clock) as progress:
        clock.now += 1
        progress.update(1)
        progress.line("epoch 1/2: loss 0.31")
    assert terminal.getvalue() == ""


def test_standard_error_by_default(capsys):
    Progress("reading", 2).line("done")
    assert capsys.readouterr() == ("", "done\n")


def test_no_standard_error(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    with Progress("reading", 2) as progress:
        progress.update(1)
        progress.line("done")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.6, "1 min 0 s"), (185, "3 min 5 s"), (7859, "2 h 10 min")],
)
def test_duration(seconds, text):
    assert duration(seconds) == text
