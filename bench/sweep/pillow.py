"""Answers each JSON line {path, width, height, out} with the picture as Pillow decodes it: RGB on white, upright, written to `out`.

Of a file with several frames, the first of the wanted size is taken. Samples of more than 8 bits are shown over the
smallest range of 8, 10, 12, 14 or 16 bits that holds them. Answers {"error": …} where Pillow cannot decode it.
"""
import json
import sys

try:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None
except ImportError:
    Image = None
try:  # for what Pillow does not know
    import numpy as np
    import tifffile
except ImportError:
    tifffile = None

CAMERA_BITS = (8, 10, 12, 14, 16, 64)


def on_white(image):
    if image.mode.startswith("I"):
        grey = image.convert("I")
        most = max(0, grey.getextrema()[1])
        bits = next(b for b in CAMERA_BITS if most < 2**b)
        return grey.point(lambda v: v * (255 / (2**bits - 1))).convert("L").convert("RGB")
    if "transparency" in image.info or image.mode in ("LA", "RGBA", "RGBa", "La", "PA"):
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")


def in_bytes(array):
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool:
        return array.astype(np.uint8) * 255
    most = int(array.max(initial=0))
    bits = next(b for b in CAMERA_BITS if most < 2**b)
    return (array.astype(np.float64) * 255 / (2**bits - 1)).round().astype(np.uint8)


def decoded(path, width, height):
    with Image.open(path) as image:
        # Of 16-bit colours Pillow keeps the upper 8 bits, whatever their range.
        if tifffile and image.mode.startswith("RGB") and 16 in getattr(image, "tag_v2", {}).get(258, ()):
            raise ValueError("16 bits")
        first = None
        for frame in range(min(getattr(image, "n_frames", 1), 200)):
            image.seek(frame)
            upright = ImageOps.exif_transpose(image.copy()) if (width, height) != image.size or frame == 0 else image.copy()
            if upright.size == (width, height):
                return on_white(upright), image.mode
            first = first or upright
        return on_white(first), image.mode


def by_tifffile(path, width, height):
    """Where Pillow does not know a TIFF: its first page of the wanted size, if it is RGB, grey, or these and opacity."""
    with tifffile.TiffFile(path) as tiff:
        page = next(p for p in tiff.pages if (p.imagewidth, p.imagelength) == (width, height))
        array = page.asarray()
        if page.planarconfig == 2 and array.ndim == 3:
            array = np.moveaxis(array, 0, -1)
        kind = int(page.photometric)
        if kind == 6 and int(page.compression) != 7 or kind not in (0, 1, 2, 6):
            raise ValueError(f"photometric {kind}")
        array = in_bytes(array)
        if array.ndim == 2:
            array = array[..., None]
        colours = 1 if kind < 2 else 3
        rgb = array[..., :colours].astype(np.float64)
        if kind == 0:
            rgb = 255 - rgb
        extra = [int(e) for e in page.extrasamples]
        if extra and extra[0] in (1, 2):
            alpha = array[..., colours : colours + 1] / 255
            rgb = rgb * (1 if extra[0] == 1 else alpha) + 255 * (1 - alpha)
        pixels = np.broadcast_to(np.clip(rgb.round(), 0, 255), rgb.shape[:2] + (3,)).astype(np.uint8)
        return Image.fromarray(np.ascontiguousarray(pixels)), "tifffile"


for line in sys.stdin:
    ask = json.loads(line)
    try:
        if Image is None:
            raise ValueError("not installed")
        try:
            pixels, mode = decoded(ask["path"], ask["width"], ask["height"])
        except Exception:
            if tifffile is None:
                raise
            pixels, mode = by_tifffile(ask["path"], ask["width"], ask["height"])
        with open(ask["out"], "wb") as out:
            out.write(pixels.tobytes())
        answer = {"width": pixels.width, "height": pixels.height, "mode": mode}
    except Exception as error:  # whatever Pillow says is the answer
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
