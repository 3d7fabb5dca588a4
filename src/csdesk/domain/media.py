"""What a file is by its first and last bytes, beside what its sender says it is. It is never opened."""

import codecs
from contextlib import suppress

# Longest first where one begins like another.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"{\\rtf", "application/rtf"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-elf"),
    (b"#!", "text/x-shellscript"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
)
PROGRAMS = frozenset({
    "application/vnd.microsoft.portable-executable", "application/x-elf", "text/x-shellscript",
})  # fmt: skip
# What says nothing, so that nothing can contradict it.
_VAGUE = frozenset(
    {"application/octet-stream", "application/x-download", "text/plain", "application/unknown"}
)
# Other names of one thing, and things that are kept inside another.
_SAME = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/x-ms-bmp": "image/bmp",
    "application/x-pdf": "application/pdf",
    "application/x-zip-compressed": "application/zip",
    "application/x-rar-compressed": "application/vnd.rar",
    "application/x-rar": "application/vnd.rar",
    "application/x-gzip": "application/gzip",
    "application/x-msdownload": "application/vnd.microsoft.portable-executable",
    "application/x-msdos-program": "application/vnd.microsoft.portable-executable",
    "text/rtf": "application/rtf",
    "application/msword": "application/x-ole-storage",
    "application/vnd.ms-excel": "application/x-ole-storage",
    "application/vnd.ms-powerpoint": "application/x-ole-storage",
    "application/vnd.ms-outlook": "application/x-ole-storage",
}
_ZIPPED = (
    "application/vnd.openxmlformats",
    "application/vnd.oasis",
    "application/vnd.android",
    "application/epub",
)


def media_of(first: bytes) -> str:
    """The media type that the first bytes show, "" when they show none."""
    if first[4:8] == b"ftyp":
        return "image/heic" if first[8:11] in (b"hei", b"mif") else "video/mp4"
    if first[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(first[8:12], "")
    found = next((media for start, media in _BEGINNINGS if first.startswith(start)), "")
    return "audio/amr" if first.startswith(b"#!AMR") else found


def differs(said: str, seen: str) -> bool:
    """Whether a file is something else than its sender says."""
    if not seen or (said in _VAGUE and seen not in PROGRAMS) or _SAME.get(said, said) == seen:
        return False
    if seen == "application/zip" and said.startswith(_ZIPPED):
        return False
    # A family of its own: containers of sound and pictures carry many names.
    return not (seen.partition("/")[0] in ("audio", "video") and said.partition("/")[0] in ("audio", "video"))


# How files of a type end; the first is given to one whose name says something else.
ENDINGS = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/gif": (".gif",),
    "image/bmp": (".bmp",),
    "image/webp": (".webp",),
    "image/heic": (".heic", ".heif"),
    "image/tiff": (".tif", ".tiff"),
    "application/pdf": (".pdf",),
    "text/plain": (".txt",),
    "audio/mpeg": (".mp3",),
    "audio/ogg": (".ogg",),
    "audio/wav": (".wav",),
    "audio/amr": (".amr",),
    "video/mp4": (".mp4", ".mov", ".m4a", ".m4v"),
    "video/webm": (".webm", ".mkv"),
    "video/x-msvideo": (".avi",),
}


def ended(name: str, seen: str) -> str:
    """A name that ends as its content says, so that no system takes a picture for a program."""
    endings = ENDINGS.get(seen, (".bin",))
    return name if name.lower().endswith(endings) else name + endings[0]


# A tape archive is told by what stands here, not by its beginning.
_TAR = (257, b"ustar")
_CONTROLS = frozenset(range(32)) - {0x09, 0x0A, 0x0C, 0x0D, 0x1B}
# A zip archive is found from its end: a record of 22 bytes and a comment of at most 65,535.
TAIL = 65_557
_ZIP_END, _ZIP_END_BYTES = b"PK\x05\x06", 22


def media(first: bytes) -> str:
    """The media type of a file by its first 64 KiB: by its signs, as text, or "" for neither."""
    seen = media_of(first)
    if first[_TAR[0] : _TAR[0] + len(_TAR[1])] == _TAR[1]:
        return "application/x-tar"
    # BM, II and MM begin words too; a photograph is no text.
    return "text/plain" if (not seen or seen == "image/bmp") and _is_text(first) else seen


def _is_text(first: bytes) -> bool:
    """Whether bytes are text in UTF-8 or GB 18030, a sign torn at the end aside."""
    if not first or _CONTROLS.intersection(first):
        return False
    for charset in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            codecs.getincrementaldecoder(charset)().decode(first)
            return True
    return False


# Programs for these look for them behind anything else; a picture holds seven such bytes once in 10^10 megabytes.
_PACKED = (b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00", b"7z\xbc\xaf\x27\x1c\x00")


def holds_archive(piece: bytes) -> bool:
    """Whether a RAR or 7z archive begins in a piece of a file that began as something else."""
    return any(sign in piece for sign in _PACKED)


def hides_archive(tail: bytes, before: int) -> bool:
    """Whether a file that began as something else can be unpacked as a zip archive.

    `tail`: its last `TAIL` bytes, `before`: how many lie before them. The record of an archive's end names entries and
    a directory in front of itself; four bytes that only look like it in a picture name neither.
    """
    at = tail.rfind(_ZIP_END)
    while at >= 0:
        told = tail[at : at + _ZIP_END_BYTES]
        entries, size = int.from_bytes(told[10:12], "little"), int.from_bytes(told[12:16], "little")
        told_elsewhere = size == 0xFFFFFFFF  # zip64
        if (
            len(told) == _ZIP_END_BYTES
            and entries
            and (told_elsewhere or 46 * entries <= size <= before + at)
        ):
            return True
        at = tail.rfind(_ZIP_END, 0, at)
    return False
