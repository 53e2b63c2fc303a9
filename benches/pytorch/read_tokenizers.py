"""Reads the tokenizers that Taskgraft exports with transformers' AutoTokenizer, and writes down their tokens.

    EXPORTS_DIR=DIR cargo test -p taskgraft-tasks --test text_files transformers_makes
    python read_tokenizers.py DIR tasks/tests/fixtures/text/exports.json

DIR then holds a folder a tokenizer. The JSON has, for each, ids and segments of fixed texts and pairs, and the rules of
the file that the tokens come from. Needs transformers.
"""
import json, os, sys

from transformers import AutoTokenizer

TEXTS = [("The cats sat in Paris.", None), ("the mat", "The cat sat"), ("a b ab", "b"), ("[MASK] <mask> the", None),
         ("Café cafés", ".")]


def answer(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    found = [tokenizer(a, b, return_token_type_ids=True) for a, b in TEXTS]
    with open(f"{folder}/tokenizer.json") as f:
        rules = json.load(f)
    return {"tokens": [[one["input_ids"], one["token_type_ids"]] for one in found],
            "post_processor": rules["post_processor"], "normalizer": rules["normalizer"]}


if __name__ == "__main__":
    exports, fixture = sys.argv[1:]
    answers = [f" {json.dumps(n)}: {json.dumps(answer(f'{exports}/{n}'), ensure_ascii=False)}"
               for n in sorted(os.listdir(exports))]
    with open(fixture, "w") as f:
        f.write("{\n" + ",\n".join(answers) + "\n}\n")
