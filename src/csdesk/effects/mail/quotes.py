"""What a person wrote anew in an answer, without the history under it: cut only where that is certain.

Certain are our own marker line, the lines by which mail programs announce the message they repeat, and lines that
begin with `>` up to the end. A signature is what follows `-- ` alone on a line (RFC 3676 §4.3). Whatever is cut stays
in the mail itself, and nothing is cut when nothing would be left.
"""

import re
from collections.abc import Collection

# Words of the line before a repeated message: who wrote, in the languages of the mail programs people use here.
_WROTE = re.compile(
    r"(?:on |am |le |在|于|於).{3,200}(?:wrote|写道|寫道|写到|schrieb|a écrit)\s*[:：]|"
    r".{1,80}(?:于|於|在)\s*\d{4}\s*[年/.-].{3,120}(?:写道|寫道|写到)\s*[:：]",
    re.IGNORECASE,
)
_RULE = re.compile(
    r"[-—–_ ]{2,40}\s*(?:original message|原始邮件|原始郵件|原邮件|原郵件|回复的原邮件|回复的原始邮件|"
    r"ursprüngliche nachricht|reply message|replied message)\s*[-—–_ ]{2,40}",
    re.IGNORECASE,
)
# The head of the repeated message as Outlook and others write it; two of them in a row are no chance.
_FIELD = re.compile(
    r"[*\s>]*(?:from|sent|to|date|subject|cc|von|gesendet|an|betreff|de|envoyé|objet|à|"
    r"差出人|送信日時|宛先|件名|发件人|寄件者|寄件人|发送时间|寄件日期|日期|收件人|收件者|主题|主旨|抄送|时间)"
    r"\s*[*]?\s*[:：]\s*\S.{0,300}",
    re.IGNORECASE,
)
_LINE = 500


def fresh(text: str, markers: Collection[str]) -> tuple[str, bool]:
    """What was written anew, and whether anything was cut; the whole text when that would leave nothing."""
    lines = text.split("\n")
    end = min(_marked(lines, markers), _announced(lines), _tail_of_quotes(lines))
    end = _signature(lines[:end])
    kept = "\n".join(lines[:end]).strip("\n ")
    return (kept, True) if kept and end < len(lines) else (text, False)


def _marked(lines: list[str], markers: Collection[str]) -> int:
    for n, line in enumerate(lines):
        if any(marker and marker in line[:_LINE] for marker in markers):
            # The line that says who wrote stands above it, where the mail program put one.
            above = n
            while above and not lines[above - 1].strip(" >"):
                above -= 1
            return above - 1 if above and _WROTE.match(lines[above - 1].strip(" >")[:_LINE]) else n
    return len(lines)


def _announced(lines: list[str]) -> int:
    for n, line in enumerate(lines):
        bare = line[:_LINE].strip()
        if not bare:
            continue
        if _RULE.fullmatch(bare):
            return n
        if _FIELD.fullmatch(bare) and n + 1 < len(lines) and _FIELD.fullmatch(lines[n + 1][:_LINE].strip()):
            return n - 1 if n and re.fullmatch(r"[-—–_]{5,}", lines[n - 1].strip()[:_LINE]) else n
        # `On … wrote:` counts only before what is really repeated: people write such a line themselves.
        if _WROTE.fullmatch(bare) and _quoted_after(lines, n + 1):
            return n
    return len(lines)


def _quoted_after(lines: list[str], at: int) -> bool:
    following = next((line for line in lines[at : at + 4] if line.strip()), "")
    return following.lstrip().startswith(">")


def _tail_of_quotes(lines: list[str]) -> int:
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    return end if any(line.lstrip().startswith(">") for line in lines[end:]) else len(lines)


def _signature(lines: list[str]) -> int:
    return next((n for n, line in enumerate(lines) if line in ("-- ", "--") and n), len(lines))
