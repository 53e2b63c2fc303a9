"""Fine-tunes an encoder on GLUE tasks with transformers, as Taskgraft's single-task method does, for comparison.

    python glue.py --data GLUE_DIR --init ENCODER_DIR --tasks rte,mrpc --seeds 3

Same recipe: batches of like lengths padded to their longest, AdamW without decay on biases and norms, layer-wise
learning rates, linear warm-up and decay, clipping by global norm 1, mean loss, both orders of symmetric pairs, STS-B
scaled to [0, 1]. Prints a line of JSON per run: the dev score, the seconds from reading the files to the dev score,
and those of training alone. Needs torch, transformers, numpy, scipy and scikit-learn.

`--random-batches` draws batches at random, as transformers' own trainer does by default, each padded to its longest
text; `--one-order` leaves pairs as they are. `--serve` is for Taskgraft's `speed` example: a line of JSON when ready,
then, for each number on standard input, that many tasks in turn and a line with the seconds of each.
"""
import argparse, gzip, json, os, random, resource, sys, time

import numpy as np
import torch
from scipy.stats import spearmanr
from sklearn.metrics import matthews_corrcoef
from transformers import AutoModelForSequenceClassification, AutoTokenizer, get_linear_schedule_with_warmup

# folder, text columns (counted from 0), label column, labels (None: a score), header, symmetric
TASKS = {
    "cola": ("CoLA", (3,), 1, ["0", "1"], False, False),
    "mrpc": ("MRPC", (3, 4), 0, ["0", "1"], True, True),
    "stsb": ("STS-B", (-3, -2), -1, None, True, True),
    "rte": ("RTE", (1, 2), 3, ["entailment", "not_entailment"], True, False),
}


def lines(path):
    opener = (lambda p: gzip.open(p, "rt", encoding="utf-8-sig", newline="")) if path.endswith(".gz") else (
        lambda p: open(p, encoding="utf-8-sig", newline=""))
    with opener(path) as f:
        return [l.rstrip("\r\n") for l in f.read().split("\n") if l.rstrip("\r\n")]


def find(folder, name):
    return next(p for p in (f"{folder}/{name}", f"{folder}/{name}.gz") if os.path.exists(p))


def read(root, task, split, both_orders=True):
    folder, texts, label, labels, header, symmetric = TASKS[task]
    folder = f"{root}/{folder}"
    if task == "mrpc" and os.path.isdir(folder) and any("msr_paraphrase_train" in f for f in os.listdir(folder)):
        dev = {tuple(l.split("\t")) for l in lines(find(folder, "dev_ids.tsv"))}
        rows = [l.split("\t") for l in lines(find(folder, "msr_paraphrase_train.txt"))[1:]]
        rows = [r for r in rows if ((r[1], r[2]) in dev) == (split == "dev")]
    else:
        rows = [l.split("\t") for l in lines(find(folder, f"{split}.tsv"))[1 if header else 0:]]
    data = []
    for r in rows:
        y = float(r[label]) / 5 if labels is None else labels.index(r[label])
        pair = [r[c] for c in texts]
        data.append((pair, y))
    if symmetric and both_orders and split == "train":
        data += [(p[::-1], y) for p, y in data]
    return data, labels


def batches(data, size, pad, shuffle, rng, by_length=True):
    order = list(range(len(data)))
    if shuffle:
        rng.shuffle(order)
    out = []
    for w in range(0, len(order), 32 * size):
        window = order[w:w + 32 * size]
        if by_length: window.sort(key=lambda i: -len(data[i][0]["input_ids"]))
        out += [window[i:i + size] for i in range(0, len(window), size)]
    if shuffle:
        rng.shuffle(out)
    for idx in out:
        width = max(len(data[i][0]["input_ids"]) for i in idx)
        def padded(key, fill):
            return torch.tensor([data[i][0][key] + [fill] * (width - len(data[i][0][key])) for i in idx])
        x = {"input_ids": padded("input_ids", pad), "attention_mask": padded("attention_mask", 0),
             "token_type_ids": padded("token_type_ids", 0)}
        yield x, torch.tensor([data[i][1] for i in idx])


def groups(model, lr, decay, wd):
    layers = model.config.num_hidden_layers
    out = []
    for name, p in model.named_parameters():
        if "embeddings." in name: d = layers + 2
        elif ".layer." in name: d = layers - int(name.split(".layer.")[1].split(".")[0]) + 1
        elif "pooler" in name: d = 1
        else: d = 0
        spared = name.endswith("bias") or "LayerNorm" in name
        out.append({"params": [p], "lr": lr * decay ** d, "weight_decay": 0.0 if spared else wd})
    return out


