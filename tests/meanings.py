"""A model that knows the meaning of a few marks: texts with the same mark mean the same."""

from collections.abc import Sequence

import numpy as np

MARKS = ("运费", "质量", "发票", "样品", "定金", "赠品", "保修", "颜色")


class Marks:
    """A vector is 1 where a mark stands in the text; what a question means is said in `means`."""

    def __init__(
        self, name: str = "marks-1", means: dict[str, str] | None = None, fails_at: int = -1
    ) -> None:
        self.name = name
        self.means = means or {}
        self.fails_at = fails_at
        self.read: list[str] = []

    def passages(self, texts: Sequence[str]) -> "np.ndarray":
        """A row for each text; OSError once `fails_at` texts were read."""
        if 0 <= self.fails_at <= len(self.read):
            raise OSError("the machine went down")
        self.read += texts
        return np.stack([self._of(text) for text in texts])

    def question(self, text: str) -> "np.ndarray":
        """What it is said to mean, else what its marks say."""
        return self._of(self.means.get(text, text))

    def _of(self, text: str) -> "np.ndarray":
        row = np.array([float(mark in text) for mark in MARKS] + [0.01], dtype=np.float32)
        return row / np.linalg.norm(row)
