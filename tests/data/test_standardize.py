import re
from fractions import Fraction

import numpy as np
import pytest

from tinylstm.data import SequenceDataset, Standardizer


def random_dataset(offset=0.0, seed=0):
    rng = np.random.default_rng(seed)
    features = [offset + rng.normal(size=(n, 3)) * (1e-3, 1, 1e3) for n in (1, 8, 3000, 2)]
    return SequenceDataset(features, [[0]] * 4, n_classes=2)


def test_mean_is_0_and_variance_1_over_real_steps():
    dataset = random_dataset()
    standardizer = Standardizer.fit(dataset)
    z = np.concatenate(standardizer.transform(dataset).features)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose((z**2).mean(axis=0), 1, rtol=1e-13)


@pytest.mark.parametrize("offset", [0.0, 1e9, -1e12])
def test_exact_arithmetic_agrees(offset):
    dataset = random_dataset(offset)
    standardizer = Standardizer().fit(dataset)
    for column in range(3):
        values = [Fraction(row[column]) for x in dataset.features for row in x.tolist()]
        mean = sum(values) / len(values)
        variance = sum((value - mean) ** 2 for value in values) / len(values)
        tolerance = 1e-13 * float(variance) ** 0.5
        assert standardizer.mean[column] == pytest.approx(float(mean), rel=2e-16, abs=tolerance)
        # A spread of 1e-3 on 1e12 has been lost before, in the data's own rounding.
        assert standardizer.std[column] ** 2 == pytest.approx(float(variance), rel=1e-9)


def test_transform_uses_the_training_datas_numbers():
    train, test = random_dataset(seed=0), random_dataset(seed=1)
    standardizer = Standardizer().fit(train)
    before = [x.copy() for x in test.features]
    transformed = standardizer.transform(test)
    for x, z, old in zip(test.features, transformed.features, before, strict=True):
        np.testing.assert_array_equal(x, old)
        np.testing.assert_allclose(z * standardizer.std + standardizer.mean, x, rtol=1e-12)
    assert [y.tolist() for y in transformed.labels] == [[0]] * 4


@pytest.mark.parametrize("constant", [0.1, -3e300, 5e-324])
def test_a_constant_feature_becomes_0(constant):
    features = [np.full((n, 1), constant) for n in (3, 70, 1)]
    dataset = SequenceDataset(features, [[0]] * 3, n_classes=2)
    standardizer = Standardizer().fit(dataset)
    assert standardizer.mean.tolist() == [constant]
    assert standardizer.std.tolist() == [1]
    for z in standardizer.transform(dataset).features:
        assert not z.any()


def test_a_spread_too_small_to_be_squared_stays_finite():
    dataset = SequenceDataset([[[0.0], [1e-200]]], [[0]], n_classes=2)
    z = Standardizer().fit(dataset).transform(dataset).features[0]
    assert np.isfinite(z).all()


def test_rebuilt_from_its_arrays():
    dataset = random_dataset()
    fitted = Standardizer().fit(dataset)
    rebuilt = Standardizer(fitted.mean, fitted.std)
    for a, b in zip(fitted.transform(dataset), rebuilt.transform(dataset), strict=True):
        np.testing.assert_array_equal(a[0], b[0])


def test_an_object_gives_what_the_class_gives():
    dataset = random_dataset()
    one, other = Standardizer().fit(dataset), Standardizer.fit(dataset)
    np.testing.assert_array_equal(one.mean, other.mean)
    np.testing.assert_array_equal(one.std, other.std)


def test_a_column_that_differs_in_the_last_bit_is_constant():
    """Its own z-scores would be of the size of 1, and those of other data of 1e15."""
    a, b = 0.1 + 0.2, 0.3
    train = SequenceDataset([[[a, 1e6]], [[b, 1e6 + 2e-10]]], [[0]] * 2, n_classes=2)
    standardizer = Standardizer.fit(train)
    assert standardizer.std.tolist() == [1, 1]
    other = SequenceDataset([[[1.3, 1e6 + 1]]], [[0]], n_classes=2)
    np.testing.assert_allclose(standardizer.transform(other).features[0], [[1, 1]], rtol=1e-9)


def test_values_that_no_float_can_stand_apart():
    train = SequenceDataset([[[0, 1e308], [0, -1e308]]], [[0]], n_classes=2)
    with pytest.raises(ValueError, match=r"feature 1 .* from -1e\+308 to 1e\+308, a range that a"):
        Standardizer.fit(train)
    with pytest.raises(
        ValueError, match=r"of example 0: inf at step 0, column 1 .* as z-scores: the v"
    ):
        Standardizer([0, 0], [1, 0.1]).transform(train)


def test_masked_arrays_are_refused():
    x = np.ma.masked_array([[1.0], [2.0]], mask=[[False], [True]])
    with pytest.raises(ValueError, match="features of example 0: a masked array, whose mask would"):
        SequenceDataset([x], [[0]], n_classes=2)
    y = np.ma.masked_array([0, 1], mask=[False, True])
    with pytest.raises(ValueError, match="labels of example 0: a masked array"):
        SequenceDataset([[[1.0], [2.0]]], [y], n_classes=2)
    whole = np.ma.masked_array([[1.0], [2.0]])
    assert SequenceDataset([whole], [[0]], n_classes=2).features[0].tolist() == [[1], [2]]


def test_transform_before_fit():
    with pytest.raises(
        ValueError, match=r"has no mean and std: .* Standardizer.fit\(dataset\) returns"
    ):
        Standardizer().transform(random_dataset())


def test_another_number_of_features():
    message = "the dataset has 3 features, expected 2 as in the data this Standardizer was fitted"
    with pytest.raises(ValueError, match=message):
        Standardizer([0, 0], [1, 1]).transform(random_dataset())


@pytest.mark.parametrize(
    ("mean", "std", "message"),
    [
        ([0], None, "mean and std: expected both or neither"),
        ([0, 0], [1], "mean: shape (2,), std: shape (1,), expected (D,) both"),
        (0, 1, "mean: shape (), std: shape (), expected (D,) both"),
        ([0], [0], "std: least value 0.0, expected all above 0"),
        ([0], [np.inf], "mean and std: expected finite numbers"),
    ],
)
def test_arrays_that_will_not_do(mean, std, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Standardizer(mean, std)
