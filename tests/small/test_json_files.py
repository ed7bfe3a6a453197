import math

import pytest

from tinylstm.small.whole_files import read_json, write_json


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
