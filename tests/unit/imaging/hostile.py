"""Files that are hostile, broken or just awkward, of every format, made anew by code that always makes the same."""
from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 160, 144


@cache
def hostile_files() -> dict[str, bytes]:
    """Name and content of each; all within 4 MB, so that no family refuses them by their size."""
    return {f"{kind}: {name}": content for kind, make in _KINDS.items() for name, content in make()}


@cache
def photograph(width: int = WIDTH, height: int = HEIGHT, mode: str = "RGB") -> Image.Image:
    """Smooth shapes with some noise, as a photograph has them."""
    rows, columns = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(7).integers(0, 24, (height, width, 3))
    layers = [96 + 90 * np.sin(columns / 17 + shift) * np.cos(rows / 23 - shift) for shift in range(3)]
    return Image.fromarray((np.stack(layers, -1) + noise).clip(0, 255).astype(np.uint8)).convert(mode)


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def chunk(kind: bytes, content: bytes, checksum: int | None = None) -> bytes:
    crc = zlib.crc32(kind + content) if checksum is None else checksum
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)


def png(width: int, height: int, *before: bytes, depth: int = 8, colour: int = 2, interlace: int = 0, pixels: bytes | None = None,
        after: bytes = b"") -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))
    data = zlib.compress(bytes(1000)) if pixels is None else pixels
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(before) + chunk(b"IDAT", data) + after + chunk(b"IEND", b"")


def gif(width: int, height: int, *blocks: bytes) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + b"".join(blocks) + b";"


def gif_frame(left: int = 0, top: int = 0, width: int = WIDTH, height: int = HEIGHT, blocks: bytes = b"\x02\x4c\x01\x00") -> bytes:
    return b"," + struct.pack("<HHHHB", left, top, width, height, 0) + b"\x02" + blocks


def tiff(entries: list[tuple[int, int, int, bytes | int]], data: bytes = b"", order: str = "<", next_page: int = 0) -> bytes:
    """`entries` are tag, kind, count and value, which is an offset where it is longer than four bytes; data lie at 8."""
    start = 8 + len(data)
    directory = struct.pack(f"{order}H", len(entries)) + b"".join(
        struct.pack(f"{order}HHI", tag, kind, count)
        + (value if isinstance(value, bytes) else struct.pack(f"{order}I", value) if kind != 3
           else struct.pack(f"{order}H", value & 0xFFFF) + bytes(2)).ljust(4, b"\0") for tag, kind, count, value in entries)
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}I", start) + data + directory + struct.pack(f"{order}I", next_page)


def grey_page(width: int, height: int, compression: int = 1, offset: int = 8, size: int = 100, **more: int) -> list:
    tags = {256: (4, width), 257: (4, height), 258: (3, 8), 259: (3, compression), 262: (3, 1), 273: (4, offset), 277: (3, 1),
            278: (4, height), 279: (4, size)}
    tags |= {int(tag[1:]): (4, value) for tag, value in more.items()}
    return [(tag, kind, 1, value) for tag, (kind, value) in sorted(tags.items())]


