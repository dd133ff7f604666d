"""Metrics: the numbers of Keras over uneven batches, choice of accuracy, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import Dense, Sequential, losses, metrics, registry, signatures

FILE = np.load(Path(__file__).parents[1] / "data" / "keras_losses.npz")
CASES = [case for case in json.loads(str(FILE["cases"])) if case["kind"] == "metric"]
CLASSES = sorted(set(registry.KINDS["metric"].values()), key=lambda cls: cls.__name__)
CLASSES.remove(metrics.MeanMetricWrapper)
CLASSES.remove(metrics.Skill)  # needs inputs, too: test_skill.py


def batches_of(case):
    """The three batches of a case, each y_true, y_pred and perhaps sample_weight."""
    names = [f"{case['id']}/{name}" for name in ("y_true", "y_pred", "sample_weight")]
    names = [name for name in names if f"{name}0" in FILE.files]
    return [[FILE[f"{name}{batch}"] for name in names] for batch in range(3)]


def result_of(metric, *arrays):
    metric.reset_state()
    metric.update_state(*arrays)
    return metric.result()


def test_there_are_cases():
    assert len(CASES) > 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_equals_keras(case):
    metric = metrics.get({"class_name": case["class_name"], "config": case["config"]})
    for batch, expected in zip(batches_of(case), FILE[case["id"] + "/result"], strict=True):
        metric.update_state(*batch)
        np.testing.assert_allclose(metric.result(), expected, rtol=1e-12, atol=1e-12)


def some_batch(cls, random, size):
    """A batch that suits any metric: one-hot or binary targets and scores in (0, 1)."""
    sparse = cls.__name__.startswith("Sparse")
    labels = random.integers(4, size=size)
    return labels if sparse else np.eye(4)[labels], random.uniform(0.1, 0.9, (size, 4))


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_sums_over_batches_are_those_of_all_samples(cls):
    """Statistics add up inside a graph: a partial last batch counts by its samples."""
    random = np.random.default_rng(5)
    metric = cls()
    batches = [some_batch(cls, random, size) for size in (5, 5, 2)]
    sums = None
    for y_true, y_pred in batches:
        nodes = [tg.input("y_true", y_true.shape, y_true.dtype), tg.input("y_pred", y_pred.shape, "float32")]
        statistics = metric.statistics(*nodes)
        assert {node.dtype.name for node in statistics} == {"float64"}
        new = tg.compile(statistics)(y_true=y_true, y_pred=y_pred)
        sums = new if sums is None else [a + b for a, b in zip(sums, new, strict=True)]
    whole = [np.concatenate(arrays) for arrays in zip(*batches, strict=True)]
    assert metric.result_of(sums) == pytest.approx(result_of(metric, *whole), rel=1e-5)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_samples_of_weight_zero_do_not_count(cls):
    y_true, y_pred = some_batch(cls, np.random.default_rng(6), 6)
    kept = np.array([1, 0, 1, 1, 0, 1], dtype=bool)
    part = result_of(cls(), y_true[kept], y_pred[kept])
    assert result_of(cls(), y_true, y_pred, kept) == pytest.approx(part, abs=1e-12)
    assert result_of(cls(), y_true, y_pred, 3.0 * kept) == pytest.approx(part, abs=1e-12)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_metric_comes_back_from_its_config(cls):
    arguments = dict.fromkeys(signatures.argument_names(cls))
    metric = cls(name="mine")
    assert metric.get_config().keys() == arguments.keys()
    again = registry.deserialize(registry.serialize(metric))
    assert type(again) is cls
    assert again.get_config() == metric.get_config()
    assert again.name == "mine"


ACCURACIES = [
    ("bce", (1,), "BinaryAccuracy"),
    ("bce", (7, 1), "BinaryAccuracy"),
    ("mse", (), "BinaryAccuracy"),
    ("bce", (3,), "CategoricalAccuracy"),
    ("categorical_crossentropy", (3,), "CategoricalAccuracy"),
    ("categorical_crossentropy", (7, 3), "CategoricalAccuracy"),
    ("sparse_categorical_crossentropy", (3,), "SparseCategoricalAccuracy"),
    ("sparse_categorical_crossentropy", (7, 3), "SparseCategoricalAccuracy"),
]


@pytest.mark.parametrize(("loss", "shape", "chosen"), ACCURACIES)
@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_accuracy_is_chosen_by_the_output(loss, shape, chosen, name):
    metric = metrics.get(name, losses.get(loss), shape)
    assert (type(metric).__name__, metric.name) == (chosen, name)


def test_acc_is_accepted_by_compile():
    model = Sequential([Dense(1, activation="sigmoid", input_shape=(1,))])
    model.compile("sgd", "bce", metrics=["acc"])
    assert list(model.evaluate([[1.0]], [[1.0]], verbose=0, return_dict=True)) == ["loss", "acc"]


def test_without_a_loss_several_outputs_are_one_hot():
    assert isinstance(metrics.accuracy_for(None, (3,)), metrics.CategoricalAccuracy)


NAMES = ["mse", "MAE", "mape", "msle", "bce", "binary_crossentropy", "categorical_crossentropy", "auc"]
NAMES += ["sparse_categorical_crossentropy", "kl_divergence", "poisson", "hinge", "cosine_similarity"]
NAMES += ["precision", "recall", "root_mean_squared_error", "top_k_categorical_accuracy", "logcosh"]


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_asked_for_by_a_name_has_that_name(name):
    assert metrics.get(name).name == name


def test_a_function_or_a_loss_is_a_metric():
    def largest(y_true, y_pred):
        return tg.max(abs(y_true - y_pred), axis=-1)

    metric = metrics.get(largest)
    assert metric.name == "largest"
    assert result_of(metric, [[0.0, 0.0], [0.0, 0.0]], [[1.0, 2.0], [0.0, 4.0]]) == 3.0
    again = registry.deserialize(registry.serialize(metric), custom_objects={"largest": largest})
    assert again.fn.fn is largest
    huber = metrics.get(losses.Huber(delta=2.0))
    assert huber.name == "huber"
    assert registry.deserialize(registry.serialize(huber)).fn.delta == 2.0
    assert result_of(huber, [[0.0], [0.0]], [[1.0], [5.0]]) == 4.25


def test_one_number_for_a_batch_counts_as_one():
    metric = metrics.get(lambda y_true, y_pred: tg.max(y_pred))
    metric.update_state([[0.0], [0.0], [0.0]], [[1.0], [2.0], [3.0]])
    metric.update_state([[0.0]], [[5.0]])
    assert metric.result() == 4.0


def test_each_sample_counts_the_same_whatever_weights_its_steps_have():
    """Keras: a sample's weight is the mean weight of its steps."""
    y_pred = np.array([[[1.0], [2.0]], [[3.0], [4.0]]])
    weights = np.array([[1.0, 0.0], [1.0, 1.0]])
    assert result_of(metrics.get("mae"), np.zeros_like(y_pred), y_pred, weights) == pytest.approx(8 / 3)


