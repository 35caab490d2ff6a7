"""The nucleus ViT in eager PyTorch from standard modules: what Karyon's own is compared with.

Written from the method alone and with nothing of Karyon's: RoIAlign is torchvision's, positions go through
F.interpolate, convolutions are nn.Conv2d, attention is PyTorch's. Parameter names are the published checkpoints'.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import roi_align


@dataclass(frozen=True)
class Config:
    width: int
    layers: int
    heads: int
    imageSize: int
    patchSize: int
    positions: str
    roiFeatures: str
    stem: str | None = None


def sinusoid(config: Config) -> torch.Tensor:
    """The published table of one coordinate, [imageSize, D/4]."""
    quarter = config.width // 4
    place = torch.arange(config.imageSize, dtype=torch.float64)[:, None]
    rate = torch.exp(torch.arange(0, quarter, 2, dtype=torch.float64) * (-math.log(10000.0) / quarter))
    table = torch.zeros(config.imageSize, quarter, dtype=torch.float64)
    table[:, 0::2] = torch.sin(place * rate)
    table[:, 1::2] = torch.cos(place * rate)
    return table.float()


def gamma(t: torch.Tensor, pairs: int) -> torch.Tensor:
    """The paper's code of t in [0, 1]: sin and cos of 2^j pi t; [n] -> [n, 2 * pairs]."""
    turns = torch.remainder(t.double().clamp(0, 1)[:, None] * 2.0 ** torch.arange(pairs, dtype=torch.float64), 2.0)
    return torch.stack([torch.sin(math.pi * turns), torch.cos(math.pi * turns)], dim=2).flatten(1).float()


