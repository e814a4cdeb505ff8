"""Exports a sentence-transformers model to ONNX, pooling and normalisation included."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

OPSET = 17


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
