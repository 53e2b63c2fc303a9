"""Reads the networks that Taskgraft exports with transformers' own classes, and writes down what they answer.

    EXPORTS_DIR=DIR cargo test -p taskgraft-models --test read_elsewhere transformers_answers
    python read_exports.py DIR models/tests/fixtures/exports [--check]

DIR then holds a folder a network. Each becomes a small JSON: logits for two fixed texts (the second with two tokens of
padding), names of labels, tensors that the class misses or leaves, the configuration, and a checksum of the weights, by
which a test knows that it still writes this file. T5 has no class for a head on the mean of its encoder's states, nor
one for masked tokens: there the head is computed here, from the states of transformers' T5EncoderModel. With --check,
nothing is written: the answers are compared with those that are there. Needs torch and transformers.
"""
import json, os, sys

import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoConfig, T5Config, T5EncoderModel

TOKENS = [[5, 9, 17, 2, 29, 11], [7, 12, 13, 2, None, None]]
SEGMENTS = [[0, 0, 0, 1, 1, 1], [0] * 6]
MASK = [[1] * 6, [1, 1, 1, 1, 0, 0]]


def checksum(path):
    value = 0xCBF29CE484222325
    with open(path, "rb") as f:
        for byte in f.read():
            value = (value ^ byte) * 0x0100000001B3 % 2**64
    return f"{value:016x}"


def own_head(folder, config, inputs):
    """A head that no class of transformers has, on the states of T5's encoder."""
    tensors = load_file(f"{folder}/model.safetensors")
    trunk = {k.removeprefix("transformer."): v for k, v in tensors.items() if k.startswith("transformer.")}
    of_encoder = {k: v for k, v in trunk.items() if k == "shared.weight" or k.startswith("encoder.")}
    encoder = T5EncoderModel(config).eval()
    missing, unexpected = encoder.load_state_dict(of_encoder, strict=False)
    missing = [name for name in missing if name != "encoder.embed_tokens.weight"]
    left = [k for k in trunk if k not in of_encoder]
    with torch.no_grad():
        hidden = encoder(**inputs).last_hidden_state
        if "classifier.weight" in tensors:
            mask = inputs["attention_mask"].unsqueeze(2).float()
            pooled = (hidden * mask).sum(1) / mask.sum(1)
            logits = torch.nn.functional.linear(pooled, tensors["classifier.weight"], tensors["classifier.bias"])
        else:
            of = lambda name: (tensors[f"mlm_head.{name}.weight"], tensors[f"mlm_head.{name}.bias"])
            inner = torch.nn.functional.gelu(torch.nn.functional.linear(hidden, *of("dense")))
            inner = torch.nn.functional.layer_norm(inner, inner.shape[-1:], *of("layer_norm"), eps=1e-12)
            logits = inner @ trunk["shared.weight"].T + tensors["mlm_head.bias"]
    return logits, missing + unexpected, left


def answer(folder):
    with open(f"{folder}/config.json") as f:
        written = json.load(f)
    config = AutoConfig.from_pretrained(folder)
    pad = config.pad_token_id or 0
    tokens = torch.tensor([[pad if t is None else t for t in row] for row in TOKENS])
    inputs = {"input_ids": tokens, "attention_mask": torch.tensor(MASK)}
    if config.model_type == "bert":
        inputs["token_type_ids"] = torch.tensor(SEGMENTS)
    [name] = written["architectures"]
    if name.startswith("Taskgraft"):
        assert isinstance(config, T5Config)
        logits, missing, unexpected = own_head(folder, config, inputs)
    else:
        model, info = getattr(transformers, name).from_pretrained(folder, output_loading_info=True)
        missing, unexpected = list(info["missing_keys"]) + list(info["mismatched_keys"]), info["unexpected_keys"]
        with torch.no_grad():
            logits = model.eval()(**inputs).logits
    has_labels = "id2label" in written
    return {
        "class": name,
        "config": written,
        "checksum": checksum(f"{folder}/model.safetensors"),
        "labels": [config.id2label[i] for i in range(config.num_labels)] if has_labels else None,
        "missing": sorted(missing),
        "unexpected": sorted(unexpected),
        "logits": [float(f"{v:.9g}") for v in logits.flatten().tolist()],
        "made_by": f"transformers {transformers.__version__}, torch {torch.__version__}",
    }


def near(ours, theirs):
    largest = max(abs(v) for v in theirs)
    return len(ours) == len(theirs) and all(abs(a - b) <= 1e-5 * largest for a, b in zip(ours, theirs))


def main(exports, fixtures, check):
    wrong = []
    for name in sorted(os.listdir(exports)):
        found, path = answer(f"{exports}/{name}"), f"{fixtures}/{name}.json"
        if not check:
            with open(path, "w") as f:
                # A line a field.
                fields = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in found.items()]
                f.write("{\n" + ",\n".join(fields) + "\n}\n")
            continue
        with open(path) as f:
            expected = json.load(f)
        same = all(found[key] == expected[key] for key in ("class", "labels", "missing", "unexpected"))
        if not (same and near(found["logits"], expected["logits"])):
            wrong.append(name)
    if wrong:
        sys.exit(f"other answers than those of the fixtures: {', '.join(wrong)}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], "--check" in sys.argv)
