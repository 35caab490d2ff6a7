"""Writes cases of odd shapes with what PyTorch says of them: see README.md.

python make_odd_shapes.py                          the kept cases, to oddShapes.json
python make_odd_shapes.py --random 40 --seed 1 F   that many random ones, to the file F
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from nucleus_vit import Config, NucleusVit

STEPS, RATE, DECAY, LAYER_DECAY = 3, 1e-3, 0.05, 0.8
SAMPLES = 24


def mixed(seed: int, count: int) -> np.ndarray:
    """splitmix32 of seed, seed + step, ...: as `random` in models/nn/random.ts, in [0, 1)."""
    with np.errstate(over="ignore"):
        state = np.uint32(seed) + np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x9E3779B9)
        z = (state ^ (state >> np.uint32(16))) * np.uint32(0x21F0AAAD)
        z = (z ^ (z >> np.uint32(15))) * np.uint32(0x735A2D97)
        return (z ^ (z >> np.uint32(15))).astype(np.float64) / 2**32


def weights_of(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Every weight away from what it starts at, so that a forgotten one shows."""
    weights = {}
    for k, (name, p) in enumerate(sorted(model.named_parameters())):
        uniform = mixed(1000 + k, p.numel()) - 0.5
        scale = 1.0 if p.dim() == 1 or name.startswith("cls") else 2.0 / np.sqrt(p[0].numel())
        offset = 1.0 if "norm" in name and name.endswith("weight") else 0.0
        weights[name] = torch.from_numpy((offset + scale * uniform).astype(np.float32)).view(p.shape)
    return weights


def sampled(t: torch.Tensor) -> list[float]:
    flat = t.detach().flatten().double()
    at = [int(u * flat.numel()) for u in mixed(7, SAMPLES)] if flat.numel() else []
    return [float(f"{v:.7g}") for v in flat[at].tolist()]


def layer_rate(name: str, layers: int) -> float:
    parts = name.split(".")
    depth = int(parts[1]) + 1 if parts[0] == "blocks" else layers + 1 if parts[0] in ("norm", "head") else 0
    return LAYER_DECAY ** (layers + 1 - depth)


