"""Makes algebra/tests/fixtures/preferences.json: reference values of weightings with preference vectors, and of others.

    pip install 'torchjd[full]==0.18.0' && python preferences.py > preferences.json

For a few random matrices of gradients: UPGrad, DualProj, Aligned-MTL, ConFIG and SDMGrad with a preference vector, MoDo,
CR-MOGM around UPGrad, and the derivatives of COSMOS and PBI by autograd, all by torchjd in float64.
"""
import json

import torch
from torchjd.aggregation import (AlignedMTL, ConFIG, CRMOGMWeighting, DualProj, MoDoWeighting, SDMGradWeighting, UPGrad,
                                 UPGradWeighting)
from torchjd.scalarization import COSMOS, PBI

SOURCE = ("torchjd 0.18 in float64; combined: direction with the preference; sdmgrad: lr 0.02, lambda 0.3, three steps; "
          "modo: gamma 0.05, rho 0.1, three steps; cr-mogm: alpha 0.6 around upgrad, steps; cosmos: lambda 2; "
          "pbi: theta 1.5, reference 0.1")


def case(key, tasks, size):
    f64 = torch.float64
    draw = torch.Generator().manual_seed(key + 1)
    rows = torch.randn(tasks, size, generator=draw, dtype=f64) * torch.exp(torch.randn(tasks, 1, generator=draw, dtype=f64))
    if key == 2:
        rows[1] = -0.8 * rows[0] + 0.3 * rows[1]
    rows = torch.round(rows * 1000) / 1000
    preference = torch.tensor([0.7, 0.2, 0.4, 1.1][:tasks], dtype=f64)
    losses = torch.tensor([0.4, 1.7, 0.9, 2.2][:tasks], dtype=f64, requires_grad=True)
    steps = [rows, rows * torch.linspace(1, -1, tasks, dtype=f64).unsqueeze(1) + 0.5, rows.flip(0)]
    combined = {"upgrad": UPGrad, "dualproj": DualProj, "aligned-mtl": AlignedMTL, "config": ConFIG}
    sdmgrad = SDMGradWeighting(lr=0.02, lambda_=0.3, pref_vector=preference)
    modo = MoDoWeighting(gamma=0.05, rho=0.1)
    averaged = CRMOGMWeighting(UPGradWeighting(), alpha=0.6)
    scalarisers = {"cosmos": COSMOS(lambda_=2.0, weights=preference),
                   "pbi": PBI(theta=1.5, weights=preference, reference=torch.full((tasks,), 0.1, dtype=f64))}
    return {
        "J": rows.tolist(),
        "preference": preference.tolist(),
        "losses": losses.tolist(),
        "steps": [step.tolist() for step in steps],
        "combined": {name: make(pref_vector=preference)(rows).tolist() for name, make in combined.items()},
        "sdmgrad": [sdmgrad(rows @ rows.T).tolist() for _ in range(3)],
        "modo": [modo(rows @ rows.T).tolist() for _ in range(3)],
        "cr-mogm": [averaged(step @ step.T).tolist() for step in steps],
        **{name: torch.autograd.grad(scalariser(losses), losses)[0].tolist() for name, scalariser in scalarisers.items()},
    }


sizes = [(2, 4), (3, 5), (3, 6), (4, 6)]
print(json.dumps({"source": SOURCE, "cases": [case(key, *size) for key, size in enumerate(sizes)]}))
