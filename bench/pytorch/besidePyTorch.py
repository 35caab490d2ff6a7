"""PyTorch's side of besidePyTorch.ts. Reads one JSON request per line from stdin and writes one JSON answer per line.

load   -> builds the network with Karyon's weights, pixels, boxes and labels, and chooses the faster attention
run    -> mean seconds of a forward pass or a training step (forward, backward, AdamW) over `times`, after one more
tokens -> writes the nuclei's tokens to a file of float32
"""

import json
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "models" / "parity" / "reference"))
from nucleus_vit import Config, NucleusVit, StemNucleusVit  # noqa: E402


class Side:
    def __init__(self, request):
        torch.set_num_threads(request["threads"])
        side = request["config"]["imageSize"]
        raw = bytearray(Path(request["pixels"]).read_bytes())
        self.rgb = torch.frombuffer(raw, dtype=torch.uint8).view(side, side, 3)
        self.boxes = torch.tensor(request["boxes"], dtype=torch.float32).view(-1, 4)
        self.labels = torch.tensor(request["labels"])
        weights = load_file(request["weights"])
        seconds = {}
        for fused in (True, False):
            self.build(request, weights, fused)
            seconds[fused] = sum(self.measure(what, 2) for what in ("forward", "train"))
        self.fused = seconds[True] <= seconds[False]
        self.build(request, weights, self.fused)

    def build(self, request, weights, fused):
        config = Config(**request["config"])
        self.model = (StemNucleusVit if config.stem else NucleusVit)(config, request["classes"], fused)
        self.model.load_state_dict(weights)
        decayed = [p for p in self.model.parameters() if p.dim() > 1 and p.shape[0] > 1]
        others = [p for p in self.model.parameters() if not (p.dim() > 1 and p.shape[0] > 1)]
        groups = [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]
        # fused=True is PyTorch's fastest AdamW on a processor.
        self.optimiser = torch.optim.AdamW(groups, lr=1e-5, fused=True)

    def forward(self):
        with torch.inference_mode():
            return self.model(self.rgb, self.boxes)

    def train(self):
        self.optimiser.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.model(self.rgb, self.boxes)[1], self.labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()

    def measure(self, what, times):
        work = getattr(self, what)
        work()
        started = time.perf_counter()
        for _ in range(times):
            work()
        return (time.perf_counter() - started) / times


def main():
    side = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "load":
            side = Side(request)
            answer = {"torch": torch.__version__, "attention": "fused" if side.fused else "plain"}
        elif request["do"] == "tokens":
            grid = request["config"]["imageSize"] // request["config"]["patchSize"]
            outputs = side.forward()
            read = outputs[2] if len(outputs) > 2 else outputs[0][1 + grid * grid :]
            Path(request["file"]).write_bytes(read.contiguous().numpy().tobytes())
            answer = {}
        else:
            answer = {"seconds": side.measure(request["what"], request["times"])}
        print(json.dumps(answer), flush=True)


main()
