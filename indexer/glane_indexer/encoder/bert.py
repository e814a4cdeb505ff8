"""Writes BERT as an ONNX graph straight from its weights: mean pooling and unit length included.

So the default encoder needs no torch, neither to be used nor to be prepared. Its graph is the one that
:mod:`.export` and :mod:`.optimise` would make of the same weights with torch: attention in one node a
layer, and the bias and the activation of each feed-forward part in another (ONNX Runtime's operators
``Attention`` and ``BiasGelu``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from glane_indexer.encoder.export import OPSET
from glane_indexer.encoder.q4 import Q4Model

# ONNX Runtime's own operators, beside the standard's.
CONTRIB = "com.microsoft"


def write_graph(model: Q4Model, weights: dict[str, Any], path: Path) -> None:
    """Write the graph: ``input_ids`` and ``attention_mask`` ``[batch, tokens]`` in, unit ``vectors`` out.

    Args:
        model: for its dimensions.
        weights: the tensors under BERT's names and in BERT's shapes, float32.
        path: the ONNX file.

    Raises:
        OSError: it cannot be written.
    """
    import onnx
    from onnx import TensorProto, helper

    build = _Graph(weights)
    states = _embeddings(build, model)
    _mask(build)
    for layer in range(model.layers):
        states = _layer(build, model, f"encoder.layer.{layer}", states)
    _pool(build, states)
    tokens = ["batch", "tokens"]
    graph = helper.make_graph(
        build.nodes,
        "bert",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, tokens)
            for name in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", model.hidden])],
        build.tensors,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
    # The version of the file format that goes with the opset; newer ones are not read everywhere.
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), str(path))


class _Graph:
    """Nodes in the order of their work, and the tensors they use."""

    def __init__(self, weights: dict[str, Any]) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []

    def tensor(self, name: str, values: Any) -> str:
        from onnx import numpy_helper

        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind: str, inputs: list[str], name: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        return name

    def norm(self, states: str, name: str, eps: float) -> str:
        parts = [
            self.tensor(f"{name}.{part}", self.weights[f"{name}.{part}"]) for part in ("weight", "bias")
        ]
        return self.node("LayerNormalization", [states, *parts], f"{name}.out", axis=-1, epsilon=eps)

    def product(self, states: str, name: str) -> str:
        """The states times a matrix that torch keeps as ``[out, in]``, without its bias."""
        matrix = self.tensor(f"{name}.weight", self.weights[f"{name}.weight"].T)
        return self.node("MatMul", [states, matrix], f"{name}.product")

    def linear(self, states: str, name: str) -> str:
        bias = self.tensor(f"{name}.bias", self.weights[f"{name}.bias"])
        return self.node("Add", [self.product(states, name), bias], f"{name}.out")


def _embeddings(build: _Graph, model: Q4Model) -> str:
    """The table's rows of the tokens, plus those of their places; all tokens are of the first type."""
    places = build.weights["embeddings.position_embeddings.weight"]
    table = build.tensor("word_embeddings", build.weights["embeddings.word_embeddings.weight"])
    rows = build.tensor("places", places + build.weights["embeddings.token_type_embeddings.weight"][0])
    zero, one, two = (build.tensor(f"at.{at}", np.array([at], np.int64)) for at in range(3))
    words = build.node("Gather", [table, "input_ids"], "words")
    shape = build.node("Shape", ["input_ids"], "shape")
    tokens = build.node("Slice", [shape, one, two, zero], "tokens")
    first = build.node("Slice", [rows, zero, tokens, zero], "first_places")
    return build.norm(build.node("Add", [words, first], "embedded"), "embeddings.LayerNorm", model.eps)


def _mask(build: _Graph) -> None:
    """How many tokens each text has, ``[batch]``: its padding is on the right."""
    from onnx import TensorProto

    build.node("Cast", ["attention_mask"], "mask.int32", to=TensorProto.INT32)
    build.node("ReduceSum", ["mask.int32", "at.1"], "mask", keepdims=0)


def _layer(build: _Graph, model: Q4Model, name: str, states: str) -> str:
    """Attention and the feed-forward part, each added to its input and normalised (Devlin et al., 2018)."""
    own = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    matrix = np.concatenate([build.weights[f"{part}.weight"].T for part in own], axis=1)
    bias = np.concatenate([build.weights[f"{part}.bias"] for part in own])
    attended = build.node(
        "Attention",
        [
            states,
            build.tensor(f"{name}.qkv.weight", matrix),
            build.tensor(f"{name}.qkv.bias", bias),
            "mask",
        ],
        f"{name}.attention",
        domain=CONTRIB,
        num_heads=model.heads,
    )
    out = build.linear(attended, f"{name}.attention.output.dense")
    summed = build.node("Add", [out, states], f"{name}.attention.sum")
    states = build.norm(summed, f"{name}.attention.output.LayerNorm", model.eps)
    inner = f"{name}.intermediate.dense"
    inner_bias = build.tensor(f"{inner}.bias", build.weights[f"{inner}.bias"])
    active = build.node(
        "BiasGelu", [build.product(states, inner), inner_bias], f"{name}.active", domain=CONTRIB
    )
    summed = build.node("Add", [build.linear(active, f"{name}.output.dense"), states], f"{name}.sum")
    return build.norm(summed, f"{name}.output.LayerNorm", model.eps)


def _pool(build: _Graph, states: str) -> None:
    """The mean of the tokens that are no padding, at length 1."""
    from onnx import TensorProto

    least = build.tensor("least", np.array(1e-12, np.float32))
    last = build.tensor("at.last", np.array([-1], np.int64))
    weights = build.node("Cast", ["attention_mask"], "weights", to=TensorProto.FLOAT)
    column = build.node("Unsqueeze", [weights, last], "weights.column")
    total = build.node(
        "ReduceSum", [build.node("Mul", [states, column], "weighed"), "at.1"], "total", keepdims=0
    )
    count = build.node("ReduceSum", [weights, "at.1"], "count", keepdims=1)
    mean = build.node("Div", [total, build.node("Max", [count, least], "count.positive")], "mean")
    length = build.node("ReduceL2", [mean], "length", axes=[1], keepdims=1)
    build.node("Div", [mean, build.node("Max", [length, least], "length.positive")], "vectors")
