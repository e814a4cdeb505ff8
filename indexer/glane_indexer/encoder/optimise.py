"""Makes an exported graph fast and small: attention in one node a layer, and weights in int8."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glane_indexer.encoder.base import Vectors
from glane_indexer.encoder.fidelity import Fidelity, Probes, ordered
from glane_indexer.encoder.outliers import Feed, inputs_of, part_outliers, replace_node

if TYPE_CHECKING:
    from onnx import ModelProto

logger = logging.getLogger("glane")
# Rows from which a table of embeddings is worth rounding.
MANY_ROWS = 10_000
# Texts that show which columns hold the outliers; they are the same ones in every text.
CALIBRATION = 32


def optimise(
    full: Path,
    target: Path,
    *,
    precision: str,
    heads: int,
    hidden: int,
    tokenizer: Path,
    max_tokens: int,
    texts: Sequence[str],
) -> tuple[str, Probes]:
    """Write the fastest form of a graph whose vectors still point where those of ``full`` do.

    Args:
        full: the graph as it was exported, in full precision.
        target: what is written.
        precision: ``int8`` or ``fp32``, the one that is wished.
        heads: attention heads of the model, 0 where unknown: its attention is not fused then.
        hidden: width of the model.
        tokenizer: the ``tokenizer.json`` of the graph.
        max_tokens: tokens past which a text is cut.
        texts: what it is measured on, with their prefixes.

    Returns:
        the precision of what was written (a graph that int8 would turn is kept in ``fp32``), and the
        texts with their vectors in full precision.

    Raises:
        OSError: there is no room for it.
    """
    feeds = _feeds(tokenizer, texts, max_tokens)
    probes = Probes(tuple(texts), _vectors(full, feeds))
    kind = fastest(
        full,
        target,
        precision=precision,
        heads=heads,
        hidden=hidden,
        feeds=feeds,
        fidelity=lambda path: probes.fidelity(_vectors(path, feeds)),
    )
    return kind, probes


def fastest(
    full: Path,
    target: Path,
    *,
    precision: str,
    heads: int,
    hidden: int,
    feeds: Sequence[Feed],
    fidelity: Callable[[Path], Fidelity],
) -> str:
    """Write the fastest form of a graph that stays true to ``full``; its precision.

    Args:
        feeds: what the graph is given, a text at a time, to find the outliers in.
        fidelity: how true a written form is.
    """
    import onnx

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
                some = feeds[:: max(1, len(feeds) // CALIBRATION)]
                _quantise(graph, target, excluded=part_outliers(graph, inputs_of(graph, some)))
            else:
                onnx.save(graph, str(target))
            found = fidelity(target)
        except (OSError, MemoryError):
            # Of the machine, not of the model: another form would hide it.
            raise
        except Exception as error:  # whatever an architecture that nobody foresaw may raise
            logger.info("this encoder has no form %s, fused %s: %s", kind, fused, error)
            continue
        if found.holds:
            return kind
        logger.info("this encoder's form %s, fused %s, is left: %s", kind, fused, found)
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
        replace_node(
            graph,
            node,
            helper.make_node("Gather", [f"{name}.int8", ids], [f"{out}.rows"], f"{name}.rows"),
            helper.make_node(
                "Cast", [f"{out}.rows"], [f"{out}.floats"], f"{name}.floats", to=TensorProto.FLOAT
            ),
            helper.make_node("Gather", [f"{name}.scales", ids], [f"{out}.scales"], f"{name}.row_scales"),
            helper.make_node("Mul", [f"{out}.floats", f"{out}.scales"], [out], f"{name}.scaled"),
        )


def _quantise(graph: ModelProto, target: Path, *, excluded: Sequence[str]) -> None:
    """Write the graph with its multiplications in int8: dynamic, one scale a channel of weights.

    Weights have 7 of the 8 bits, so that two products fit into the 16 bits in which processors without
    VNNI add them: 2 x 255 x 64 < 2^15. It costs a cosine of .0003, and no time.
    ``excluded`` are the names of multiplications that stay as they are.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

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
            reduce_range=True,
            nodes_to_exclude=list(excluded),
            # What follows a fused node is of no type that ONNX itself could infer.
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    finally:
        root.setLevel(level)


def _feeds(tokenizer: Path, texts: Sequence[str], max_tokens: int) -> list[Feed]:
    """What the graph is given for each text by itself: arrays ``[1, tokens]``."""
    from tokenizers import Tokenizer

    encoder = Tokenizer.from_file(str(tokenizer))
    encoder.no_padding()
    encoder.enable_truncation(max_tokens)
    ids = [np.array([encoder.encode(text).ids], np.int64) for text in texts]
    return [{"input_ids": row, "attention_mask": np.ones_like(row)} for row in ids]


def _vectors(path: Path, feeds: Sequence[Feed]) -> Vectors:
    """The unit vectors of the texts, each run by itself as it is when it is indexed or asked."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return ordered([session.run(None, feed)[0][0] for feed in feeds])
