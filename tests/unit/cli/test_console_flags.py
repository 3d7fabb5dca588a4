"""`csdesk console`: its flags are settings for this once."""

import pytest

from csdesk.__main__ import main


@pytest.mark.parametrize(("flags", "ascii_"), [((), None), (("--ascii",), True)])
def test_ascii_is_a_flag_and_says_nothing_of_the_setting_when_it_is_left_out(
    flags: tuple[str, ...], ascii_: bool | None, monkeypatch: pytest.MonkeyPatch
):
    given: list[dict[str, object]] = []

    def console(**flags: object) -> int:
        given.append(flags)
        return 0

    monkeypatch.setattr("csdesk.cli.console.console", console)
    monkeypatch.setattr("sys.argv", ["csdesk", "console", "--language", "en", *flags])
    assert main() == 0
    assert [(one["ascii"], one["language"]) for one in given] == [(ascii_, "en")]
