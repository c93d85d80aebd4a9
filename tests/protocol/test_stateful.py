"""Any order of anything that can happen to a few wallets: see `tests.protocol.payments`."""

from hypothesis import settings

from tests.protocol.payments import Payments, StagedPayments

Payments.TestCase.settings = settings(max_examples=80, stateful_step_count=40)
StagedPayments.TestCase.settings = settings(max_examples=30, stateful_step_count=40)
TestPayments = Payments.TestCase
TestStagedPayments = StagedPayments.TestCase
