"""Columns of outliers in what a graph multiplies: found, and multiplied apart in full precision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

Floats = NDArray[np.float32]
Feed = dict[str, NDArray[np.int64]]
# Share of its input's energy that a multiplication may lose to rounding; most lose a fifth of that.
MAX_BLUR = 0.002
# Columns of outliers that are multiplied apart; where these do not suffice, nothing is rounded.
MAX_OUTLIERS = 8


def blur(matrices: Sequence[Floats], kept: Floats) -> float:
    """The share of its energy that an input loses where its ``kept`` columns (1, or 0) are rounded.

    Rounding to one of 255 steps of size s adds an error of variance s²/12. It is small beside the
    values, unless a few outliers stretch the range that the steps have to cover.
    """
    shares = []
    for matrix in matrices:
        rest = matrix * kept
        step = (max(rest.max(), 0) - min(rest.min(), 0)) / 255
        shares.append(step**2 / 12 / np.mean(matrix**2))
    return float(np.mean(shares))


def outliers(matrices: Sequence[Floats]) -> list[int] | None:
    """The fewest columns without which an input can be rounded, in order; None where it never can.

    They are the same ones in every text (Dettmers et al., 2022, "LLM.int8()"): in the default model one
    column of 1536 makes up to ten times the error of all others.
    """
    largest = np.max([np.abs(matrix).max(axis=0) for matrix in matrices], axis=0)
    by_size = np.argsort(-largest, kind="stable")
    kept = np.ones(len(largest), np.float32)
    for count in range(MAX_OUTLIERS + 1):
        if blur(matrices, kept) <= MAX_BLUR:
            return sorted(by_size[:count].tolist())
        kept[by_size[count]] = 0
    return None


def part_outliers(graph: ModelProto, inputs: dict[str, list[Floats]]) -> list[str]:
    """Multiply each input's outliers in full precision, apart from its other columns.

    Returns:
        the names of the multiplications that must not be rounded.
    """
    from onnx import helper, numpy_helper

    weights = {item.name: item for item in graph.graph.initializer}
    excluded = []
    for node in multiplications(graph):
        columns = outliers(inputs[node.input[0]])
        if columns == []:
            continue
        if columns is None or node.op_type != "MatMul":
            excluded.append(node.name)
            continue
        (source, name), (out,) = node.input, node.output
        matrix = numpy_helper.to_array(weights[name])
        kept = np.ones(len(matrix), np.float32)
        kept[columns] = 0
        tag = f"{node.name}.outliers"
        graph.graph.initializer.extend(
            [
                numpy_helper.from_array(kept, f"{tag}.kept"),
                numpy_helper.from_array(np.array(columns, np.int64), f"{tag}.columns"),
                numpy_helper.from_array(np.ascontiguousarray(matrix[columns]), f"{tag}.weights"),
            ]
        )
        excluded.append(tag)
        replace_node(
            graph,
            node,
            helper.make_node("Mul", [source, f"{tag}.kept"], [f"{tag}.rest"], f"{tag}.mask"),
            helper.make_node("MatMul", [f"{tag}.rest", name], [f"{tag}.rounded"], node.name),
            helper.make_node(
                "Gather", [source, f"{tag}.columns"], [f"{tag}.few"], f"{tag}.gather", axis=-1
            ),
            helper.make_node("MatMul", [f"{tag}.few", f"{tag}.weights"], [f"{tag}.exact"], tag),
            helper.make_node("Add", [f"{tag}.rounded", f"{tag}.exact"], [out], f"{tag}.sum"),
        )
    return excluded


def inputs_of(graph: ModelProto, feeds: Sequence[Feed]) -> dict[str, list[Floats]]:
    """What a few texts put into each multiplication: one matrix ``[tokens, width]`` a text."""
    import onnx
    import onnxruntime

    names = sorted({node.input[0] for node in multiplications(graph)})
    outputs = len(graph.graph.output)
    for name in names:
        graph.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    try:
        session = onnxruntime.InferenceSession(
            graph.SerializeToString(), providers=["CPUExecutionProvider"]
        )
    finally:
        del graph.graph.output[outputs:]
    found: dict[str, list[Floats]] = {name: [] for name in names}
    for feed in feeds:
        values = session.run(names, feed)
        for name, value in zip(names, values, strict=True):
            found[name].append(value[0])
    return found


def multiplications(graph: ModelProto) -> list[NodeProto]:
    """The nodes that multiply their input by weights."""
    weights = {item.name for item in graph.graph.initializer}
    kinds = ("MatMul", "Attention")
    return [node for node in graph.graph.node if node.op_type in kinds and node.input[1] in weights]


def replace_node(graph: ModelProto, node: NodeProto, *others: NodeProto) -> None:
    """Put other nodes in the place of one: a graph's nodes stand in the order of their work."""
    place = list(graph.graph.node).index(node)
    graph.graph.node.remove(node)
    for offset, other in enumerate(others):
        graph.graph.node.insert(place + offset, other)
