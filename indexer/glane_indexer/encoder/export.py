"""Exports a sentence-transformers model to ONNX, pooling and normalisation included."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glane_indexer.encoder.base import Vectors

OPSET = 17
# Quantised vectors must point where the originals do; below this, full precision is kept.
MIN_INT8_COSINE = 0.98
# Share of its input's energy that a multiplication may lose to rounding; most lose a fifth of that.
MAX_BLUR = 0.01
_PROBES = (
    "Les données personnelles des salariés doivent être protégées par la loi.",
    "Comment une bibliothèque choisit-elle les livres qu’elle achète ?",
    "The cooperative shares its software under an open licence.",
    "Die Stadt plant neue Radwege entlang des Flusses.",
    "emploi",
)


def poolable(model: Any) -> str | None:
    """How a sentence-transformers model pools, ``mean`` or ``cls``; None where it cannot be exported."""
    modules = [type(module).__name__ for module in model]
    if modules not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return None
    mode = getattr(model[1], "pooling_mode", None)
    mode = mode if isinstance(mode, str) else model[1].get_pooling_mode_str()
    return mode if mode in ("mean", "cls") else None


def export(model: Any, pooling: str, path: Path) -> None:
    """Write the model as an ONNX graph: ``input_ids`` and ``attention_mask`` in, unit rows out."""
    import torch

    graph = _graph(model, pooling)
    ids = torch.tensor([[0, 5, 6, 2], [0, 7, 2, 1]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    axes = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph,
            (ids, mask),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": {0: "batch"}},
            opset_version=OPSET,
            dynamo=False,
        )


def quantise(source: Path, target: Path, tokenizer: Path) -> None:
    """Write the int8 form of an ONNX graph: dynamic, one scale a channel.

    The few multiplications whose inputs int8 would blur stay in full precision: of the default
    model's 72 these are three, which cost 9 % of the time and were half of the whole error.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        quantize_dynamic(
            str(source),
            str(target),
            per_channel=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=_blurred(source, target.with_name("probe.onnx"), tokenizer),
        )
    finally:
        root.setLevel(level)


def _blurred(source: Path, probe: Path, tokenizer: Path) -> list[str]:
    """The multiplications with a weight whose input loses more than :data:`MAX_BLUR` in int8.

    Rounding to one of 255 steps of size s adds an error of variance s²/12. It is small beside the
    values, unless a few outliers stretch the range that the steps have to cover (Dettmers et al.,
    2022, "LLM.int8()").
    """
    import onnx
    import onnxruntime
    from tokenizers import Tokenizer

    model = onnx.load(str(source))
    weights = {item.name for item in model.graph.initializer}
    nodes = [node for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in weights]
    inputs = sorted({node.input[0] for node in nodes})
    for name in inputs:
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    try:
        onnx.save(model, str(probe))
        session = onnxruntime.InferenceSession(str(probe), providers=["CPUExecutionProvider"])
        encoder = Tokenizer.from_file(str(tokenizer))
        blur = np.zeros(len(inputs))
        for text in _PROBES:
            ids = np.array([encoder.encode(text).ids], dtype=np.int64)
            values = session.run(inputs, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
            for place, value in enumerate(values):
                step = (max(value.max(), 0) - min(value.min(), 0)) / 255
                blur[place] += step**2 / 12 / np.mean(value**2) / len(_PROBES)
    finally:
        probe.unlink(missing_ok=True)
    by_input = dict(zip(inputs, blur, strict=True))
    return [node.name for node in nodes if by_input[node.input[0]] > MAX_BLUR]


def faithful(full: Path, quantised: Path, tokenizer: Path, pad: int) -> bool:
    """Whether the quantised graph's vectors stay close to the full ones on a few sentences."""
    pairs = (_vectors(path, tokenizer, pad, _PROBES) for path in (full, quantised))
    cosines = np.sum(next(pairs) * next(pairs), axis=1)
    return float(cosines.mean()) >= MIN_INT8_COSINE


def _vectors(path: Path, tokenizer: Path, pad: int, texts: Sequence[str]) -> Vectors:
    import onnxruntime
    from tokenizers import Tokenizer

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    encoder = Tokenizer.from_file(str(tokenizer))
    encoder.enable_padding(pad_id=pad)
    batch = encoder.encode_batch(list(texts))
    feed = {
        "input_ids": np.array([item.ids for item in batch], dtype=np.int64),
        "attention_mask": np.array([item.attention_mask for item in batch], dtype=np.int64),
    }
    return np.asarray(session.run(None, feed)[0], dtype=np.float32)


def _graph(model: Any, pooling: str) -> Any:
    """The model as one torch module from token ids to unit vectors."""
    import torch

    transformer = model[0].auto_model
    if hasattr(transformer, "set_attn_implementation"):
        # The exporter cannot trace fused attention.
        transformer.set_attn_implementation("eager")

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            states = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            if pooling == "cls":
                pooled = states[:, 0]
            else:
                weights = attention_mask.unsqueeze(-1).to(states.dtype)
                pooled = (states * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(pooled, dim=1)

    return Graph().eval()
