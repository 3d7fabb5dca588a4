"""The zone and the calendar that the tests of the clocks share."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from csdesk.desk.law.calendars import load_calendar
from csdesk.domain.clocks.calendar import WorkingCalendar


@pytest.fixture(scope="session")
def shanghai() -> ZoneInfo:
    return ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="session")
def cn() -> WorkingCalendar:
    return load_calendar("CN")


@pytest.fixture(scope="session")
def at(shanghai):
    """The instant of an ISO wall time in Shanghai, or with its own offset."""

    def instant(text: str) -> int:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=shanghai)
        return int(moment.timestamp() * 1000)

    return instant