def answer(case: dict) -> dict:
    config = Config(**case["config"])
    model = NucleusVit(config, case["classes"])
    model.load_state_dict(weights_of(model))
    side = config.imageSize
    rgb = torch.from_numpy(np.floor(256 * mixed(5, 3 * side * side)).astype(np.uint8)).view(side, side, 3)
    boxes = torch.tensor(case["boxes"], dtype=torch.float32).view(-1, 4)
    labels = torch.tensor(case["labels"], dtype=torch.long)
    groups = [
        {
            "params": [p],
            "lr": RATE * layer_rate(name, config.layers),
            "weight_decay": DECAY if p.dim() > 1 and not name.endswith(("_token", "pos_embed", "bias")) else 0.0,
        }
        for name, p in model.named_parameters()
    ]
    optimiser = torch.optim.AdamW(groups)
    expected = {"losses": []}
    for step in range(STEPS):
        optimiser.zero_grad(set_to_none=False)
        tokens, logits = model(rgb, boxes)
        known = labels >= 0
        loss = F.cross_entropy(logits[known], labels[known], reduction="sum") / max(1, int(known.sum()))
        loss.backward()
        if step == 0:
            first = 1 + (side // config.patchSize) ** 2
            expected |= {"cls": sampled(tokens[0]), "patches": sampled(tokens[1:first])}
            expected |= {"nuclei": sampled(tokens[first:]), "logits": sampled(logits)}
            gradients = {n: torch.zeros_like(p) if p.grad is None else p.grad for n, p in model.named_parameters()}
            expected["gradients"] = {n: {"norm": float(g.double().norm()), "at": sampled(g)} for n, g in gradients.items()}
        expected["losses"].append(float(loss.detach()))
        optimiser.step()
    kept = ("patch_embed.proj.weight", "instance_embed.proj.bias", "blocks.0.attn.qkv.weight", "head.weight")
    expected["weights"] = {n: sampled(p) for n, p in model.named_parameters() if n in kept}
    return expected


def case(config: dict, classes: int, boxes: list, rng: random.Random) -> dict:
    labels = [rng.randrange(-1, classes) for _ in boxes]
    flat = [float(np.float32(v)) for box in boxes for v in box]
    return {"config": config, "classes": classes, "boxes": flat, "labels": labels}


def config_of(width, layers, heads, image, patch, positions, roi) -> dict:
    names = ("width", "layers", "heads", "imageSize", "patchSize", "positions", "roiFeatures")
    return dict(zip(names, (width, layers, heads, image, patch, positions, roi)))


def hard_boxes(side: float) -> list:
    """Borders, beyond them, no size, turned inside out, huge, fractional, overlapping."""
    s = side
    return [
        [0, 0, s, s], [0, 0, 0, 0], [s, s, s, s], [s - 1, s - 1, s, s], [-20, -20, 5, 5], [s - 5, s - 5, s + 30, s + 30],
        [-3 * s, -3 * s, 4 * s, 4 * s], [s + 40, s + 40, s + 60, s + 60], [-60, -60, -40, -40], [12, 12, 12, 30],
        [30, 20, 10, 5], [7.3, 9.7, 18.1, 22.9], [7.3, 9.7, 18.1, 22.9], [7.4, 9.8, 18, 23], [s / 2, 0, s, s / 2],
        [s / 3, s / 3, s / 3 + 0.01, s / 3 + 0.01], [0, 5, s, 6], [10 * s, 10 * s, 12 * s, 12 * s], [-1, -1, -1, -1],
    ]  # fmt: skip


def random_case(rng: random.Random) -> dict:
    heads = rng.choice([1, 2, 3, 4, 6])
    step = 8 * heads if heads % 2 else 4 * heads if heads % 4 else 2 * heads
    step = step if step % 8 == 0 else 8 * heads
    width = step * rng.randint(1, max(1, 96 // step))
    patch = rng.choice([4, 7, 8, 12, 14, 16, 32])
    side = patch * rng.randint(1, 14 if patch < 16 else 9)
    kind = rng.choice(["none", "one", "few", "hard", "many", "cells"])
    f = lambda: rng.uniform(-0.2 * side, 1.2 * side)  # noqa: E731
    if kind == "none":
        boxes = []
    elif kind == "one":
        boxes = [[f(), f(), f(), f()]]
    elif kind == "hard":
        boxes = hard_boxes(side)
    elif kind == "cells":  # multiples of patches, where rounding decides how many samples a bin has
        boxes = [[patch * rng.randint(0, 3) for _ in range(2)] + [patch * rng.randint(3, 9) for _ in range(2)] for _ in range(20)]
    else:
        boxes = []
        for _ in range(1000 if kind == "many" else rng.randint(2, 30)):
            x, y = f(), f()
            boxes.append([x, y, x + rng.uniform(0, 40), y + rng.uniform(0, 40)])
    config = config_of(
        width, rng.randint(1, 5), heads, side, patch,
        rng.choice(["published", "paper"]), rng.choice(["after-positions", "before-positions"]),
    )  # fmt: skip
    return case(config, rng.randint(2, 6), boxes, rng)


def kept_cases() -> list:
    rng = random.Random(3)
    return [
        case(config_of(24, 3, 3, 70, 14, "published", "after-positions"), 3, hard_boxes(70), rng),
        case(config_of(40, 1, 5, 48, 4, "paper", "before-positions"), 5, [[3.2, 4.1, 17.9, 30.3], *hard_boxes(48)], rng),
        case(config_of(32, 2, 2, 64, 32, "paper", "after-positions"), 2, [[20.5, 8.25, 41, 33.75]], rng),
        case(config_of(16, 4, 1, 40, 8, "published", "before-positions"), 4, [], rng),
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("file", nargs="?", default=str(Path(__file__).parent / "oddShapes.json"))
    options = parser.parse_args()
    rng = random.Random(options.seed)
    cases = [random_case(rng) for _ in range(options.random)] if options.random else kept_cases()
    steps = {"steps": STEPS, "rate": RATE, "decay": DECAY, "layerDecay": LAYER_DECAY}
    lines = ",\n".join(json.dumps(c | {"expected": answer(c)}) for c in cases)
    Path(options.file).write_text(f'{{"training": {json.dumps(steps)}, "samples": {SAMPLES}, "cases": [\n{lines}\n]}}\n')


main()
