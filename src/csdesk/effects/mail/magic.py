"""What a file is by its first bytes, beside what its sender says it is. It is never opened."""

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
