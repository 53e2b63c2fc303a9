"""One training step of MiniLM's shape in PyTorch, as `cargo bench -p taskgraft-benches` times it in Taskgraft:
16 texts of 128 tokens, dropout 0.1, forward, backward, clipping by global norm, AdamW.

    python step.py [--threads 2] [--steps 6] [--attention sdpa|eager] [--bf16]
"""
import argparse, resource, statistics, time

import torch
from transformers import BertConfig, BertForSequenceClassification

a = argparse.ArgumentParser()
a.add_argument("--threads", type=int, default=2); a.add_argument("--steps", type=int, default=6)
a.add_argument("--attention", default="sdpa"); a.add_argument("--bf16", action="store_true")
args = a.parse_args()
torch.set_num_threads(args.threads); torch.manual_seed(0)
model = BertForSequenceClassification(BertConfig(hidden_size=384, num_hidden_layers=6, num_attention_heads=12,
    intermediate_size=1536, num_labels=2, attn_implementation=args.attention)).train()
opt = torch.optim.AdamW(model.parameters(), lr=1e-5, weight_decay=0.01)
batch = dict(input_ids=torch.randint(1000, 30000, (16, 128)), attention_mask=torch.ones(16, 128, dtype=torch.long),
             labels=torch.arange(16) % 2)
times = []
for step in range(args.steps + 2):
    t = time.perf_counter()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bf16):
        loss = model(**batch).loss
    opt.zero_grad(); loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    if step >= 2: times.append(time.perf_counter() - t)
print(f"torch {torch.__version__} {args.attention} {'bf16' if args.bf16 else 'float32'}: median {statistics.median(times):.3f} s,"
      f" least {min(times):.3f} s; peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