def bmp(width: int, height: int, bits: int = 8, compression: int = 0, data: bytes = b"", header_bytes: int = 40,
        colours: int = 0) -> bytes:
    palette = bytes(range(256)) * 4 if bits <= 8 else b""
    offset = 14 + 40 + len(palette)
    return (b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset)
            + struct.pack("<IiiHHIIiiII", header_bytes, width, height, 1, bits, compression, len(data), 0, 0, colours, 0) + palette + data)


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(kind + struct.pack("<I", len(data)) + data + bytes(len(data) & 1) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_canvas(width: int, height: int, flags: int = 0) -> tuple[bytes, bytes]:
    return b"VP8X", struct.pack("<I", flags) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def scans(number: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """A progressive JPEG whose last scan is there again and again."""
    whole = encoded(photograph(), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    resized = bytearray(whole[:last])
    frame = resized.index(b"\xff\xc2")
    resized[frame + 5:frame + 9] = struct.pack(">HH", height, width)
    return bytes(resized) + whole[last:-2] * number + b"\xff\xd9"


def _any() -> Iterator[tuple[str, bytes]]:
    noise = random.Random(1)
    yield "no bytes", b""
    yield "one byte", b"\xff"
    yield "noise", noise.randbytes(4096)
    yield "zeros", bytes(4096)
    yield "HTML", b"<!doctype html><img src=x onerror=alert(1)>"
    yield "SVG", b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"><image href="file:///etc/passwd"/></svg>'
    yield "XML with entities", b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><svg>&c;</svg>'
    yield "PDF", b"%PDF-1.7\n1 0 obj\n"
    yield "PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 200 200\n(file) run\n"
    yield "ZIP", b"PK\x03\x04" + bytes(100)
    yield "icon", b"\0\0\1\0\1\0" + bytes(200)
    yield "AVIF", b"\0\0\0\x1cftypavif" + bytes(200)
    yield "JPEG 2000", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(200)
    for mark in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0", b"MM\0*", b"RIFF\0\0\0\0WEBP", b"II+\0\x08\0\0\0"):
        yield f"only the mark {mark[:4]!r}", mark
        yield f"the mark {mark[:4]!r} and noise", mark + noise.randbytes(4096)
        yield f"the mark {mark[:4]!r} and ones", mark + b"\xff" * 4096


def _cut() -> Iterator[tuple[str, bytes]]:
    for format, options in (("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("GIF", {}), ("BMP", {}), ("TIFF", {}),
                            ("TIFF", {"compression": "tiff_lzw"}), ("WEBP", {}), ("WEBP", {"lossless": True})):
        whole = encoded(photograph(), format, **options)
        for part in (0.02, 0.2, 0.5, 0.9, 0.999):
            yield f"{format} {options or ''} at {part:.1%}", whole[:int(len(whole) * part)]


def _jpeg() -> Iterator[tuple[str, bytes]]:
    whole = encoded(photograph(), "JPEG")
    frame = whole.index(b"\xff\xc0")

    def with_size(width: int, height: int) -> bytes:
        return whole[:frame + 5] + struct.pack(">HH", height, width) + whole[frame + 9:]
    yield "header of 65535 x 65535", with_size(65535, 65535)
    yield "header of 7200 x 7200", with_size(7200, 7200)
    yield "no width", with_size(0, 144)
    yield "no height", with_size(160, 0)
    yield "CMYK", encoded(photograph(mode="CMYK"), "JPEG")
    yield "grey", encoded(photograph(mode="L"), "JPEG")
    yield "a hundred scans", scans(90)
    yield "more than a thousand scans", scans(1200)
    yield "many scans of a large picture", scans(80, 7000, 7000)
    yield "a million comments", whole[:2] + b"\xff\xfe\x00\x02" * 900_000 + whole[2:]
    yield "padding without end", whole[:2] + b"\xff" * 3_500_000 + whole[3:]
    yield "restart markers", whole[:2] + b"\xff\xd0" * 1_500_000 + whole[2:]
    yield "a profile of 3 MB", whole[:2] + b"".join(
        b"\xff\xe2" + struct.pack(">H", 65000) + b"ICC_PROFILE\0" + bytes((n, 50)) + bytes(64984) for n in range(1, 51)) + whole[2:]
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 65535) + struct.pack("<HHII", 0x10F, 2, 60000, 0) * 5000
    yield "EXIF that lies in itself", whole[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + whole[2:]
    for orientation in (0, 6, 9, 99, 65535):
        mark = Image.Exif()
        mark[0x0112] = orientation
        yield f"orientation {orientation}", encoded(photograph(), "JPEG", exif=mark)
    yield "orientation in noise", whole[:2] + b"\xff\xe1\x00\x40Exif\0\0MM" + random.Random(2).randbytes(0x36) + whole[2:]
    yield "two pictures", whole + encoded(photograph(64, 64), "JPEG")
    yield "a picture within", whole[:2] + whole
    yield "frame header twice", whole[:frame] + whole[frame:frame + 19] + whole[frame:]
    yield "length of a segment too long", whole[:4] + b"\xff\xff" + whole[6:]
    yield "length of a segment 0", whole[:4] + b"\0\0" + whole[6:]
    yield "12 bits", whole[:frame + 4] + b"\x0c" + whole[frame + 5:]
    yield "lossless frame", whole[:frame + 1] + b"\xc3" + whole[frame + 2:]
    yield "sampling factors of 15", whole[:frame + 11] + b"\xff" + whole[frame + 12:]
    yield "255 components", whole[:frame + 9] + b"\xff" + whole[frame + 10:]
    yield "no tables", b"".join(whole.split(b"\xff\xc4", 1)[:1]) + whole[whole.rindex(b"\xff\xda"):]
    yield "ZIP at the end", whole + b"PK\x03\x04" + bytes(5000)
    yield "script in a comment", whole[:2] + b"\xff\xfe\x00\x1b<script>alert(1)</script>" + whole[2:]


def _png() -> Iterator[tuple[str, bytes]]:
    whole = encoded(photograph(), "PNG")
    flat = zlib.compress(bytes((7000 * 3 + 1) * 7000), 9)
    text = zlib.compress(bytes(60_000_000), 9)
    yield "header of 65535 x 65535", png(65535, 65535)
    yield "header of 2 billion squared", png(2**31 - 1, 2**31 - 1)
    yield "no width", png(0, 100)
    yield "30000 x 30000 of one bit", png(30000, 30000, depth=1, colour=0, pixels=zlib.compress(bytes(3751 * 30000)))
    yield "7000 x 7000", png(7000, 7000, pixels=flat)
    yield "7000 x 7000 with alpha", png(7000, 7000, colour=6, pixels=zlib.compress(bytes((7000 * 4 + 1) * 7000)))
    yield "5000 x 5000 interlaced, 16 bits", png(5000, 5000, depth=16, colour=6, interlace=1, pixels=zlib.compress(bytes(215_000_000)))
    yield "pixels without end", png(200, 200, pixels=zlib.compress(bytes(300_000_000), 9))
    yield "too few pixels", png(200, 200)
    yield "pixels that are not compressed", png(200, 200, pixels=b"x" * 1000)
    yield "a compressed text", png(200, 200, *[chunk(b"zTXt", b"a\0\0" + text)] * 30, pixels=zlib.compress(bytes(601 * 200)))
    yield "an international text", png(200, 200, chunk(b"iTXt", b"a\0\1\0\0\0" + text), pixels=zlib.compress(bytes(601 * 200)))
    yield "a profile that is a bomb", png(200, 200, chunk(b"iCCP", b"a\0\0" + text), pixels=zlib.compress(bytes(601 * 200)))
    yield "texts after the pixels", png(200, 200, pixels=zlib.compress(bytes(601 * 200)), after=chunk(b"zTXt", b"a\0\0" + text) * 30)
    yield "chunks without end", png(200, 200, chunk(b"teXt", b"") * 300_000, pixels=zlib.compress(bytes(601 * 200)))
    yield "empty pixels without end", png(200, 200, chunk(b"IDAT", b"") * 90_000, pixels=zlib.compress(bytes(601 * 200)))
    yield "wrong checksum of the pixels", whole[:-20] + bytes(4) + whole[-16:]
    yield "wrong checksum of the header", whole[:29] + bytes(4) + whole[33:]
    yield "a length of 4 GB", whole[:33] + b"\xff\xff\xff\xffIDAT" + whole[41:]
    yield "a critical chunk nobody knows", png(200, 200, chunk(b"BOMB", b"x"), pixels=zlib.compress(bytes(601 * 200)))
    yield "palette missing", png(200, 200, colour=3, pixels=zlib.compress(bytes(201 * 200)))
    yield "palette too short", png(200, 200, chunk(b"PLTE", b"abc"), colour=3, pixels=zlib.compress(b"\0" + b"\xff" * 200 * 200))
    yield "palette of 4 bytes", png(200, 200, chunk(b"PLTE", b"abcd"), colour=3, pixels=zlib.compress(bytes(201 * 200)))
    yield "transparency too long", png(200, 200, chunk(b"PLTE", b"abc"), chunk(b"tRNS", bytes(300)), colour=3,
                                         pixels=zlib.compress(bytes(201 * 200)))
    yield "bit depth 3", png(200, 200, depth=3)
    yield "colour type 7", png(200, 200, colour=7)
    yield "filter that is none", png(200, 200, pixels=zlib.compress((b"\x09" + bytes(600)) * 200))
    yield "16 bits of grey", encoded(photograph(mode="L").convert("I;16"), "PNG")
    yield "transparent grey of 16 bits", encoded(photograph(mode="L").convert("I;16"), "PNG", transparency=0)
    yield "grey and alpha", encoded(photograph(mode="LA"), "PNG")
    yield "fully transparent", encoded(Image.new("RGBA", (WIDTH, HEIGHT)), "PNG")
    yield "palette with transparency", encoded(photograph(mode="P"), "PNG", transparency=bytes(range(256)))
    yield "one pixel", encoded(photograph(1, 1), "PNG")
    yield "4000 x 2", encoded(photograph(4000, 2), "PNG")
    yield "1 x 7000", encoded(photograph(1, 7000), "PNG")
    yield "animated, 4 billion frames", png(200, 200, chunk(b"acTL", struct.pack(">II", 2**32 - 1, 0)),
                                                   pixels=zlib.compress(bytes(601 * 200)))
    yield "EXIF chunk of noise", png(200, 200, chunk(b"eXIf", b"II*\0" + random.Random(3).randbytes(90_000)),
                                     pixels=zlib.compress(bytes(601 * 200)))
    yield "JPEG within", whole[:33] + encoded(photograph(), "JPEG") + whole[33:]


def _gif() -> Iterator[tuple[str, bytes]]:
    whole = encoded(photograph(mode="P"), "GIF")
    start = 13 + (3 << (whole[10] & 7) + 1)
    frame = whole[whole.index(b",", start):-1]
    yield "screen of 65535 x 65535", gif(65535, 65535, gif_frame())
    yield "frame larger than the screen", gif(10, 10, gif_frame(width=65535, height=65535))
    yield "frame beside the screen", gif(WIDTH, HEIGHT, gif_frame(left=65535, top=65535))
    yield "no size", gif(0, 0, gif_frame(width=0, height=0))
    yield "no frame", gif(200, 200)
    yield "frame that is empty", gif(200, 200, gif_frame(blocks=b"\0"))
    yield "bomb of 7000 x 7000", gif(7000, 7000, gif_frame(width=7000, height=7000))
    yield "a thousand frames", whole[:-1] + frame[:20] * 1000
    yield "1500 frames", gif(WIDTH, HEIGHT, gif_frame() * 1500)
    yield "200,000 frames", gif(WIDTH, HEIGHT, gif_frame() * 200_000)
    yield "comment of 3 MB", whole[:start] + b"!\xfe" + (b"\xff" + b"x" * 255) * 13_000 + b"\0" + whole[start:]
    yield "blocks of one byte", gif(WIDTH, HEIGHT, gif_frame(blocks=b"\x01\x00" + b"\x01\x4c" * 1_500_000 + b"\0"))
    yield "extensions without end", gif(WIDTH, HEIGHT, b"!\xf9\x04\0\0\0\0\0" * 400_000, gif_frame())
    yield "unknown block", gif(WIDTH, HEIGHT, b"?", gif_frame())
    yield "code size 255", gif(WIDTH, HEIGHT, b"," + struct.pack("<HHHHB", 0, 0, WIDTH, HEIGHT, 0) + b"\xff\x02\x4c\x01\0")
    yield "LZW of noise", gif(WIDTH, HEIGHT, gif_frame(blocks=b"\xff" + random.Random(4).randbytes(255) + b"\0"))
    yield "no trailer", whole[:-1]
    yield "transparent", encoded(photograph(mode="P"), "GIF", transparency=0)
    yield "animated", encoded(photograph(mode="P"), "GIF", save_all=True, append_images=[photograph().rotate(n) for n in (1, 2, 3)])


def _bmp() -> Iterator[tuple[str, bytes]]:
    whole = encoded(photograph(), "BMP")
    yield "header of 2 billion squared", bmp(2**31 - 1, 2**31 - 1)
    yield "7200 x 7200 without pixels", bmp(7200, 7200)
    yield "lines from above", bmp(200, -200, data=bytes(200 * 200))
    yield "negative width", bmp(-200, 200, data=bytes(200 * 200))
    yield "lowest height", bmp(200, -2**31)
    yield "no height", bmp(200, 0)
    yield "run lengths without end", bmp(200, 200, compression=1, data=b"\xff\x01" * 500_000)
    yield "run lengths of a large picture", bmp(7000, 7000, compression=1, data=b"\x01\x01\0\0" * 7000)
    yield "run lengths, line ends alone", bmp(2000, 2000, compression=1, data=b"\x01\x01\0\0" * 2000)
    yield "run lengths that leap", bmp(200, 200, compression=1, data=b"\0\2\xff\xff" * 100_000)
    yield "run lengths of four bits", bmp(200, 200, bits=4, compression=2, data=b"\xff\x12" * 5000)
    yield "run lengths that are cut", bmp(200, 200, compression=1, data=b"\0\xff12")
    yield "compression 99", bmp(200, 200, compression=99)
    yield "a JPEG within", bmp(200, 200, bits=0, compression=4, data=encoded(photograph(), "JPEG"))
    yield "a PNG within", bmp(200, 200, bits=0, compression=5, data=encoded(photograph(), "PNG"))
    yield "7 bits", bmp(200, 200, bits=7, data=bytes(40_000))
    yield "16 bits", bmp(200, 200, bits=16, data=bytes(80_000))
    yield "32 bits", bmp(200, 200, bits=32, data=bytes(160_000))
    yield "4 billion colours", bmp(200, 200, colours=2**32 - 1, data=bytes(40_000))
    yield "header of 4 GB", bmp(200, 200, header_bytes=2**32 - 1)
    yield "header of 13 bytes", bmp(200, 200, header_bytes=13)
    yield "pixels at 4 GB", whole[:10] + b"\xff\xff\xff\xff" + whole[14:]
    yield "pixels in the header", whole[:10] + bytes(4) + whole[14:]


def _tiff() -> Iterator[tuple[str, bytes]]:
    whole = encoded(photograph(), "TIFF")
    pages = encoded(photograph(), "TIFF", save_all=True, append_images=[photograph()] * 3)
    yield "header of 4 billion squared", tiff(grey_page(2**32 - 1, 2**32 - 1), bytes(100))
    yield "7000 x 7000 without pixels", tiff(grey_page(7000, 7000), bytes(100))
    yield "no size", tiff(grey_page(0, 0), bytes(100))
    yield "page that leads to itself", tiff(grey_page(200, 200, size=40_000), bytes(40_000), next_page=40_008)
    yield "pages in a circle", tiff(grey_page(200, 200, size=40_000), struct.pack("<HI", 0, 40_008) + bytes(39_994), next_page=8)
    yield "5000 pages", tiff(grey_page(200, 200, size=40_000), b"".join(
        struct.pack("<HI", 0, 8 + 6 * (n + 1)) for n in range(6000)) + bytes(4000), next_page=8)
    yield "directory at 4 GB", b"II*\0\xff\xff\xff\xff"
    yield "65535 entries", tiff([(n, 4, 1, 1) for n in range(65535)])
    yield "entries that lie in one another", tiff(sorted([*grey_page(200, 200), *((n, 1, 900_000, 8) for n in range(1000, 1400))]),
                                                    bytes(900_000))
    yield "palette of 3 MB twice", tiff(sorted([*grey_page(200, 200), (320, 3, 500_000, 8), (347, 7, 999_000, 8)]), bytes(1_000_000))
    yield "a billion strips", tiff(sorted([e for e in grey_page(200, 200) if e[0] != 273] + [(273, 4, 10**9, 8)]), bytes(100))
    yield "BigTIFF", b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0" + bytes(100)
    strip = zlib.compress(bytes(40_000_000))
    yield "deflate bomb", tiff(grey_page(200, 200, compression=8, size=len(strip)), strip)
    yield "deflate, 7000 x 7000", tiff(grey_page(7000, 7000, compression=8, size=len(strip)), strip)
    many = 7000
    overlapping = struct.pack(f"<{many}I", *[8] * many) + struct.pack(f"<{many}I", *[3_000_000] * many)
    yield "strips that lie in one another", tiff(
        [(256, 4, 1, 200), (257, 4, 1, many), (258, 3, 1, 8), (259, 3, 1, 5), (262, 3, 1, 1), (273, 4, many, 3_000_008), (277, 3, 1, 1),
         (278, 4, 1, 1), (279, 4, many, 3_000_008 + 4 * many)], bytes(3_000_000) + overlapping)
    yield "tile of 60000 x 60000", tiff(sorted([*[e for e in grey_page(200, 200, compression=8) if e[0] not in (273, 278, 279)],
                                              (322, 4, 1, 60000), (323, 4, 1, 60000), (324, 4, 1, 8), (325, 4, 1, len(strip))]), strip)
    yield "255 samples", tiff(sorted([*[e for e in grey_page(200, 200) if e[0] != 277], (277, 3, 1, 255)]), bytes(40_000))
    yield "65535 bits", tiff(sorted([*[e for e in grey_page(200, 200) if e[0] != 258], (258, 3, 1, 65535)]), bytes(40_000))
    yield "floating samples", tiff(
        sorted([*[e for e in grey_page(200, 200, size=160_000) if e[0] != 258], (258, 3, 1, 32), (339, 3, 1, 3)]), bytes(160_000))
    for number, name in ((6, "old JPEG"), (34661, "JBIG"), (34712, "JPEG 2000"), (34887, "LERC"), (34925, "LZMA"), (50000, "Zstandard"),
                         (50001, "WebP"), (32809, "ThunderScan"), (32909, "PixarLog"), (34676, "SGILog"), (9999, "none")):
        yield f"compression {name}", tiff(grey_page(200, 200, compression=number), bytes(40_000))
    for number in (2, 3, 4, 5, 7, 8, 32773):
        yield f"compression {number} of noise", tiff(
            grey_page(200, 200, compression=number, size=40_000), random.Random(number).randbytes(40_000))
    scanned = scans(1200, 192, 192)
    yield "JPEG within, more than a thousand scans", tiff(grey_page(192, 192, compression=7, size=len(scanned), t262=6), scanned)
    yield "no compressed sizes", tiff([e for e in grey_page(200, 200, compression=5) if e[0] != 279], bytes(40_000))
    yield "big endian", tiff(grey_page(200, 200, size=40_000), bytes(40_000), order=">")
    yield "16 bits", encoded(photograph(mode="L").convert("I;16"), "TIFF")
    yield "CMYK", encoded(photograph(mode="CMYK"), "TIFF", compression="tiff_lzw")
    yield "several pages", pages
    yield "kinds that are none", tiff([(tag, 77, count, value) for tag, _, count, value in grey_page(200, 200)], bytes(40_000))
    yield "sub-directories", tiff(sorted([*grey_page(200, 200, size=40_000), (330, 4, 1, 8), (34665, 4, 1, 8), (34853, 4, 1, 8)]),
                                     b"\xff" * 40_000)
    yield "bytes beyond the end", whole[:-200]


def _webp() -> Iterator[tuple[str, bytes]]:
    whole = encoded(photograph(), "WEBP")
    animated = encoded(photograph(), "WEBP", save_all=True, append_images=[photograph().rotate(n) for n in (5, 9)], duration=40)
    still = whole[12:20 + int.from_bytes(whole[16:20], "little")]
    picture = still[:4], still[8:]
    frame = _webp_frame()
    yield "canvas of 16 million squared", webp(webp_canvas(2**24, 2**24), picture)
    yield "canvas of 16383 x 16383", webp(webp_canvas(16383, 16383, 2), (b"ANIM", bytes(6)), (b"ANMF", frame))
    yield "animated canvas of 7000 x 7000", flat_animation(7000, 7000)
    yield "animated canvas of 3400 x 3400", flat_animation(3400, 3400)
    yield "canvas smaller than the picture", webp(webp_canvas(60, 60), picture)
    yield "50 frames", webp(webp_canvas(WIDTH, HEIGHT, 2), (b"ANIM", bytes(6)), *[(b"ANMF", frame)] * 50)
    yield "15,000 frames", webp(webp_canvas(WIDTH, HEIGHT, 2), (b"ANIM", bytes(6)), *[(b"ANMF", b"x" * 24)] * 15_000)
    yield "chunks without end", webp(webp_canvas(WIDTH, HEIGHT), *[(b"abcd", b"")] * 300_000, picture)
    yield "no picture", webp(webp_canvas(WIDTH, HEIGHT))
    yield "lossless header alone", webp((b"VP8L", b"\x2f\xff\xff\xff\x0f"))
    yield "lossless 5000 x 3900 without pixels", webp((b"VP8L", b"\x2f" + (4999 | 3899 << 14).to_bytes(4, "little") + bytes(100)))
    yield "lossy header alone", webp((b"VP8 ", bytes(3) + b"\x9d\x01\x2a\xff\x3f\xff\x3f"))
    yield "length of 4 GB", whole[:16] + b"\xff\xff\xff\xff" + whole[20:]
    yield "noise in the picture", whole[:40] + random.Random(5).randbytes(len(whole) - 40)
    yield "animated", animated
    yield "animated, cut in the second frame", animated[:len(animated) // 2]
    yield "transparent", encoded(photograph(mode="RGBA"), "WEBP")


def _webp_frame() -> bytes:
    whole = encoded(photograph(), "WEBP")
    still = whole[12:20 + int.from_bytes(whole[16:20], "little")]
    return bytes(6) + (WIDTH - 1).to_bytes(3, "little") + (HEIGHT - 1).to_bytes(3, "little") + bytes(4) + still + bytes(len(still) & 1)


_KINDS: dict[str, Callable[[], Iterator[tuple[str, bytes]]]] = {
    "any": _any, "cut": _cut, "JPEG": _jpeg, "PNG": _png, "GIF": _gif, "BMP": _bmp, "TIFF": _tiff, "WebP": _webp}


def _flat_png(depth: int, colour: int, interlace: int) -> bytes:
    side, pixel = 7200, depth // 8 * {2: 3, 6: 4}[colour]
    passes = ((1, 1),) if not interlace else ((8, 8), (8, 8), (4, 8), (4, 4), (2, 4), (2, 2), (1, 2))
    compressor = zlib.compressobj(1)
    lines = b"".join(compressor.compress(bytes(1 + side // across * pixel)) for across, down in passes for _ in range(side // down))
    return png(side, side, depth=depth, colour=colour, interlace=interlace, pixels=lines + compressor.flush())


def flat_tiff(width: int, height: int, strip_lines: int) -> tuple[list[tuple[int, int, int, bytes | int]], bytes]:
    """The entries and the values of a TIFF of true colour, all of whose strips are alike, each compressed by itself."""
    strip = zlib.compress(bytes(3 * width * strip_lines), 1)
    count = height // strip_lines
    body = strip * count + struct.pack("<3H", 8, 8, 8)
    offsets = struct.pack(f"<{count}I", *(8 + number * len(strip) for number in range(count)))
    sizes = struct.pack(f"<{count}I", *[len(strip)] * count)
    bits_at = 8 + len(strip) * count
    tables = ((273, 4, 1, 8), (279, 4, 1, len(strip))) if count == 1 else (
        (273, 4, count, bits_at + 6), (279, 4, count, bits_at + 6 + len(offsets)))
    return sorted([(256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, struct.pack("<I", bits_at)), (259, 3, 1, 8), (262, 3, 1, 2),
                   (277, 3, 1, 3), (278, 4, 1, strip_lines), *tables]), body + offsets + sizes


def flat_animation(width: int, height: int) -> bytes:
    return webp(webp_canvas(width, height, 2), (b"ANIM", bytes(6)), (b"ANMF", _webp_frame()))


def _flat(format: str, width: int, height: int, mode: str = "RGB", **options: object) -> bytes:
    return encoded(Image.new(mode, (width, height), 7), format, **options)


LARGEST_FILES: dict[str, Callable[[], bytes]] = {
    "PNG: true colour": lambda: _flat_png(8, 2, 0), "PNG: true colour, interlaced": lambda: _flat_png(8, 2, 1),
    "PNG: alpha, 16 bits": lambda: _flat_png(16, 6, 0), "PNG: alpha, 16 bits, interlaced": lambda: _flat_png(16, 6, 1),
    "TIFF: many strips": lambda: tiff(*flat_tiff(7200, 7200, 16)), "TIFF: one strip": lambda: tiff(*flat_tiff(4160, 4160, 4160)),
    "TIFF: two strips": lambda: tiff(*flat_tiff(7200, 4800, 2400)),
    "JPEG: progressive": lambda: _flat("JPEG", 6000, 6000, progressive=True), "JPEG: one scan": lambda: _flat("JPEG", 7200, 7200),
    "GIF: whole": lambda: _flat("GIF", 7200, 7200, "P"), "WebP: lossless": lambda: _flat("WEBP", 5000, 4000, lossless=True, method=0),
    "WebP: lossy": lambda: _flat("WEBP", 5000, 4000, method=0),
    "WebP: animated": lambda: flat_animation(4000, 3000)}
"""Pictures of every kind that are as large as decoding takes them, flat, so that they have few bytes."""
