"""Made the checkpoints beside this file, with PyTorch 2.15 (pip install torch numpy). Not run by the tests."""

import argparse
import collections
import pathlib
import sys

import numpy
import torch
from torch import nn

folder = pathlib.Path(sys.argv[1])
base = torch.arange(24, dtype=torch.float32)
tensors = collections.OrderedDict(
    whole=base.reshape(2, 3, 4),
    transposed=base.reshape(4, 6).t(),
    part=base[5:11].reshape(2, 3),
    every_other=base.reshape(4, 6)[1:, ::2],
    half=torch.tensor([0.5, -2.0, 65504.0]).half(),
    brain=torch.tensor([1.0, -3.140625, 2.0**100]).bfloat16(),
    double=torch.tensor([1 / 3], dtype=torch.float64),
    long=torch.tensor([-7, 2**31 - 1]),
    int=torch.tensor([-8], dtype=torch.int32),
    short=torch.tensor([-9, 300], dtype=torch.int16),
    char=torch.tensor([-10], dtype=torch.int8),
    byte=torch.tensor([200], dtype=torch.uint8),
    bool=torch.tensor([True, False]),
    scalar=torch.tensor(2.5),
    empty=torch.empty(0, 3),
    parameter=nn.Parameter(torch.tensor([4.0])),
)
whole = {
    "model": collections.OrderedDict(("module." + name, tensor) for name, tensor in tensors.items()),
    "optimizer": {"state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.zeros(1000)}}, "param_groups": [{"lr": 1e-3, "betas": (0.9, 0.999)}]},
    "epoch": 12,
    "large": 2**80,
    "args": argparse.Namespace(output=pathlib.PurePosixPath("out"), width=64),
    "best": numpy.float64(0.5),
    "curve": numpy.arange(3),
    "tags": {"a", "b"},
    "device": torch.device("cpu"),
    "size": torch.Size([2, 3]),
}
torch.save(whole, folder / "archive.pth")
torch.save(whole, folder / "archive-protocol-5.pth", pickle_protocol=5)
torch.save(whole, folder / "stream.pth", _use_new_zipfile_serialization=False)

# The stream form would carry torch's own source text along.
def no_source(*_):
    raise OSError("left out")


torch.serialization.get_source_lines_and_file = no_source
module = nn.Sequential(nn.Conv2d(1, 2, 1), nn.Sequential(nn.BatchNorm2d(2), nn.ReLU()))
module.register_buffer("transient", torch.ones(2), persistent=False)
with torch.no_grad():
    module[0].weight.copy_(torch.tensor([3.0, 4.0]).reshape(2, 1, 1, 1))
    module[0].bias.copy_(torch.tensor([0.5, -0.5]))
torch.save(module, folder / "module-archive.pkl")
torch.save(module, folder / "module-stream.pkl", _use_new_zipfile_serialization=False)