class Positions(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        size, patch, grid = config.imageSize, config.patchSize, config.imageSize // config.patchSize
        if config.positions == "published":
            table = sinusoid(config)
            quarter = table.shape[1]
            rows = table[:, None].expand(size, size, quarter)
            columns = table[None].expand(size, size, quarter)
            extent = table[patch - 1].expand(size, size, quarter)
            whole = torch.cat([rows, columns, extent, extent], dim=2).permute(2, 0, 1)[None]
            small = F.interpolate(whole, size=(grid, grid), mode="bilinear", align_corners=False)
            self.register_buffer("table", table, persistent=False)
            self.register_buffer("patches", small[0].flatten(1).T.contiguous(), persistent=False)
        else:
            middle = (torch.arange(grid, dtype=torch.float64) + 0.5) * patch
            y, x = (v.flatten() for v in torch.meshgrid(middle, middle, indexing="ij"))
            extent = torch.full_like(x, patch)
            self.register_buffer("patches", self.coded(x, y, extent, extent), persistent=False)

    def coded(self, *places: torch.Tensor) -> torch.Tensor:
        return torch.cat([gamma(v.double() / self.config.imageSize, self.config.width // 8) for v in places], dim=1)

    def nuclei(self, boxes: torch.Tensor) -> torch.Tensor:
        x0, y0, x1, y1 = boxes.unbind(1)
        if self.config.positions == "paper":
            x0, y0, x1, y1 = boxes.double().unbind(1)
            return self.coded((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0)
        index = [v.long().clamp(0, self.config.imageSize - 1) for v in ((y0 + y1) / 2, (x0 + x1) / 2, y1 - y0, x1 - x0)]
        return torch.cat([self.table[i] for i in index], dim=1)


class Embedding(nn.Module):
    def __init__(self, inner: int, width: int, kernel: int):
        super().__init__()
        self.proj = nn.Conv2d(inner, width, kernel, stride=kernel)


class Attention(nn.Module):
    def __init__(self, width: int, heads: int, fused: bool):
        super().__init__()
        self.heads, self.fused = heads, fused
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.q_bias = nn.Parameter(torch.zeros(width))
        self.v_bias = nn.Parameter(torch.zeros(width))
        self.proj = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, tokens, width = x.shape
        bias = torch.cat([self.q_bias, torch.zeros_like(self.v_bias), self.v_bias])
        qkv = F.linear(x, self.qkv.weight, bias).view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v)
        else:
            y = ((q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)).softmax(dim=-1) @ v
        return self.proj(y.transpose(1, 2).reshape(batch, tokens, width))


class Mlp(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width: int, heads: int, fused: bool):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads, fused)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


def same(x: torch.Tensor, kernel: int, stride: int) -> torch.Tensor:
    """TensorFlow's padding: the odd pixel after the image."""
    down, across = (max(0, (-(-n // stride) - 1) * stride + kernel - n) for n in x.shape[-2:])
    return F.pad(x, (across // 2, across - across // 2, down // 2, down - down // 2))


class StemBlock(nn.Module):
    def __init__(self, inner: int, outer: int, kernel: int, stride: int, expand: int):
        super().__init__()
        wide = inner * expand
        self.kernel, self.stride, self.adds = kernel, stride, stride == 1 and inner == outer
        self.expand = nn.Conv2d(inner, wide, 1) if expand > 1 else nn.Identity()
        self.depthwise = nn.Conv2d(wide, wide, kernel, stride=stride, groups=wide)
        self.project = nn.Conv2d(wide, outer, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x if isinstance(self.expand, nn.Identity) else F.relu6(self.expand(x))
        y = self.project(F.relu6(self.depthwise(same(y, self.kernel, self.stride))))
        return x + y if self.adds else y


class Stem(nn.Module):
    """EfficientNet-Lite0 to stride 16, batch normalisation folded; features by stride."""

    stages = ((3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3))

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 32, 3, stride=2)
        blocks, inner = [], 32
        for kernel, stride, expand, outer, count in self.stages:
            for i in range(count):
                blocks.append(StemBlock(inner, outer, kernel, stride if i == 0 else 1, expand))
                inner = outer
        self.blocks = nn.ModuleList(blocks)

    def forward(self, image: torch.Tensor) -> dict[int, torch.Tensor]:
        x, features = F.relu6(self.conv(same(image, 3, 2))), {}
        for block in self.blocks:
            x = block(x)
            features[image.shape[-1] // x.shape[-1]] = x
        return features


class InstanceEmbedding(nn.Module):
    def __init__(self, inner: int, width: int):
        super().__init__()
        self.fc1 = nn.Linear(inner, width)
        self.fc2 = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class StemNucleusVit(nn.Module):
    """The network with a stem. Gives tokens [1 + grid^2 + N, D], logits, and what the head reads [N, F]."""

    maps = {4: (24, 48), 8: (40, 64), 16: (112, 80)}

    def __init__(self, config: Config, classes: int, fused: bool = True):
        super().__init__()
        width = config.width
        self.stem = Stem()
        self.patch_embed = nn.Linear(112, width)
        self.roi_embed = nn.ModuleDict({str(s): nn.Linear(*sizes) for s, sizes in self.maps.items()})
        self.roi_norm = nn.ModuleDict({str(s): nn.LayerNorm(inner, eps=1e-6) for s, (inner, _) in self.maps.items()})
        self.instance_embed = InstanceEmbedding(9 * sum(outer for _, outer in self.maps.values()), width)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.cls_pos_embed = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = Positions(config)
        self.blocks = nn.ModuleList(Block(width, config.heads, fused) for _ in range(config.layers))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width + sum(inner for inner, _ in self.maps.values()), classes)

    def forward(self, rgb: torch.Tensor, boxes: torch.Tensor):
        features = self.stem((rgb.permute(2, 0, 1).float()[None] - 127) / 128)
        patches = self.patch_embed(features[16].flatten(2).transpose(1, 2)) + self.positions.patches
        inside = boxes.clamp(0, rgb.shape[0])
        bins = {s: roi_align(features[s], [inside], (3, 3), 1 / s, 2, True).flatten(2).transpose(1, 2) for s in self.maps}
        embedded = torch.cat([self.roi_embed[str(s)](x) for s, x in bins.items()], dim=2).flatten(1)
        nuclei = self.instance_embed(embedded) + self.positions.nuclei(boxes)
        x = torch.cat([self.cls_token + self.cls_pos_embed, patches, nuclei[None]], dim=1)
        for block in self.blocks:
            x = block(x)
        tokens = self.norm(x)[0]
        own = [self.roi_norm[str(s)](x.mean(1)) for s, x in bins.items()]
        read = torch.cat([tokens[1 + patches.shape[1] :], *own], dim=1)
        return tokens, self.head(read), read


class NucleusVit(nn.Module):
    def __init__(self, config: Config, classes: int, fused: bool = True):
        super().__init__()
        self.config = config
        width = config.width
        self.patch_embed = Embedding(3, width, config.patchSize)
        self.instance_embed = Embedding(width, width, 3)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.cls_pos_embed = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = Positions(config)
        self.blocks = nn.ModuleList(Block(width, config.heads, fused) for _ in range(config.layers))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, classes)
        mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
        self.register_buffer("mean", mean[:, None, None], persistent=False)
        self.register_buffer("std", std[:, None, None], persistent=False)

    def forward(self, rgb: torch.Tensor, boxes: torch.Tensor):
        """rgb: bytes [S, S, 3]; boxes: float32 [N, 4]. Gives tokens [1 + grid^2 + N, D] and logits [N, classes]."""
        image = ((rgb.permute(2, 0, 1).float() / 255 - self.mean) / self.std)[None]
        embedded = self.patch_embed.proj(image)
        grid = embedded.shape[-1]
        placed = embedded + self.positions.patches.T.reshape(1, -1, grid, grid)
        source = placed if self.config.roiFeatures == "after-positions" else embedded
        regions = roi_align(source, [boxes], output_size=3, spatial_scale=1 / self.config.patchSize)
        nuclei = self.instance_embed.proj(regions).flatten(1) + self.positions.nuclei(boxes)
        x = torch.cat([self.cls_token + self.cls_pos_embed, placed.flatten(2).transpose(1, 2), nuclei[None]], dim=1)
        for block in self.blocks:
            x = block(x)
        tokens = self.norm(x)[0]
        return tokens, self.head(tokens[1 + grid * grid :])