def score(task, predicted, gold):
    if task == "stsb": return spearmanr(predicted[:, 0], gold)[0]
    label = predicted.argmax(1)
    return matthews_corrcoef(gold, label) if task == "cola" else float((label == gold).mean())


def run(args, task, seed):
    started = time.perf_counter()
    random.seed(seed); np.random.seed(seed); torch.manual_seed(seed)
    rng = random.Random(seed)
    tok = AutoTokenizer.from_pretrained(args.init)
    train, labels = read(args.data, task, "train", not args.one_order)
    dev, _ = read(args.data, task, "dev")
    def encode(data):
        cols = [list(c) for c in zip(*[p for p, _ in data])]
        enc = tok(*cols, truncation="longest_first", max_length=args.max_length)
        return [({k: enc[k][i] for k in ("input_ids", "attention_mask", "token_type_ids")}, data[i][1]) for i in range(len(data))]
    train, dev = encode(train), encode(dev)
    n = 1 if labels is None else len(labels)
    model = AutoModelForSequenceClassification.from_pretrained(args.init, num_labels=n, attn_implementation=args.attention)
    model.train()
    opt = torch.optim.AdamW(groups(model, args.lr, args.layer_decay, 0.01), lr=args.lr, eps=1e-8)
    total = args.steps or int(len(train) / args.batch * args.epochs)
    sched = get_linear_schedule_with_warmup(opt, int(0.1 * total), total)
    lossf = torch.nn.MSELoss() if labels is None else torch.nn.CrossEntropyLoss()
    t0, step, real, computed = time.perf_counter(), 0, 0, 0
    while step < total:
        for x, y in batches(train, args.batch, tok.pad_token_id, True, rng, not args.random_batches):
            if step == total: break
            real += int(x["attention_mask"].sum()); computed += x["attention_mask"].numel()
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bf16):
                logits = model(**x).logits
            loss = lossf(logits.float()[:, 0], y.float()) if labels is None else lossf(logits.float(), y)
            opt.zero_grad(); loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step(); sched.step(); step += 1
    trained = time.perf_counter() - t0
    model.eval()
    outs, golds = [], []
    with torch.no_grad():
        for x, y in batches(dev, 64, tok.pad_token_id, False, rng):
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bf16):
                outs.append(model(**x).logits.float().numpy())
            golds.append(y.numpy())
    s = score(task, np.concatenate(outs), np.concatenate(golds))
    return {"task": task, "seed": seed, "score": 100 * float(s), "steps": total,
        "seconds": time.perf_counter() - started, "train_seconds": trained, "tokens": real, "computed": computed,
        "peak_memory": peak()}


def peak():
    """Bytes; Linux counts in KiB, macOS in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def serve(args):
    say = lambda what: print(json.dumps(what), flush=True)
    model = AutoModelForSequenceClassification.from_pretrained(args.init)
    say({"version": f"torch {torch.__version__}", "parameters": sum(p.numel() for p in model.parameters())})
    del model
    tasks, number = args.tasks.split(","), 0
    for line in sys.stdin:
        done = []
        for _ in range(int(line)):
            done.append(run(args, tasks[number % len(tasks)], number // len(tasks)))
            number += 1
        say({"seconds": [d["seconds"] for d in done], "peak_memory": peak(), "loss": None,
             "epochs": [{k: d[k] for k in ("score", "tokens", "computed")} for d in done]})


if __name__ == "__main__":
    a = argparse.ArgumentParser()
    a.add_argument("--data", required=True); a.add_argument("--init", required=True)
    a.add_argument("--tasks", default="rte"); a.add_argument("--seeds", type=int, default=1)
    a.add_argument("--epochs", type=float, default=3); a.add_argument("--batch", type=int, default=32)
    a.add_argument("--lr", type=float, default=5e-5); a.add_argument("--layer-decay", type=float, default=0.9)
    a.add_argument("--max-length", type=int, default=128); a.add_argument("--threads", type=int, default=2)
    a.add_argument("--attention", default="sdpa"); a.add_argument("--bf16", action="store_true")
    a.add_argument("--steps", type=int, default=0, help="in place of --epochs")
    a.add_argument("--random-batches", action="store_true"); a.add_argument("--one-order", action="store_true")
    a.add_argument("--serve", action="store_true")
    args = a.parse_args()
    if args.threads: torch.set_num_threads(args.threads)
    if args.serve: serve(args)
    else:
        for task in args.tasks.split(","):
            for seed in range(args.seeds):
                print(json.dumps(run(args, task, seed)), flush=True)
