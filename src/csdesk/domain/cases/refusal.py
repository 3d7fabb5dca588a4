"""The no of the house: why something may not happen, as a code with its detail."""


class Refused(Exception):
    """A command that may not happen: `code` is worded by the catalogues as `refused.<code>` with `detail`."""

    def __init__(self, code: str, **detail: object) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        told = ", ".join(f"{key}={value}" for key, value in self.detail.items())
        return f"{self.code} ({told})" if told else self.code
