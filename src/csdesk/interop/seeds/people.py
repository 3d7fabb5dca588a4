"""Made-up people: a name, a number nobody holds, and an address that points nowhere."""

from __future__ import annotations

from collections.abc import Callable

from csdesk.domain.value import dataclass
from csdesk.interop.seeds.draw import Draw, Weighted
from csdesk.interop.seeds.files import Address, City, Names, Places, Province, SeedError, slot_names

_PHONE_STEP = 60_700_069  # coprime with 10**8, so that the first 10**8 numbered people never share a phone


@dataclass(frozen=True, slots=True)
class Person:
    """`key` is the number or the foreign id that the person was made from."""

    key: int | str
    name: str
    phone: str
    email: str
    address: Address


class People:
    """Draws people from names.toml and places.toml."""

    def __init__(self, names: Names, places: Places, seed: int) -> None:
        self._seed = seed
        self._names = names
        self._surnames = Weighted(((word, pinyin), weight) for word, pinyin, weight in names.surnames)
        self._cities: Weighted[tuple[Province, City]] = Weighted(_cities(places))
        self._patterns = Weighted(((text, slot_names(text)), weight) for text, weight in places.patterns)
        self._slots = _slots(places)
        unknown = {name for text, _ in places.patterns for name in slot_names(text)} - set(self._slots)
        if unknown:
            raise SeedError(f"places.toml: patterns have unknown slots: {', '.join(sorted(unknown))}")
        self._hubs = tuple(province.cities[0].name for province in places.province)

    def person(self, key: int | str) -> Person:
        """The person of this number or foreign id, whoever was asked for before."""
        d = Draw(f"{self._seed}:person:{key}")
        surname, surname_pinyin = self._surnames.draw(d)
        names = self._names
        given, given_pinyin = d.pick(names.double if d.below(names.single_character_in) else names.single)
        tail = f"{key * _PHONE_STEP % 10**8:08d}" if isinstance(key, int) else d.digits(8)
        mailbox = f"{given_pinyin}.{surname_pinyin}{d.below(10_000)}@{d.pick(names.mail_domains)}"
        return Person(key, surname + given, names.phone_prefix + tail, mailbox, self._address(d))

    def courier(self, d: Draw) -> tuple[str, str]:
        """What a tracking page shows of a courier: name and phone."""
        return f"{self._surnames.draw(d)[0]}师傅", self._names.phone_prefix + d.digits(8)

    def hub(self, d: Draw) -> str:
        """A city where parcels change vans."""
        return d.pick(self._hubs)

    def _address(self, d: Draw) -> Address:
        province, city = self._cities.draw(d)
        pattern, names = self._patterns.draw(d)
        detail = pattern.format_map({name: self._slots[name](d) for name in names})
        return Address(province.name, city.name, d.pick(city.districts), detail)


def _cities(places: Places) -> list[tuple[tuple[Province, City], int]]:
    """Every city with its share of parcels: its part of its province's weight, in thousandths."""
    found: list[tuple[tuple[Province, City], int]] = []
    for province in places.province:
        total = sum(city.weight for city in province.cities)
        shares = ((city, province.weight * 1000 * city.weight // total) for city in province.cities)
        found.extend(((province, city), share) for city, share in shares)
    return found


def _slots(places: Places) -> dict[str, Callable[[Draw], str]]:
    """How each slot of an address pattern is filled."""
    return {
        "street": lambda d: d.pick(places.streets),
        "cross": lambda d: d.pick(places.streets),
        "estate": lambda d: d.pick(places.estate_first) + d.pick(places.estate_last),
        "office": lambda d: d.pick(places.offices),
        "campus": lambda d: d.pick(places.campuses),
        "town": lambda d: d.pick(places.towns),
        "village": lambda d: d.pick(places.villages),
        "no": lambda d: str(d.between(1, 999)),
        "building": lambda d: str(d.between(1, 36)),
        "unit": lambda d: str(d.between(1, 4)),
        "room": lambda d: str(d.between(1, 28) * 100 + d.between(1, 6)),
        "door": lambda d: str(d.between(1, 28) * 100 + d.between(1, 20)),
        "group": lambda d: str(d.between(1, 12)),
        "house": lambda d: str(d.between(1, 180)),
    }