def test_whole_numbers_and_lists_are_data_too():
    assert result_of(metrics.Accuracy(), [1, 2, 3], [1, 2, 4]) == pytest.approx(2 / 3)
    assert result_of(metrics.BinaryAccuracy(), [True, False], np.array([1, 0], dtype="int8")) == 1.0
    assert result_of(metrics.get("mse"), [0.0], np.array([2.0], dtype="float16")) == 4.0


def test_top_k_counts_ties_but_never_nan():
    metric = metrics.SparseTopKCategoricalAccuracy(k=2)
    assert result_of(metric, [2], [[5.0, 1.0, 1.0, 1.0]]) == 1.0
    assert result_of(metric, [0], [[np.nan, np.nan, 1.0, 2.0]]) == 0.0


def test_precision_among_the_two_largest_of_each_row():
    y_true, y_pred = [[1, 0, 0, 1]], [[0.1, 0.4, 0.3, 0.4]]
    assert result_of(metrics.Precision(top_k=2), y_true, y_pred) == 0.5
    assert result_of(metrics.Recall(top_k=2), y_true, y_pred) == 0.5
    assert result_of(metrics.Recall(top_k=1), y_true, y_pred) == 0.0  # of those that tie, the first is taken
    assert result_of(metrics.Precision(top_k=2, class_id=3), y_true, y_pred) == 1.0
    assert result_of(metrics.Precision(class_id=1, thresholds=[0.2, 0.6]), y_true, y_pred).tolist() == [0, 0]


def test_area_under_the_roc_curve_is_the_probability_of_the_right_order():
    random = np.random.default_rng(0)
    positive, negative = random.normal(0.6, 0.1, 300), random.normal(0.5, 0.1, 300)
    y_true = np.repeat([1, 0], 300)
    area = result_of(metrics.AUC(1000), y_true, np.concatenate([positive, negative]))
    assert area == pytest.approx((positive[:, None] > negative).mean(), abs=1e-3)


def test_scores_of_exactly_0_and_1_are_between_the_thresholds():
    assert result_of(metrics.AUC(), [1, 0], [0.0, 0.0]) == pytest.approx(0.5)
    assert result_of(metrics.AUC(), [1, 0], [1.0, 1.0]) == pytest.approx(0.5)


