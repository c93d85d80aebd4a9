"""What the console says, in English and Chinese: one table, so that no word is missing in either."""

from typing import Final

from shuangli.api.service.html import Table, in_language
from shuangli.offline.periods.titles import TITLES

_WORDS: Final[Table] = {
    "title": ("Shuangli console", "双离监管台"),
    "skip": ("Skip to the content", "跳到正文"),
    "sign-in": ("Sign in", "登录"),
    "sign-out": ("Sign out", "退出"),
    "name": ("Name", "名称"),
    "secret": ("Secret", "密钥"),
    "sign-in-why": (
        "The operator gives a name and a secret: shuangli operator client add --scope audit:read",
        "名称和密钥由运营机构发放：shuangli operator client add --scope audit:read",
    ),
    "sign-in-wrong": ("No regulator has this name and secret.", "名称或密钥不正确。"),
    "reports": ("Reports", "报告"),
    "no-reports": (
        "No report lies here yet. Write one with: shuangli report write",
        "尚无报告。请用命令 shuangli report write 生成。",
    ),
    "report": ("Report", "报告"),
    "of": ("of", "来自"),
    "centre": ("the whole system", "全系统"),
    "from": ("from", "起"),
    "until": ("until", "止"),
    "verified": (
        "Verified: every figure was added up again from the signed log, with the root key alone.",
        "已核验：仅凭根密钥，由签名日志重新加总得出全部数字。",
    ),
    "not-verified": ("This report does not hold", "该报告不成立"),
    "entries": ("entries of the log", "条日志"),
    "cases": ("Double spends", "双花案件"),
    "which": ("which", "项目"),
    "no-cases": ("None was found in this period.", "本期未发现。"),
    "period": ("In the period", "本期发生额"),
    "end": ("At its end", "期末余额"),
    "files": ("Files to check it yourself", "供自行核验的文件"),
    "check": ("Check it yourself", "自行核验"),
    "hours": ("By the hour", "逐小时"),
    "loaded": ("loaded", "兑出"),
    "credited": ("reconciled", "入账"),
    "found": ("double spends found", "发现双花"),
    "payments": ("payments reconciled", "已对账付款"),
    "outstanding": ("offline value outstanding", "未清离线币"),
    "classes": ("By time", "按时间"),
    "delays": ("Double spends, by how long after the second spend they were found", "双花案件（按发现时滞）"),
    "hour": ("hour (UTC)", "小时（UTC）"),
    "behind": ("What this figure is made of", "该数字的构成"),
    "number": ("entry", "条目"),
    "time": ("time (UTC)", "时间（UTC）"),
    "kind": ("kind", "种类"),
    "operator": ("operator", "运营机构"),
    "amount": ("amount", "数额"),
    "sum": ("sum", "合计"),
    "shown": ("the first entries are shown", "仅显示前若干条"),
    "entry": ("Entry", "条目"),
    "fact": ("fact", "事实"),
    "value": ("value", "值"),
    "case": ("Double spend", "双花"),
    "coin": ("coin", "币"),
    "culprit": ("key that signed both", "两次签名的密钥"),
    "transfer": ("Transfer", "转移"),
    "signed-at": ("signed", "签名时间"),
    "payee": ("payee", "收款方"),
    "to-payee": ("to the payee", "付给收款方"),
    "fork": ("spent twice", "重复花费"),
    "proven": (
        "Proven: one key has signed both transfers of this coin. Verified with the root key alone.",
        "已证实：同一密钥对该币签署了两笔转移。仅凭根密钥核验。",
    ),
    "proves-nothing": ("This evidence proves nothing", "该证据不成立"),
    "refused": ("The payee had refused one of them, and claimed it.", "收款方先拒绝其一，又提出主张。"),
    "download": ("Download the evidence", "下载证据"),
    "identities": ("Requests for identities", "身份查询申请"),
    "identities-why": (
        "One role asks, another one grants. Whom a request is about is not shown here.",
        "申请与批准由不同角色办理。此处不显示被查询人。",
    ),
    "no-identities": ("Nobody has asked for an identity.", "尚无申请。"),
    "reason": ("reason", "事由"),
    "authority": ("authority", "机关"),
    "asked": ("asked by", "申请人"),
    "answer": ("state", "状态"),
    "answered": ("answered by", "答复人"),
    "reason-double-spend": ("double spend", "双花"),
    "reason-money-laundering": ("money laundering", "洗钱"),
    "reason-fraud": ("fraud", "欺诈"),
    "reason-court-order": ("court order", "法院命令"),
    "reason-holder-asked": ("the holder has asked", "本人申请"),
    "step-requested": ("waits", "待答复"),
    "step-granted": ("granted", "已批准"),
    "step-refused": ("refused", "已拒绝"),
    "back": ("Back to the report", "返回报告"),
    "not-now": ("Not now: ask again later", "暂时无法处理，请稍后再试"),
    "not-found": ("There is no such page", "没有该页面"),
}
KINDS: Final[Table] = {kind: (title.english, title.chinese) for kind, title in TITLES.items()}
"""The groups of a report's figures."""


def words(language: str) -> dict[str, str]:
    """All words in a language by their names, those of groups as `kind-…`; English if it is unknown."""
    return in_language(_WORDS, language) | in_language(KINDS, language, prefix="kind-")
