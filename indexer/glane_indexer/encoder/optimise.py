"""Makes an exported graph fast and small: attention in one node a layer, and weights in int8."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from glane_indexer.encoder.base import Vectors

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

logger = logging.getLogger("glane")
Floats = NDArray[np.float32]
# Least mean cosine between the vectors of the graph as it was exported and of what is made of it.
LEAST_COSINE = {"int8": 0.98, "fp32": 0.9999}
# Share of its input's energy that a multiplication may lose to rounding; most lose a fifth of that.
MAX_BLUR = 0.002
# Columns of outliers that are multiplied apart; where these do not suffice, nothing is rounded.
MAX_OUTLIERS = 8
# Rows from which a table of embeddings is worth rounding.
MANY_ROWS = 10_000
_PROBES = (
    "Les données personnelles des salariés doivent être protégées par la loi.",
    "Comment une bibliothèque choisit-elle les livres qu’elle achète ?",
    "The cooperative shares its software under an open licence.",
    "Die Stadt plant neue Radwege entlang des Flusses.",
    "emploi",
)


def optimise(
    full: Path, target: Path, *, precision: str, heads: int, hidden: int, tokenizer: Path, pad: int
) -> str:
    """Write the fastest form of a graph whose vectors still point where those of ``full`` do.

    Args:
        full: the graph as it was exported, in full precision.
        target: what is written.
        precision: ``int8`` or ``fp32``, the one that is wished.
        heads: attention heads of the model, 0 where unknown: its attention is not fused then.
        hidden: width of the model.
        tokenizer: the ``tokenizer.json`` of the graph.
        pad: the id of the padding token.

    Returns:
        the precision of what was written: a graph that int8 would turn is kept in ``fp32``.

    Raises:
        OSError: there is no room for it.
    """
    import onnx

    expected = _vectors(full, tokenizer, pad)
    # The last form, in full precision and not fused, is the graph as it is.
    attempts = [("int8", True), ("int8", False), ("fp32", True)]
    for kind, fused in attempts if precision == "int8" else attempts[2:]:
        if fused and not heads:
            continue
        graph = onnx.load(str(full))
        try:
            if kind == "int8":
                _round_embeddings(graph)
            if fused:
                graph = _fuse(graph, heads, hidden)
            if kind == "int8":
                _quantise(graph, target, tokenizer)
            else:
                onnx.save(graph, str(target))
            cosine = float(np.sum(expected * _vectors(target, tokenizer, pad), axis=1).mean())
        except (OSError, MemoryError):
            # Of the machine, not of the model: another form would hide it.
            raise
        except Exception as error:  # whatever an architecture that nobody foresaw may raise
            logger.info("this encoder has no form %s, fused %s: %s", kind, fused, error)
            continue
        if cosine >= LEAST_COSINE[kind]:
            return kind
    full.replace(target)
    return "fp32"


def _fuse(graph: ModelProto, heads: int, hidden: int) -> ModelProto:
    """The graph with one node for the attention of each layer, where its pattern is known.

    Three multiplications become one, and most of the nodes between them go: questions take a sixth less
    time. The norms stay apart, since fused ones are slower on a CPU (see ``OnnxEncoder._open``).
    """
    from onnx import helper
    from onnxruntime.transformers.fusion_options import FusionOptions
    from onnxruntime.transformers.onnx_model_bert import BertOnnxModel

    options = FusionOptions("bert")
    options.enable_embed_layer_norm = False
    options.enable_skip_layer_norm = False
    options.enable_bias_skip_layer_norm = False
    model = BertOnnxModel(graph, heads, hidden)
    model.optimize(options)
    model.topological_sort()
    if not any(domain.domain == "com.microsoft" for domain in model.model.opset_import):
        model.model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return model.model  # type: ignore[no-any-return]


def _round_embeddings(graph: ModelProto) -> None:
    """Replace the table of words by int8 rows, each with a scale of its own.

    The library's own rounding has one scale for the whole table, so that the rarest outlier in 250,000
    words sets the steps of all.
    """
    from onnx import TensorProto, helper, numpy_helper

    tables = {
        item.name: item
        for item in graph.graph.initializer
        if len(item.dims) == 2 and item.dims[0] >= MANY_ROWS and item.data_type == TensorProto.FLOAT
    }
    for node in [node for node in graph.graph.node if node.op_type == "Gather" and node.input[0] in tables]:
        name, ids, out = node.input[0], node.input[1], node.output[0]
        table = numpy_helper.to_array(tables[name])
        scales = np.maximum(np.abs(table).max(axis=1, keepdims=True) / 127, np.finfo(np.float32).tiny)
        rounded = np.rint(table / scales).astype(np.int8)
        graph.graph.initializer.remove(tables[name])
        graph.graph.initializer.extend(
            [
                numpy_helper.from_array(rounded, f"{name}.int8"),
                numpy_helper.from_array(scales.astype(np.float32), f"{name}.scales"),
            ]
        )
        _replace(
            graph,
            node,
            helper.make_node("Gather", [f"{name}.int8", ids], [f"{out}.rows"], f"{name}.rows"),
            helper.make_node(
                "Cast", [f"{out}.rows"], [f"{out}.floats"], f"{name}.floats", to=TensorProto.FLOAT
            ),
            helper.make_node("Gather", [f"{name}.scales", ids], [f"{out}.scales"], f"{name}.row_scales"),
            helper.make_node("Mul", [f"{out}.floats", f"{out}.scales"], [out], f"{name}.scaled"),
        )


def _quantise(graph: ModelProto, target: Path, tokenizer: Path) -> None:
    """Write the graph with its multiplications in int8: dynamic, one scale a channel of weights."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    excluded = _part_outliers(graph, _inputs(graph, tokenizer))
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        quantize_dynamic(
            graph,
            str(target),
            op_types_to_quantize=["MatMul", "Attention"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=excluded,
            # What follows a fused node is of no type that ONNX itself could infer.
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    finally:
        root.setLevel(level)


def _multiplications(graph: ModelProto) -> list[NodeProto]:
    """The nodes that multiply their input by weights."""
    weights = {item.name for item in graph.graph.initializer}
    kinds = ("MatMul", "Attention")
    return [node for node in graph.graph.node if node.op_type in kinds and node.input[1] in weights]


def _inputs(graph: ModelProto, tokenizer: Path) -> dict[str, list[Floats]]:
    """What a few sentences put into each multiplication: one matrix ``[tokens, width]`` a sentence."""
    import onnx
    import onnxruntime
    from tokenizers import Tokenizer

    names = sorted({node.input[0] for node in _multiplications(graph)})
    outputs = len(graph.graph.output)
    for name in names:
        graph.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    try:
        session = onnxruntime.InferenceSession(
            graph.SerializeToString(), providers=["CPUExecutionProvider"]
        )
    finally:
        del graph.graph.output[outputs:]
    encoder = Tokenizer.from_file(str(tokenizer))
    found: dict[str, list[Floats]] = {name: [] for name in names}
    for text in _PROBES:
        ids = np.array([encoder.encode(text).ids], dtype=np.int64)
        values = session.run(names, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        for name, value in zip(names, values, strict=True):
            found[name].append(value[0])
    return found


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


def _part_outliers(graph: ModelProto, inputs: dict[str, list[Floats]]) -> list[str]:
    """Multiply each input's outliers in full precision, apart from its other columns.

    Returns:
        the names of the multiplications that must not be rounded.
    """
    from onnx import helper, numpy_helper

    weights = {item.name: item for item in graph.graph.initializer}
    excluded = []
    for node in _multiplications(graph):
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
        _replace(
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


def _replace(graph: ModelProto, node: NodeProto, *others: NodeProto) -> None:
    """Put other nodes in the place of one: a graph's nodes stand in the order of their work."""
    place = list(graph.graph.node).index(node)
    graph.graph.node.remove(node)
    for offset, other in enumerate(others):
        graph.graph.node.insert(place + offset, other)


def _vectors(path: Path, tokenizer: Path, pad: int) -> Vectors:
    """The vectors of the probes, in one padded batch."""
    import onnxruntime
    from tokenizers import Tokenizer

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    encoder = Tokenizer.from_file(str(tokenizer))
    encoder.enable_padding(pad_id=pad)
    batch = encoder.encode_batch(list(_PROBES))
    feed = {
        "input_ids": np.array([item.ids for item in batch], dtype=np.int64),
        "attention_mask": np.array([item.attention_mask for item in batch], dtype=np.int64),
    }
    return np.asarray(session.run(None, feed)[0], dtype=np.float32)
