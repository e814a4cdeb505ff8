"""Columns of outliers: found, and multiplied apart."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from glane_indexer.encoder.outliers import MAX_OUTLIERS, blur, outliers, part_outliers

TOKENS, WIDTH, OUT = 128, 256, 16


def inputs_with(*columns: int) -> np.ndarray:
    """Values from -4 to 4, but for one of 200 in each of some columns."""
    values = np.random.default_rng(0).normal(size=(TOKENS, WIDTH)).astype(np.float32)
    for token, column in enumerate(columns):
        values[token, column] = 200 + token
    return values


def test_what_rounding_costs() -> None:
    # From -1 to 1 in 255 steps of 2/255; the mean square of the four values is 1/2.
    matrix = np.array([[1, 0], [0, -1]], np.float32)
    assert blur([matrix], np.ones(2, np.float32)) == pytest.approx((2 / 255) ** 2 / 12 / 0.5)
    # Without its second column the values go from 0 to 1, in half the steps.
    assert blur([matrix], np.array([1, 0], np.float32)) == pytest.approx((1 / 255) ** 2 / 12 / 0.5)


def test_the_fewest_columns_are_parted() -> None:
    assert outliers([inputs_with()]) == []
    assert outliers([inputs_with(5)]) == [5]
    assert outliers([inputs_with(40, 3)]) == [3, 40]


def test_an_input_of_too_many_outliers_is_never_rounded() -> None:
    assert len(outliers([inputs_with(*range(MAX_OUTLIERS))]) or []) == MAX_OUTLIERS
    assert outliers([inputs_with(*range(MAX_OUTLIERS + 1))]) is None


def product(weights: np.ndarray) -> onnx.ModelProto:
    node = helper.make_node("MatMul", ["x", "w"], ["y"], "product")
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, None, WIDTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, None, OUT])],
        [numpy_helper.from_array(weights, "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def quantised(model: onnx.ModelProto, excluded: list[str], values: np.ndarray, path) -> np.ndarray:
    quantize_dynamic(
        model,
        path,
        per_channel=True,
        weight_type=QuantType.QInt8,
        reduce_range=True,
        nodes_to_exclude=excluded,
    )
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": values[None]})[0][0]


def test_outliers_multiplied_apart_leave_the_rest_its_precision(tmp_path) -> None:
    weights = np.random.default_rng(1).normal(size=(WIDTH, OUT)).astype(np.float32)
    values = inputs_with(7)
    exact = values @ weights

    def error(excluded: list[str], model: onnx.ModelProto) -> float:
        result = quantised(model, excluded, values, tmp_path / "graph.onnx")
        return float(np.sqrt(np.mean((result - exact) ** 2)))

    model = product(weights)
    excluded = part_outliers(model, {"x": [values]})
    assert excluded == ["product.outliers"]
    onnx.checker.check_model(model)
    parted, whole = error(excluded, model), error([], product(weights))
    # The steps are those of values up to 4 instead of up to 200.
    assert parted < whole / 10


def test_a_product_without_outliers_stays_as_it_is() -> None:
    weights = np.ones((WIDTH, OUT), np.float32)
    model = product(weights)
    assert part_outliers(model, {"x": [inputs_with()]}) == []
    assert model == product(weights)
