import json
import math
import random

import pytest

from tinylstm.small.json_files import (
    anything,
    dict_of,
    list_of,
    number,
    one_of,
    optional,
    parse_json,
    read_json,
    text,
    truth,
    whole,
    write_json,
)


def test_there_and_back(tmp_path):
    content = {"auc": 0.5, "none": None, "list": [1, "ä"]}
    write_json(tmp_path / "a.json", content)
    assert read_json(tmp_path / "a.json") == content
    assert (tmp_path / "a.json").read_text(encoding="utf-8").endswith("\n}\n")


def test_errors(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"a\.json: no such file, so .* is no run"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(ValueError, match=r"a\.json: Expecting property name"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("[1]")
    with pytest.raises(ValueError, match=r"a\.json: begins with '\[1\]', expected an object"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text('{"auc": 0.5}')
    with pytest.raises(ValueError, match=r"a\.json: expected the keys auc, brier$"):
        read_json(tmp_path / "a.json", {"brier", "auc"})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "b.json", {"auc": math.nan})
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "'utf-8' codec can't decode"),
        (b'{"a": NaN}', "NaN is not a finite number"),
        (b'{"a": -Infinity}', "-Infinity is not a finite number"),
        (b'{"a": 1e400}', "1e400 is not a finite number"),
        (b'{"a": %b}' % (b"1" * 41), "a number of 41 digits"),
        (b'{"a": 1, "b": {"c": 1, "c": 1}}', "the key 'c' is there twice"),
        (b'{"a": ' + b"[" * 100_000, "brackets within brackets, too deep"),
        (b" " * (1 << 24) + b"{}", "16,777,218 bytes, expected at most 16,777,216"),
    ],
)
def test_what_is_not_strict_json(tmp_path, content, message):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ValueError) as caught:
        read_json(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_numbers_that_are_not_finite_where_they_may_be():
    assert parse_json("[NaN, 1e400]", finite=False)[1] == math.inf


@pytest.mark.parametrize(
    ("form", "right", "wrong", "message"),
    [
        (number(0, 1), [0, 1, 0.5], -0.1, "a: -0.1, expected a number of at least 0 and of at"),
        (number(above=0), [1e-9], 0, "a: 0, expected a number above 0"),
        (number(), [-3, 2.5], True, "a: true, expected a number"),
        (number(), [], "1", 'a: "1", expected a number'),
        (whole(least=1), [1, 7], 1.0, "a: 1.0, expected a whole number of at least 1"),
        (whole(0, 3), [0, 3], 4, "a: 4, expected a whole number of at least 0 and of at most 3"),
        (whole(), [-1], False, "a: false, expected a whole number"),
        (text, ["", "x"], 1, "a: 1, expected a text"),
        (truth, [True, False], 1, "a: 1, expected true or false"),
        (one_of("icu", None), ["icu", None], "hourly", 'a: "hourly", expected one of "icu", null'),
        (one_of(1), [1], True, "a: true, expected one of 1"),
        (list_of(number(0, 1)), [[], [0.5, 1]], [0.5, 2], "a[1]: 2, expected a number of at least"),
        (list_of(anything, 2), [[1, "b"]], [1], "a: 1 items, expected 2"),
        (list_of(text), [[]], {"b": 1}, 'a: {"b": 1}, expected a list'),
        (dict_of(whole()), [{}, {"b": 1}], {"b": None}, "a.b: null, expected a whole number"),
        (dict_of(whole()), [], [], "a: [], expected an object"),
        (optional(text), [None, "x"], 1, "a: 1, expected a text"),
        ({"b": {"c": text}}, [{"b": {"c": "x"}}], {"b": {"c": 1}}, "a.b.c: 1, expected a text"),
        ({"b": text}, [], {}, "a: expected the keys b"),
        ({"b": text}, [], {"b": "x", "c": 1}, "a: expected the keys b"),
        ({"b": text}, [], "x" * 99, 'a: "' + "x" * 56 + "..., expected an object"),
    ],
)
def test_forms(tmp_path, form, right, wrong, message):
    path = tmp_path / "a.json"
    for value in right:
        write_json(path, {"a": value})
        assert read_json(path, {"a": form}) == {"a": value}
    write_json(path, {"a": wrong})
    with pytest.raises(ValueError) as caught:
        read_json(path, {"a": form})
    assert str(caught.value).startswith(f"{path}: {message}")


def test_mutated_files_are_read_or_refused_by_name(tmp_path):
    """Whatever comes back from a changed file is of the form."""
    form = {"auc": number(0, 1), "seeds": list_of(whole(0)), "note": optional(text)}
    rng, path = random.Random(0), tmp_path / "a.json"
    whole_text = json.dumps({"auc": 0.5, "seeds": [0, 1, 2], "note": "ä"}).encode()
    refused = 0
    for _ in range(300):
        content = bytearray(whole_text)
        for _ in range(rng.randint(1, 3)):
            content[rng.randrange(len(content))] = rng.choice(b'0123456789-.eE"[]{},:\\\x00\xff ')
        path.write_bytes(content)
        try:
            read = read_json(path, form)
        except ValueError as error:
            refused += 1
            assert str(path) in str(error)
            continue
        assert 0 <= read["auc"] <= 1 and all(seed >= 0 for seed in read["seeds"])
    assert 150 < refused < 300
