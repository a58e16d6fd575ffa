"""Writes reference.json: the vectors of some texts, by an implementation that has nothing in common with ours.

The arithmetic is numpy in double precision, and words are cut into pieces by the few lines below. It reads the same files:

    python3 reference.py DIRECTORY

with the directory of `cargo xtask models embed`. Made with Python 3.11 and numpy 2.4.
"""

import json
import math
import struct
import sys
import unicodedata
from pathlib import Path

import numpy as np

TEXTS = [
    "A man is eating food.",
    "A man is eating a piece of bread.",
    "The girl is carrying a baby.",
    "Ein Café in Zürich: 3 Äpfel, 50 % Rabatt!",
    "tokenization, unbelievably, antidisestablishmentarianism",
    "日本語 and English",
    "x",
    "A sentence that is quite a bit longer than the others, so that those are padded when all of them are computed at once.",
    # 702 tokens, of which 256 count.
    "The quick brown fox jumps over the lazy dog. " * 70,
]


def main(directory):
    tensors = read_safetensors(directory / "model.safetensors")
    config = json.loads((directory / "config.json").read_text())
    vocabulary = json.loads((directory / "tokenizer.json").read_text())["model"]["vocab"]
    references = [
        {"text": text, "vector": [round(value, 7) for value in embed(text, tensors, config, vocabulary).tolist()]}
        for text in TEXTS
    ]
    lines = ",\n".join(json.dumps(reference, ensure_ascii=False) for reference in references)
    Path(__file__).with_name("reference.json").write_text(f"[\n{lines}\n]\n")


def embed(text, tensors, config, vocabulary):
    ids = tokens(text, vocabulary)[:254]
    ids = [vocabulary["[CLS]"], *ids, vocabulary["[SEP]"]]

    def layer_norm(x, name):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + config["layer_norm_eps"])
        return x * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def linear(x, name):
        return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    words = tensors["embeddings.word_embeddings.weight"][ids]
    positions = tensors["embeddings.position_embeddings.weight"][: len(ids)]
    x = layer_norm(words + positions + tensors["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    heads = config["num_attention_heads"]
    for number in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{number}"
        query, key, value = (
            linear(x, f"{layer}.attention.self.{name}").reshape(len(ids), heads, -1).transpose(1, 0, 2)
            for name in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        attended = (weights @ value).transpose(1, 0, 2).reshape(len(ids), -1)
        x = layer_norm(x + linear(attended, f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm")
        inner = linear(x, f"{layer}.intermediate.dense")
        inner *= (1 + np.vectorize(math.erf)(inner / math.sqrt(2))) / 2
        x = layer_norm(x + linear(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def tokens(text, vocabulary):
    """BERT's word pieces: words in lower case without accents, punctuation and Chinese characters by themselves."""
    letters = (letter for letter in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(letter) != "Mn")
    words = "".join(f" {letter} " if stands_alone(letter) else letter for letter in letters).split()
    return [piece for word in words for piece in pieces(word, vocabulary)]


def stands_alone(letter):
    is_ascii_symbol = letter.isascii() and not letter.isalnum() and not letter.isspace()
    return is_ascii_symbol or unicodedata.category(letter).startswith("P") or "\u4e00" <= letter <= "\u9fff"


def pieces(word, vocabulary):
    found, start = [], 0
    while start < len(word):
        ends = range(len(word), start, -1)
        names = (("##" if start else "") + word[start:end] for end in ends)
        match = next((name for name in names if name in vocabulary), None)
        if match is None:
            return [vocabulary["[UNK]"]]
        found.append(vocabulary[match])
        start += len(match.removeprefix("##")) if start else len(match)
    return found


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    types = {"F32": np.float32, "I64": np.int64}
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], types[entry["dtype"]])
        .reshape(entry["shape"])
        .astype(np.float64)
        for name, entry in header.items()
        if name != "__metadata__"
    }


main(Path(sys.argv[1]))
