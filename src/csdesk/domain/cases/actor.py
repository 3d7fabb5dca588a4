"""Who acts on a desk, with which rights."""

from csdesk.domain.roles import Right, Role, may
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an agent of the desk, or `system`; `rights`: what a token leaves of those of the role, None for all."""

    id: str
    role: Role
    rights: frozenset[Right] | None = None

    def may(self, right: Right) -> bool:
        """Whether the role holds `right`, and the token leaves it."""
        return may(self.role, right) and (self.rights is None or right in self.rights)
