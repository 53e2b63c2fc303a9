"""Training steps in PyTorch and transformers, as Taskgraft's `speed` example and `cargo bench` time them: forward,
backward, clipping by global norm, the optimiser's update, dropout 0.1.

minilm: 6 layers of width 384 with a class head, 16 texts of 128 tokens, AdamW. t5: T5-small, 8 texts of 128 tokens and
answers of 32, Adafactor. generate: T5-small writes 64 tokens greedily from 8 texts of 128, with its cache; `--bf16` is then
not autocast but bf16 weights.

    python step.py [--work minilm|t5|generate] [--threads 2] [--steps 6] [--attention sdpa|eager] [--bf16] [--compile]

`--serve` is for the example: a line of JSON when ready, then, for each number on standard input, that many steps and a
line with the seconds of each. `--quick` is tiny, to see that it runs.
"""
import argparse, json, resource, statistics, sys, time

import torch
from transformers import BertConfig, BertForSequenceClassification, T5Config, T5ForConditionalGeneration
from transformers.optimization import Adafactor

a = argparse.ArgumentParser()
a.add_argument("--work", choices=["minilm", "t5", "generate"], default="minilm")
a.add_argument("--threads", type=int, default=2); a.add_argument("--steps", type=int, default=6)
a.add_argument("--attention", default="sdpa"); a.add_argument("--bf16", action="store_true")
a.add_argument("--compile", action="store_true"); a.add_argument("--quick", action="store_true")
a.add_argument("--serve", action="store_true")
args = a.parse_args()
if args.threads: torch.set_num_threads(args.threads)
torch.manual_seed(0)


def minilm():
    vocabulary, width, layers, heads, hidden, rows, length = (
        (500, 64, 2, 2, 128, 4, 16) if args.quick else (30522, 384, 6, 12, 1536, 16, 128))
    model = BertForSequenceClassification(BertConfig(vocab_size=vocabulary, hidden_size=width, num_hidden_layers=layers,
        num_attention_heads=heads, intermediate_size=hidden, num_labels=2, attn_implementation=args.attention))
    batch = dict(input_ids=torch.randint(100, vocabulary, (rows, length)),
                 attention_mask=torch.ones(rows, length, dtype=torch.long), labels=torch.arange(rows) % 2)
    return model, batch, torch.optim.AdamW(model.parameters(), lr=1e-5, weight_decay=0.01)


def t5():
    vocabulary, width, layers, heads, hidden, rows, length, target = (
        (500, 64, 2, 2, 128, 4, 16, 8) if args.quick else (32128, 512, 6, 8, 2048, 8, 128, 32))
    model = T5ForConditionalGeneration(T5Config(vocab_size=vocabulary, d_model=width, d_kv=width // heads, d_ff=hidden,
        num_layers=layers, num_heads=heads, decoder_start_token_id=0, attn_implementation=args.attention))
    batch = dict(input_ids=torch.randint(100, vocabulary, (rows, length)),
                 attention_mask=torch.ones(rows, length, dtype=torch.long),
                 labels=torch.randint(100, vocabulary, (rows, target)))
    return model, batch, Adafactor(model.parameters(), lr=1e-3, scale_parameter=True, relative_step=False)


model, batch, opt = dict(minilm=minilm, t5=t5, generate=t5)[args.work]()
used = model.config._attn_implementation
assert used == args.attention, f"transformers has no {args.attention} attention for this network, it took {used}"
writes = args.work == "generate"
model.train(not writes)
if writes:
    if args.bf16: model.bfloat16()
    model.generation_config.eos_token_id = None  # nothing ends it
run = torch.compile(model) if args.compile else model


@torch.inference_mode()
def generate():
    t = time.perf_counter()
    count = 8 if args.quick else 64
    written = model.generate(batch["input_ids"], attention_mask=batch["attention_mask"], do_sample=False, num_beams=1,
        max_new_tokens=count)
    assert written.shape[1] == count + 1, written.shape
    return time.perf_counter() - t, None


def step():
    if writes: return generate()
    t = time.perf_counter()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bf16):
        loss = run(**batch).loss
    opt.zero_grad(); loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    return time.perf_counter() - t, loss.item()


def peak():
    """Bytes; Linux counts in KiB, macOS in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if args.serve:
    say = lambda what: print(json.dumps(what), flush=True)
    say({"version": f"torch {torch.__version__}", "parameters": sum(p.numel() for p in model.parameters())})
    for line in sys.stdin:
        taken = [step() for _ in range(int(line))]
        say({"seconds": [t for t, _ in taken], "peak_memory": peak(), "loss": taken[-1][1]})
else:
    times = [step()[0] for _ in range(args.steps + 2)][2:]
    print(f"torch {torch.__version__} {args.work} {args.attention} {'bf16' if args.bf16 else 'float32'}: median"
          f" {statistics.median(times):.3f} s, least {min(times):.3f} s; peak {peak() / 2**20:.0f} MiB")
