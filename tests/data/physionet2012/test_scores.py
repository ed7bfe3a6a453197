import math

import pytest
from helpers.raw_records import outcomes_text, record_text, write_archive, write_texts

from tinylstm.data.physionet2012 import read_scores
from tinylstm.data.physionet2012.scores import parse_scores

HEADER = "RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death"


def parse(*rows, header=HEADER):
    return parse_scores("Outcomes-s.txt", "\n".join([header, *rows]).encode())


def test_scores_by_record():
    scores = parse("7,16,8,8,-1,0", "8,-1,0,3,2,1")
    assert scores["SOFA"] == {7: 8, 8: 0}
    assert scores["SAPS-I"][7] == 16 and math.isnan(scores["SAPS-I"][8])


def test_a_score_without_a_column_is_left_out():
    assert parse("7,3,1", header="RecordID,SOFA,In-hospital_death") == {"SOFA": {7: 3}}
    assert parse("7,1", header="RecordID,In-hospital_death") == {}


def test_in_a_folder_and_in_an_archive(tmp_path):
    texts = {"set-s/7.txt": record_text(7), "Outcomes-s.txt": outcomes_text({7: 1})}
    expected = {"SAPS-I": {7: 6}, "SOFA": {7: 1}}
    assert read_scores(write_texts(tmp_path / "folder", texts)) == expected
    assert read_scores(write_archive(tmp_path / "set-s.tar.gz", texts)) == expected


def test_without_an_outcomes_file(tmp_path):
    assert read_scores(write_texts(tmp_path, {"7.txt": record_text(7)})) == {}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("7,x,1,5,-1,0", "line 2, column 2: 'x' is no whole number of points"),
        ("7,6,1.5,5,-1,0", "line 2, column 3: '1.5' is no whole number of points"),
        ("seven,6,1,5,-1,0", "line 2, column 1: 'seven' is not a RecordID"),
        ("7,6,1", "line 2: 3 cells, expected 6"),
    ],
)
def test_errors(row, message):
    with pytest.raises(ValueError, match=f"^Outcomes-s.txt, {message}"):
        parse(row)
