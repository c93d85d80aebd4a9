"""The policy of payees that live through months without a new list."""

from dataclasses import replace
from typing import Final

from shuangli.offline.policy import STANDARD_ACCEPTS, PayeePolicy
from tests.setting import DAY_S

FOREVER_S: Final = 400 * DAY_S
PATIENT: Final = PayeePolicy(accepts=replace(STANDARD_ACCEPTS, list_age_s=FOREVER_S))
"""It takes payments however old its revocation list is."""
