"""What an operator publishes for its issuer, and goes by itself: the key set and the revocation list.

While the issuer cannot be reached, the last ones that are known stand for the newest: they are signed, and
whoever reads them judges their age.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from shuangli.errors import ShuangliError
from shuangli.messages.key_set import KeySet
from shuangli.messages.notices import RevocationList
from shuangli.offline.trust import Trust
from shuangli.operator.flow import ServiceLink

KEY_SET: Final = "key-set.cbor"
REVOCATIONS: Final = "revocation-list.cbor"
Keep = Callable[[str, bytes], None]


class Published:
    """The newest key set and revocation list that one operator knows."""

    def __init__(
        self,
        issuer: ServiceLink,
        trust: Trust,
        *,
        key_set: bytes,
        guard: AbstractContextManager[None],
        keep: Keep | None = None,
    ) -> None:
        """Ask `issuer` for newer ones; `guard` is held while `trust` is changed.

        `key_set` is the last known, already trusted; `keep` stores a newer key set or list under its name.
        """
        self._issuer = issuer
        self._trust = trust
        self._key_set = KeySet.parse(key_set)
        self._guard = guard
        self._keep = keep
        self._knows_former = False

    def key_set(self) -> bytes:
        """The newest key set, or the last that is known."""
        try:
            self.renew_key_set()
        except ShuangliError:
            # Whatever keeps the issuer from giving one: what the root has signed before still holds.
            return self._key_set.signed.data
        return self._key_set.signed.data

    def revocation_list(self) -> bytes:
        """The newest revocation list, or the last that is known.

        Raises:
            StoreError: none is known, and the issuer cannot be reached (`unavailable`).
        """
        try:
            self.renew_revocations()
        except ShuangliError:
            if self._trust.revocations is None:
                raise
        return self._listed.signed.data

    @property
    def _listed(self) -> RevocationList:
        listed = self._trust.revocations
        if listed is None:
            raise AssertionError("a list that was taken over is there")
        return listed

    def renew_key_set(self) -> None:
        """Take over the issuer's key set if it is newer.

        A key set leaves out who was dismissed, and what they had certified before still holds: so those of
        before are asked for, too.

        Raises:
            StoreError: the issuer cannot be reached (`unavailable`).
            Malformed, Unverified: the root has not signed it.
        """
        data = self._issuer.key_set()
        former = () if self._knows_former else self._issuer.operators()
        with self._guard:
            for certificate in former:
                self._trust.add_operator(certificate)
            self._knows_former = True
            if data == self._key_set.signed.data:
                return
            found = self._trust.add_key_set(data)
            if found.number > self._key_set.number:
                self._key_set = found
                if self._keep is not None:
                    self._keep(KEY_SET, data)

    def renew_revocations(self) -> None:
        """Take over the issuer's revocation list if it is newer.

        Raises:
            StoreError: the issuer cannot be reached (`unavailable`).
            Malformed, Unverified: the centre has not signed it.
        """
        data = self._issuer.revocation_list()
        with self._guard:
            if self._trust.update_revocations(data) and self._keep is not None:
                self._keep(REVOCATIONS, data)
