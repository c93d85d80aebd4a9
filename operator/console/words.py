"""What the console says, in English and Chinese: one table, so that no word is missing in either."""

from typing import Final

LANGUAGES: Final = {"en": "English", "zh": "中文"}

_WORDS: Final[dict[str, tuple[str, str]]] = {
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
    "back": ("Back to the report", "返回报告"),
    "not-now": ("Not now: ask again later", "暂时无法处理，请稍后再试"),
    "not-found": ("There is no such page", "没有该页面"),
}
KINDS: Final[dict[str, tuple[str, str]]] = {
    "books": ("Books (balances, debit positive)", "账簿（余额，借方为正）"),
    "cases": ("Double spends", "双花"),
    "certificates": ("Certificates", "证书"),
    "disclosures": ("Disclosures of identities", "身份披露"),
    "epochs": ("Epochs", "期次"),
    "freezes": ("Freezes", "冻结"),
    "loads": ("Loads", "兑换离线币"),
    "outcomes": ("What became of spends", "花费处理结果"),
    "policies": ("Policies", "政策"),
    "postings": ("Other postings", "其他记账"),
    "reports": ("Reports filed", "已提交报告"),
    "returns": ("Returns of value", "退回"),
    "revocation_lists": ("Revocation lists", "吊销列表"),
    "risk": ("Risk control", "风险控制"),
    "supply": ("Supply, by epoch", "供应量（按期次）"),
    "taken": ("Taken from culprits", "自违规者收回"),
    "uploads": ("Reconciliations", "对账"),
    "wallets": ("Wallets, by tier", "钱包（按等级）"),
}
"""The groups of a report's figures."""


def words(language: str) -> dict[str, str]:
    """All words in a language by their names, those of groups as `kind-…`; English if it is unknown."""
    place = 1 if language == "zh" else 0
    plain = {name: both[place] for name, both in _WORDS.items()}
    return plain | {f"kind-{name}": both[place] for name, both in KINDS.items()}
