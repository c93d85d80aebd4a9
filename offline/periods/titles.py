"""What the groups of a report's figures are called, in English and Chinese."""

from typing import Final, NamedTuple


class Title(NamedTuple):
    """A group's name in both languages, and what the second word of its figures' names is."""

    english: str
    chinese: str
    by: str


TITLES: Final[dict[str, Title]] = {
    "age": Title("Offline value outstanding, by age", "未清离线币（按币龄）", "age"),
    "balances": Title("Wallets' balances, by tier", "钱包余额（按等级）", "tier"),
    "books": Title("Books (balances, debit positive)", "账簿（余额，借方为正）", "account"),
    "cases": Title("Double spends", "双花", "operator"),
    "certificates": Title("Certificates", "证书", "operator"),
    "disclosures": Title("Disclosures of identities", "身份披露", "authority"),
    "due": Title("Offline value outstanding, by the day it is due", "未清离线币（按到期日）", "day"),
    "epochs": Title("Epochs", "期次", "epoch"),
    "erasures": Title("Personal data erased", "个人信息删除", "operator"),
    "findings": Title("Late, over limits, stale lists", "逾期、超限、名单过期", "operator"),
    "freezes": Title("Freezes", "冻结", "operator"),
    "identities": Title("Requests for identities", "身份查询申请", "reason"),
    "left": Title("Offline value outstanding, by time left", "未清离线币（按剩余时间）", "time left"),
    "loads": Title("Loads", "兑换离线币", "operator"),
    "netting": Title("Netting between operators", "机构间清算", "operator"),
    "outcomes": Title("What became of spends", "花费处理结果", "operator"),
    "policies": Title("Policies", "政策", "operator"),
    "postings": Title("Other postings", "其他记账", "operator"),
    "reports": Title("Reports filed", "已提交报告", "operator"),
    "returns": Title("Returns of value", "退回", "operator"),
    "revocation_lists": Title("Revocation lists", "吊销列表", "operator"),
    "risk": Title("Risk control", "风险控制", "operator"),
    "since": Title("Offline value outstanding, by the day it was made", "未清离线币（按产生日）", "day"),
    "supply": Title("Supply, by epoch", "供应量（按期次）", "epoch"),
    "taken": Title("Taken from culprits", "自违规者收回", "operator"),
    "uploads": Title("Reconciliations", "对账", "operator"),
    "waits": Title("How long payments waited to be reconciled", "付款至对账时长", "operator"),
    "wallets": Title("Wallets, by tier", "钱包（按等级）", "tier"),
}
"""By the first word of figures' names."""