def test_cosine_similarity_is_positive_as_a_metric():
    rows = [[3.0, 4.0], [1.0, 0.0]]
    assert result_of(metrics.CosineSimilarity(), rows, rows) == pytest.approx(1.0)
    assert result_of(metrics.CosineSimilarity(axis=1), rows, [[-3.0, -4.0], [0.0, 1.0]]) == -0.5


def test_area_of_each_label():
    """Keras: the mean of the areas, weighted by label_weights."""
    y_true = np.array([[1, 0], [0, 1], [1, 1], [0, 0]])
    y_pred = np.array([[0.9, 0.8], [0.2, 0.3], [0.7, 0.9], [0.4, 0.1]])
    areas = [result_of(metrics.AUC(), y_true[:, k], y_pred[:, k]) for k in range(2)]
    assert areas == pytest.approx([1.0, 0.75])
    assert result_of(metrics.AUC(multi_label=True), y_true, y_pred) == pytest.approx(0.875)
    weighted = metrics.AUC(multi_label=True, label_weights=[1.0, 3.0])
    assert result_of(weighted, y_true, y_pred) == pytest.approx((1.0 + 3 * 0.75) / 4)
    one_curve = metrics.AUC(label_weights=[0.0, 1.0])
    assert result_of(one_curve, y_true, y_pred) == pytest.approx(0.75)
    logits = np.log(y_pred / (1 - y_pred))
    assert result_of(metrics.AUC(from_logits=True), y_true, logits) == pytest.approx(
        result_of(metrics.AUC(), y_true, y_pred)
    )


def update(metric, *shapes):
    return lambda: metric.update_state(*(np.zeros(shape) for shape in shapes))


REFUSED = [
    (lambda: metrics.get("acuracy"), ValueError, "unknown metric 'acuracy'; did you mean 'accuracy'?"),
    (
        lambda: metrics.Precision(thresholds=[0.5, 2]),
        ValueError,
        "Precision: thresholds must be a number in [0, 1], got 2.0.",
    ),
    (
        lambda: metrics.Recall(top_k=0),
        ValueError,
        "Recall: top_k must be a whole number of at least 1, got 0.",
    ),
    (lambda: metrics.AUC(curve="PRC"), ValueError, "AUC: unknown curve 'PRC'; did you mean 'PR'?"),
    (
        lambda: metrics.AUC(summation_method="trapezoid"),
        ValueError,
        "AUC: unknown summation_method 'trapezoid'; there are interpolation, majoring, minoring.",
    ),
    (
        lambda: metrics.AUC(1),
        ValueError,
        "AUC: num_thresholds must be a whole number of at least 2, got 1.",
    ),
    (
        lambda: metrics.AUC().result(),
        RuntimeError,
        "AUC: no result yet; call update_state first.",
    ),
    (
        update(metrics.AUC(multi_label=True), (2, 3, 4), (2, 3, 4)),
        tg.GraphError,
        "AUC: multi_label needs y_pred of shape (batch, labels), got (2, 3, 4).",
    ),
    (
        update(metrics.Precision(class_id=3), (2, 3), (2, 3)),
        tg.GraphError,
        "Precision: class_id 3 is not one of 3 classes.",
    ),
    (
        update(metrics.CategoricalAccuracy(), (2,), (2, 3)),
        tg.GraphError,
        "CategoricalAccuracy: expected y_true of y_pred's shape (2, 3), got (2,).",
    ),
    (
        update(metrics.get("mse"), (2, 3), (2, 3), (3,)),
        tg.GraphError,
        "MeanSquaredError: expected sample weights of shape (2,), or one that broadcasts to the values (2,), "
        "got (3,).",
    ),
    (
        lambda: metrics.get("mse").update_state(["a"], [1.0]),
        tg.GraphError,
        "MeanSquaredError: expected numbers as y_true, got strings.",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_refusals_say_what_to_do(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("method", "expected"),
    [("interpolation", 0.43055556), ("minoring", 0.33333333), ("majoring", 0.52777778)],
)
def test_precision_gain_over_recall_gain_as_keras_has_it(method, expected):
    """The numbers are those of Keras 3.15."""
    metric = metrics.AUC(num_thresholds=20, curve="PRGAIN", summation_method=method)
    metric.update_state([0, 0, 1, 1, 1, 0, 1, 0], [0.1, 0.55, 0.3, 0.9, 0.8, 0.4, 0.6, 0.65])
    assert metric.result() == pytest.approx(expected, abs=1e-7)
