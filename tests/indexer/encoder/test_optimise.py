"""What is done to an exported graph: embeddings rounded row by row, products that fit 16 bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from glane_indexer.encoder import optimise
from glane_indexer.encoder.optimise import MANY_ROWS


def test_no_product_overflows_on_a_processor_without_vnni(tmp_path: Path) -> None:
    # All weights at their largest, and all inputs alike, so that each is rounded to the top of its
    # range: with 8-bit weights 255 * 127 * 2 is 64,770, past the 32,767 that 16 bits hold.
    weights = np.full((64, 8), 0.5, np.float32)
    node = helper.make_node("MatMul", ["x", "w"], ["y"], "product")
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, None, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, None, 8])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    optimise._quantise(model, tmp_path / "graph.onnx", excluded=[])
    made = onnx.load(str(tmp_path / "graph.onnx"))
    (rounded,) = [
        numpy_helper.to_array(item) for item in made.graph.initializer if item.name == "w_quantized"
    ]
    assert np.abs(rounded.astype(int)).max() <= 64
    session = onnxruntime.InferenceSession(str(tmp_path / "graph.onnx"), providers=["CPUExecutionProvider"])
    values = np.full((1, 4, 64), 3.0, np.float32)
    # 64 * 3 * .5
    np.testing.assert_allclose(session.run(None, {"x": values})[0], 96, rtol=0.005)


def test_each_word_is_rounded_by_itself() -> None:
    table = np.random.default_rng(2).normal(size=(MANY_ROWS, 4)).astype(np.float32)
    table[0] *= 1000
    table[1] = 0
    node = helper.make_node("Gather", ["table", "ids"], ["rows"], "words")
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, [None])],
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, 4])],
        [numpy_helper.from_array(table, "table")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    optimise._round_embeddings(model)
    onnx.checker.check_model(model)
    assert "table" not in {item.name for item in model.graph.initializer}
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    ids = np.array([0, 1, 2, 9999], np.int64)
    rows = session.run(None, {"ids": ids})[0]
    half_steps = np.abs(table[ids]).max(axis=1, keepdims=True) / 127 / 2
    assert (np.abs(rows - table[ids]) <= half_steps * 1.001).all()
