"""Numbers of PyTorch that models/stem must give, for stem.test.ts: weights, pixels and places looked at follow formulas that both
sides compute, so that only answers are stored.

pip install torch torchvision numpy efficientnet_lite_pytorch==0.1.0
make_stem.py [stem.json]
"""

import json
import sys

import numpy as np
import torch
from efficientnet_lite_pytorch import EfficientNet
from torchvision.ops import roi_align

side, places, last_block = 64, 24, 10


def values(name, shape, k):
    wave = np.sin(0.37 * np.arange(np.prod(shape)) + k)
    if name.endswith("running_var"):
        made = 1 + 0.5 * wave
    elif "_bn" in name:
        made = (1 if name.endswith("weight") else 0) + 0.3 * wave
    else:
        made = wave * 2.5 / np.sqrt(np.prod(shape[1:]))
    return torch.tensor(made.astype(np.float32)).view(shape)


network = EfficientNet.from_name("efficientnet-lite0").eval()
state = network.state_dict()
used = [
    name
    for name in sorted(state)
    if not name.endswith("num_batches_tracked")
    and (name.startswith(("_conv_stem", "_bn0")) or (name.startswith("_blocks") and int(name.split(".")[1]) <= last_block))
]
shapes = {name: list(state[name].shape) for name in used}
state.update({name: values(name, shapes[name], k) for k, name in enumerate(used)})
network.load_state_dict(state)

i = np.arange(3 * side * side)
rgb = np.floor((np.sin(i * 0.001 * i) * 0.5 + 0.5) * 255).astype(np.uint8).reshape(side, side, 3)
x = torch.tensor((rgb.astype(np.float32) - 127) / 128).permute(2, 0, 1)[None]
features = {}
with torch.no_grad():
    x = torch.nn.functional.relu6(network._bn0(network._conv_stem(x)))
    for block in network._blocks[: last_block + 1]:
        x = block(x)
        flat = x.flatten().double()
        features[side // x.shape[-1]] = {
            "shape": list(x.shape),
            "norm": float(flat.norm()),
            "at": [round(float(flat[(7919 * k) % flat.numel()]), 7) for k in range(places)],
        }

cells, channels, stride = 12, 2, 8
boxes = [[5, 9, 40, 31], [0, 0, 12.5, 20], [80, 70, 96, 96], [30.2, 30.1, 33.3, 90], [50, 50, 50, 50]]
plane = torch.tensor(np.sin(0.7 * np.arange(channels * cells * cells)), dtype=torch.float32).view(1, channels, cells, cells)
bins = roi_align(plane, [torch.tensor(boxes)], (3, 3), 1 / stride, 2, True)  # [n, channels, 3, 3]
roi = {
    "cells": cells,
    "channels": channels,
    "stride": stride,
    "boxes": boxes,
    "bins": [round(float(v), 7) for v in bins.flatten(2).transpose(1, 2).flatten()],
}
out = sys.argv[1] if len(sys.argv) > 1 else __file__.replace("make_stem.py", "stem.json")
with open(out, "w") as file:
    json.dump({"side": side, "shapes": shapes, "features": features, "roi": roi}, file)
    file.write("\n")
