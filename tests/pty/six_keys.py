"""The keys with which a simple return is approved from the queue, and answered with a reply that cites its article.

The test beside this counts them; `tools/six_keys.py` makes the recording in README of the same ones.
"""

from typing import NamedTuple


class Stroke(NamedTuple):
    """One key: its bytes, its name, what it does in Chinese and English, what stands on the screen then."""

    sent: bytes
    key: str
    does: str
    means: str
    sees: tuple[str, ...]


MOST = 6
STROKES = (
    Stroke(b"\r", "Enter", "打开工单", "open the case", ("可办", "o 同意申请")),
    Stroke(b"\r", "Enter", "下一步：同意申请", "its next step: approve", ("F9 提交", "工单转为“待寄回”")),
    Stroke(b"\x1b[20~", "F9", "提交", "approve it", ("待寄回", "o 登记寄回")),
    Stroke(b"c", "c", "话术：合适的在最前", "canned replies, the fitting first", ("标题、快捷码", "依据 ")),
    Stroke(b"\r", "Enter", "写入回复，依据随附", "write it, with what it cites", ("引用 《", "F6 换渠道")),
    Stroke(
        b"\x1b[20~", "F9", "发出，10 秒内可撤回", "send it; 10 s to take it back", ("秒后发出", "撤回回复")
    ),
)
