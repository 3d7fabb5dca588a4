"""A folder as a payment provider: each refund is one instruction file, which finance carries out."""

from dataclasses import asdict
from pathlib import Path

from csdesk.effects.ports import Confirmed, Part, Unknown
from csdesk.effects.spool import Spool, file_name


class FileProvider:
    """A `PaymentProvider` whose word is an instruction on the disk: Confirmed means written and synced.

    No answer comes back this way; who carries the instruction out stands for it.
    """

    def __init__(self, folder: Path) -> None:
        self._spool = Spool(folder)

    def refund(
        self, key: str, parts: tuple[Part, ...], *, currency: str, case: str, order: str, cause: str
    ) -> Confirmed | Unknown:
        """See `PaymentProvider.refund`. A failing disk may have kept the file: Unknown, until asked again."""
        document = {
            "key": key,
            "case": case,
            "order": order,
            "cause": cause,
            "currency": currency,
            "minor": sum(part.minor for part in parts),
            "parts": [asdict(part) for part in parts],
        }
        try:
            self._spool.put(key, document)
        except OSError as exc:
            return Unknown(exc.strerror or type(exc).__name__)
        return Confirmed(file_name(key))

    def find(self, key: str) -> Confirmed | Unknown | None:
        """See `PaymentProvider.find`: whether the instruction was written."""
        try:
            return Confirmed(file_name(key)) if self._spool.has(key) else None
        except OSError as exc:
            return Unknown(exc.strerror or type(exc).__name__)
