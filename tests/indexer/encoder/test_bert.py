"""BERT's graph without torch: the same vectors as torch's, and prepared where torch is not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from glane_indexer.encoder import bert, convert
from glane_indexer.encoder.q4 import Q4Model

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def tiny(seed: int = 0) -> Q4Model:
    """A model of two layers with random weights, whose pieces are letters."""
    pieces = ("<s>", "<pad>", "</s>", "<unk>", "▁", *LETTERS)
    hidden, ffn, positions = 32, 64, 40
    draw = np.random.default_rng(seed)

    def some(*shape: int) -> Any:
        return draw.normal(0, 0.3, int(np.prod(shape))).astype(np.float32)

    tensors = {
        "emb.word": some(len(pieces), hidden),
        "emb.pos": some(positions, hidden),
        "emb.type": some(2, hidden),
        "emb.ln.w": 1 + some(hidden),
        "emb.ln.b": some(hidden),
    }
    for layer in range(2):
        shapes = dict.fromkeys(("q", "k", "v", "ao"), (hidden, hidden))
        shapes |= {"fi": (ffn, hidden), "fo": (hidden, ffn)}
        for name, shape in shapes.items():
            tensors[f"l{layer}.{name}.w"], tensors[f"l{layer}.{name}.b"] = some(*shape), some(shape[0])
        for name in ("aln", "oln"):
            tensors[f"l{layer}.{name}.w"], tensors[f"l{layer}.{name}.b"] = 1 + some(hidden), some(hidden)
    return Q4Model(
        hidden=hidden,
        layers=2,
        heads=4,
        ffn=ffn,
        vocab=len(pieces),
        max_positions=positions,
        type_vocab=2,
        eps=1e-12,
        bos=0,
        eos=2,
        pad=1,
        unk=3,
        pieces=pieces,
        scores=-np.arange(len(pieces), dtype=np.float32),
        normalisation={},
        tensors=tensors,
    )


def test_the_graph_gives_the_vectors_that_torch_gives(tmp_path: Path) -> None:
    import torch
    from transformers import BertConfig, BertModel

    model = tiny()
    weights = convert.weights(model, "tiny")
    bert.write_graph(model, weights, tmp_path / "tiny.onnx")
    config = BertConfig(
        vocab_size=model.vocab,
        hidden_size=model.hidden,
        num_hidden_layers=model.layers,
        num_attention_heads=model.heads,
        intermediate_size=model.ffn,
        max_position_embeddings=model.max_positions,
        layer_norm_eps=model.eps,
    )
    reference = BertModel(config).eval()
    reference.load_state_dict({name: torch.from_numpy(values.copy()) for name, values in weights.items()})
    ids = np.array([[0, 5, 9, 7, 2], [0, 8, 2, 1, 1]])
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    with torch.inference_mode():
        states = reference(torch.from_numpy(ids), torch.from_numpy(mask)).last_hidden_state.numpy()
    mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    session = onnxruntime.InferenceSession(str(tmp_path / "tiny.onnx"), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"input_ids": ids, "attention_mask": mask})
    np.testing.assert_allclose(found, mean / np.linalg.norm(mean, axis=1, keepdims=True), atol=2e-6)


PREPARE = """
import json, sys
from pathlib import Path
from glane_indexer.encoder import convert, q4
from glane_indexer.encoder.load import load_encoder, source_of
from glane_indexer.encoder import store
from glane_indexer.encoder.prepare import prepare
from glane_indexer.settings import Settings
from tests.indexer.encoder.test_bert import tiny
from tests.support.slim import without_torch
without_torch(prepares=True)
q4.read_q4 = convert.read_q4 = lambda path: tiny()
settings = Settings(cache=Path(sys.argv[1]))
prepared = prepare(settings, quiet=True)
encoder = load_encoder(settings, quiet=True)
source = source_of(prepared, store.folder_of(settings))
print(json.dumps([prepared.name, prepared.runtime, encoder.encode_queries(["abc"])[0].tolist(), source]))
"""


def test_the_default_encoder_is_prepared_without_torch(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PREPARE, str(tmp_path)],
        env={"PYTHONPATH": ":".join(path for path in sys.path if path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    name, runtime, vector, source = json.loads(done.stdout)
    assert (name, runtime) == ("multilingual-e5-small", "onnx")
    # The folder that torch would read, where a GPU is to be used, gives the same.
    from sentence_transformers import SentenceTransformer

    (expected,) = SentenceTransformer(source, device="cpu").encode(["query: abc"], prompt="")
    assert float(np.dot(expected, vector)) > 0.99
