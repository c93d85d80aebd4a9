"""Why something did not work, for a person: errors by their codes and figures, refusals by their reasons."""

from collections.abc import Mapping
from typing import Final

from shuangli.api.service.html import Table
from shuangli.errors import ShuangliError
from shuangli.money import format_yuan

REASONS: Final[Table] = {
    "bad-value": ("That is not a value that can be used", "输入的值无效"),
    "wrong-passphrase": ("The passphrase is wrong", "口令错误"),
    "frame": ("The code or text is damaged, or is none of ours", "码或文本已损坏，或不是本系统的"),
    "too-large": ("That is too much for a message", "内容过大"),
    **dict.fromkeys(("cbor", "shape", "range"), ("That is no message of a payment", "这不是付款消息")),
    "signature": ("A signature does not hold: nothing was taken", "签名无效，未接受"),
    "unknown-signer": ("Signed by somebody whom nobody trusted has certified", "签名者未经认证"),
    **dict.fromkeys(
        ("not-owner", "unknown-coin", "not-conserved", "time-order", "deadline-order", "hop-cap", "epoch"),
        ("The coins in it do not hold: nothing was taken", "其中的币不成立，未接受"),
    ),
    **dict.fromkeys(
        ("staged", "spent-twice", "expired-coin", "condition"),
        ("The coins in it may not be spent like that: nothing was taken", "其中的币不得如此花费，未接受"),
    ),
    "wrong-network": ("Made for another network or currency", "属于其他网络或币种"),
    "certificate-time": ("A certificate is not valid now", "证书当前无效"),
    "not-bound": ("That belongs to another payment", "属于另一笔付款"),
    "wrong-amount": ("That pays another amount than was asked for", "付款金额与请求不符"),
    "out-of-turn": ("That does not belong here now", "此时不应出现该内容"),
    "insufficient-funds": ("The wallet does not hold enough", "余额不足"),
    "too-many-coins": ("That would need more coins than the payee accepts", "所需币数超过收款方上限"),
    "over-limit": ("That is over a limit of this wallet", "超出本钱包限额"),
    "pin-required": (
        "This payment needs its holder: type the passphrase or PIN",
        "本次付款须本人输入口令或密码",
    ),
    "wrong-pin": ("The PIN is wrong", "密码错误"),
    "element-refused": ("The card refuses: what it is to sign does not hold", "卡片拒绝：内容不成立"),
    "element-full": ("The card has no room for this: sync first", "卡片空间不足，请先对账"),
    "sync-required": ("Sync first: too long, or too many payments, without", "须先对账：间隔过久或笔数过多"),
    "request-expired": (
        "The request has expired: let the payee ask again",
        "收款请求已过期，请收款方重新生成",
    ),
    "clock": ("The two clocks differ by too much", "双方时钟相差过大"),
    "revoked": ("A wallet or operator in this has been revoked", "涉及已被吊销的钱包或机构"),
    "stale-list": ("The revocation list is too old: sync first", "吊销列表过旧，请先对账"),
    "own-request": ("That is this wallet's own request", "这是本钱包自己的请求"),
    "certificate-expired": (
        "This wallet's certificate has expired: sync first",
        "本钱包证书已过期，请先对账",
    ),
    "locked": ("Too many wrong passphrases or PINs were given", "口令或密码错误次数过多"),
    "not-found": ("There is nothing here", "这里没有内容"),
    "unavailable": (
        "The operator cannot be reached, or the file cannot be written",
        "无法连接运营机构，或无法写入文件",
    ),
    "queued": ("The operator has it, and answers later: sync again", "运营机构已收到，稍后答复，请再次对账"),
    "vault-empty": ("The operator has not enough to load at the moment", "运营机构额度暂时不足"),
    "held": ("The operator looks at this first", "运营机构正在审核"),
    "rate-limited": ("Too many requests in a short time: wait a little", "请求过于频繁，请稍候"),
    "corrupt": ("The wallet file is damaged: do not use it any more", "钱包文件已损坏，请停止使用"),
    "frozen": ("The wallet is frozen", "钱包已被冻结"),
    "second-factor": ("That needs a new code of the second factor", "须输入新的动态验证码"),
}
"""What codes of errors mean at a wallet; others are said as they are."""
REFUSALS: Final[Table] = {
    "invalid": ("it does not hold", "无效"),
    "revoked": ("somebody in it has been revoked", "涉及被吊销者"),
    "too-late": ("too little time is left to claim it", "剩余认领时间不足"),
    "request-paid": ("another payment has answered the request", "该请求已由另一笔付款完成"),
    "forked": ("a coin in it was spent before", "其中有币已被花费"),
    "over-limit": ("it is over the payer's limit", "超出付款方限额"),
    "condition": ("it is for another purpose", "用途不符"),
}
"""Why a payee refuses a payment."""
_FIGURES: Final[Table] = {
    "over_fen": ("over by {0}", "超出 {0}"),
    "most_fen": ("limit {0}", "限额 {0}"),
    "short_fen": ("short by {0}", "差 {0}"),
    "held_fen": ("the wallet holds {0}", "钱包余额 {0}"),
    "payable_fen": ("{0} could be paid", "可付 {0}"),
}
"""Figures that explain a reason (`wallet.explaining`), in the order in which they are said."""
_RULES: Final[Table] = {
    "payment": ("for one payment", "单笔"),
    "day": ("for today", "当日"),
    "balance": ("for what it holds", "持有"),
}


def reason(error: ShuangliError, figures: Mapping[str, int], *, rule: str, language: str) -> str:
    """Why something did not work, and by how much; the error's own words where there are no others."""
    place = 1 if language == "zh" else 0
    if error.code not in REASONS:
        return str(error)
    said = [_RULES[rule][place]] if rule in _RULES else []
    said += [
        words[place].format(format_yuan(figures[name])) for name, words in _FIGURES.items() if name in figures
    ]
    general = REASONS[error.code][place]
    return f"{general}: {', '.join(said)}" if said else general
