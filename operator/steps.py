"""The steps in which an operator's database has grown: each version of it takes those that it lacks."""

from typing import Final

from shuangli.database.audit import AUDIT_TABLES
from shuangli.database.ledger import LEDGER_TABLES
from shuangli.operator.cases.tables import CASE_TABLES
from shuangli.operator.customers.tables import CUSTOMER_STEP, IDENTIFICATIONS, RECOVERY_KEYS
from shuangli.operator.exchange.tables import EXCHANGE_TABLES
from shuangli.operator.forgetting import UNJUDGED
from shuangli.operator.netting.tables import NETTING_TABLES
from shuangli.operator.payroll.tables import PAYROLL_TABLES
from shuangli.operator.privacy.tables import ERASURE_STEP, PRIVACY_TABLES
from shuangli.operator.regimes.tables import REGIME_TABLES
from shuangli.operator.remittances.tables import OPERATOR_REMITTANCE_TABLES
from shuangli.operator.risk.places import PLACE_TABLES, PLACED_BY_PERSON
from shuangli.operator.risk.tables import RISK_TABLES
from shuangli.operator.schema import OPERATOR_TABLES
from shuangli.operator.under_way import UNDER_WAY
from shuangli.operator.webhooks.tables import WEBHOOK_TABLES

PENDING_BY_NO: Final = (
    "CREATE INDEX uploads_pending_by_no ON uploads (upload_no) WHERE acknowledgement IS NULL"
)
STEPS: Final = (
    (*LEDGER_TABLES, *AUDIT_TABLES, *OPERATOR_TABLES),
    CUSTOMER_STEP,
    PAYROLL_TABLES,
    (*NETTING_TABLES, *CASE_TABLES, UNDER_WAY, PENDING_BY_NO),
    (*REGIME_TABLES, *RISK_TABLES),
    OPERATOR_REMITTANCE_TABLES,
    (RECOVERY_KEYS,),
    (*WEBHOOK_TABLES, *PLACE_TABLES),
    PRIVACY_TABLES,
    (*ERASURE_STEP, PLACED_BY_PERSON),
    (IDENTIFICATIONS, *EXCHANGE_TABLES, UNJUDGED),
)
"""What is added later is a step of its own, at the end."""
