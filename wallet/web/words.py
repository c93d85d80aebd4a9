"""What the web wallet says, in English and Chinese: one table, so that no word is missing in either."""

from typing import Final

from shuangli.api.service.html import Table, in_language
from shuangli.wallet.web.reasons import REFUSALS

_WORDS: Final[Table] = {
    "title": ("Shuangli wallet", "双离钱包"),
    "skip": ("Skip to the content", "跳到正文"),
    "home": ("Wallet", "钱包"),
    "pay": ("Pay", "付款"),
    "receive": ("Receive", "收款"),
    "load": ("Load", "兑换"),
    "sync": ("Sync", "对账"),
    "history": ("History", "记录"),
    "limits": ("Limits", "限额"),
    "leave": ("Close", "关闭"),
    "menu": ("What to do", "操作"),
    "back": ("Back", "返回"),
    # the wallet
    "in-purse": ("In this wallet, to pay offline", "钱包内，可离线支付"),
    "at-operator": ("At the operator", "运营机构账户"),
    "on-card": ("on a card", "硬钱包卡"),
    "as-of": ("as of", "截至"),
    "never-heard": ("not known yet: sync while there is a network", "尚不清楚：联网时请对账"),
    "in-flight": ("Under way", "在途"),
    "apart-late": ("Handed in too late, gone back", "逾期未交，已退回"),
    "apart-expired": ("Expired, goes back by itself", "已过期，将自动退回"),
    "apart-stopped": ("Of it of a stopped epoch, to be exchanged", "其中属已停止期次，待兑换"),
    "ordered": ("Ordered, not loaded yet", "已下单，尚未兑入"),
    "play-money": ("Play money of a sandbox", "沙箱游戏币"),
    "hand-in": (
        "There is something to hand in: sync when there is a network.",
        "有待提交的记录：联网时请对账。",
    ),
    "open": ("Not finished", "未完成"),
    "forks-seen": ("Double spends seen", "所见双花"),
    # paying
    "amount": ("Amount in yuan", "金额（元）"),
    "scan-request": ("Scan what the payee shows", "扫描收款方出示的码"),
    "confirm": ("Pay this?", "确认付款？"),
    "to": ("to", "付给"),
    "by": ("from", "来自"),
    "wallet": ("wallet", "钱包"),
    "of": ("of", "，所属机构"),
    "passphrase": ("Passphrase, since this payment needs its holder", "口令（本次付款须本人确认）"),
    "card-pin": ("PIN of the card, since this payment needs its holder", "卡片密码（本次付款须本人确认）"),
    "yes-pay": ("Yes, pay", "确认付款"),
    "no": ("No", "不付"),
    "unanswered": (
        "An earlier payment to this wallet has no receipt yet. If that is the one you mean, let the payee "
        "show its request again: it is finished then, and not paid twice.",
        "此前向该钱包的一笔付款尚无回执。若为同一笔，请让收款方重新出示原请求：将续完该笔，不会重复付款。",
    ),
    "show-payment": ("1. Show this to the payee", "1. 向收款方出示此码"),
    "scan-receipt": ("2. Scan the receipt", "2. 扫描回执"),
    "signed-why": (
        "It is signed and stored. Closing this page loses nothing: this code stays the same.",
        "已签名并保存。关闭本页不会丢失，此码不变。",
    ),
    "not-read": (
        "This request was not read, or is forgotten. Nothing was paid: scan it again.",
        "未读取该请求，或已遗忘。未付款，请重新扫描。",
    ),
    # receiving
    "ask": ("Ask for it", "生成收款码"),
    "show-request": ("1. Show this to the payer", "1. 向付款方出示此码"),
    "scan-payment": ("2. Scan the payment", "2. 扫描付款码"),
    "show-receipt": ("3. Show the receipt to the payer", "3. 向付款方出示回执"),
    "show-refusal": (
        "Show the refusal to the payer: the money comes back with it",
        "向付款方出示拒收凭证：凭此退回",
    ),
    "ask-again": ("Ask again", "重新收款"),
    "until": ("Valid until", "有效期至"),
    # codes, camera, text
    "code-of": ("QR code", "二维码"),
    "codes-in-turn": ("codes, shown in turn", "个码，轮流显示"),
    "as-text": ("As text, to copy", "文本形式，可复制"),
    "start-camera": ("Scan with the camera", "用摄像头扫描"),
    "stop-camera": ("Stop the camera", "停止摄像头"),
    "camera-on": ("Looking for a code", "正在寻找二维码"),
    "camera-read": ("Codes read", "已读取"),
    "camera-denied": (
        "The camera cannot be used here. Paste the text instead.",
        "无法使用摄像头，请改为粘贴文本。",
    ),
    "camera-lost": ("The wallet does not answer. Is it still running?", "钱包无响应，是否仍在运行？"),
    "paste": ("Or paste its text", "或粘贴文本"),
    "paste-read": ("Read it", "读取"),
    # operator
    "load-why": (
        "From your deposit at the operator into this wallet. This needs a network; paying does not.",
        "从运营机构账户兑入本钱包。需要网络；付款则不需要。",
    ),
    "deposit": ("Pay it in first (play money)", "先存入（游戏币）"),
    "loaded": ("Loaded", "已兑入"),
    "sync-why": (
        "Hand in what was received, and fetch what is new. This needs a network; paying does not.",
        "提交收到的币并获取更新。需要网络；付款则不需要。",
    ),
    "credited": ("Credited to the deposit", "已记入账户"),
    "answered-later": ("Handed in, answered later: sync again", "已提交，稍后答复，请再次对账"),
    "came-back": ("Came back unclaimed", "无人认领，已退回"),
    "loaded-late": ("Loaded, ordered before", "此前下单，现已兑入"),
    "not-settled": ("Not paid", "未支付"),
    "holds": ("The wallet holds", "钱包余额"),
    "done": ("Done", "完成"),
    # when the device is lost
    "recovery": ("Recovery", "恢复"),
    "recovery-why": (
        "A recovery file opens a new wallet in place of this one when the device is lost. It is sealed with "
        "the passphrase; keep it elsewhere. One that was made before stops working. This needs a network.",
        "设备丢失时，可凭恢复文件开立新钱包。文件以口令加密，请另处保存；此前的恢复文件将失效。需要网络。",
    ),
    "code-if-any": ("Code of the second factor, if there is one", "动态验证码（如已启用）"),
    "code-if-large": ("Code of the second factor, for large amounts", "动态验证码（大额时需要）"),
    "recovery-make": ("Make a recovery file", "生成恢复文件"),
    "recovery-made": ("The recovery file is made: keep it elsewhere.", "恢复文件已生成，请另处保存。"),
    "recovery-download": ("Save the file", "保存文件"),
    "recovery-words": (
        "Twelve words to write down instead are shown in the terminal only, since no page holds a secret:",
        "也可抄写十二个单词，仅在终端显示（网页不保存任何机密）：",
    ),
    "recovery-use": ("To use either, in the terminal of the new device:", "在新设备的终端恢复："),
    # history
    "offline-payments": ("Offline payments", "离线收付"),
    "none-yet": ("None yet.", "暂无。"),
    "account-lines": ("At the operator", "运营机构流水"),
    "account-unknown": ("Sync to see what the account did.", "对账后可查看流水。"),
    "receipt": ("Receipt", "回执"),
    "details": ("Details", "详情"),
    "request-no": ("request", "请求"),
    "transfer-no": ("transfer", "转移"),
    "signed-at": ("signed", "签名时间"),
    "asked-at": ("asked", "请求时间"),
    "received-at": ("received", "收到时间"),
    "refused-at": ("refused", "拒收时间"),
    "returned": ("came back", "已退回"),
    # limits
    "left-offline": ("Left offline", "离线剩余"),
    "left-online": ("Left at the operator", "运营机构剩余"),
    "one-payment": ("One payment", "单笔"),
    "today": ("Today", "今日"),
    "hold-more": ("The wallet may hold as much more", "钱包还可持有"),
    "payments-left": ("Payments before the next sync", "下次对账前可付笔数"),
    "pay-now": ("Pay at once, at most", "现在一次最多可付"),
    "sync-by": ("Sync by", "最迟对账时间"),
    "certificate-until": ("Certificate valid until", "证书有效期至"),
    "list-until": ("Revocation list fresh until", "吊销列表有效期至"),
    "expiring": ("What expires when", "到期时间"),
    "pin-above": ("With passphrase or PIN above", "须口令或密码的金额超过"),
    "pin-in": ("Payments before passphrase or PIN is asked for", "须口令或密码前可付笔数"),
    "pay-online": ("Pay online today", "今日可在线支付"),
    "load-today": ("Load today", "今日可兑换"),
    "no-limit": ("no limit", "不限"),
    # what does not work
    "fault": ("That did not work", "未成功"),
    "not-found": ("There is no such page", "没有该页面"),
    "closed": ("Closed", "未授权"),
    "wrong-host": (
        "This wallet is asked for under another name than its own. Open it by the link in the terminal.",
        "访问所用的地址不是本钱包的地址。请用终端中的链接打开。",
    ),
    "wrong-origin": (
        "Another page has asked for this. Nothing was done.",
        "请求来自其他页面，未执行任何操作。",
    ),
    "no-session": (
        "Open the wallet by the link in the terminal. Each link works once, and ends the session before it.",
        "请用终端中的链接打开钱包。每个链接只能用一次，并会结束之前的会话。",
    ),
    "left": (
        "The wallet is closed here. The terminal shows a new link.",
        "已在此关闭钱包。终端会显示新链接。",
    ),
}
STATES: Final[Table] = {
    "signed": ("no receipt yet", "尚无回执"),
    "paid": ("paid", "已付"),
    "refused": ("refused", "被拒收"),
    "returned": ("came back", "已退回"),
    "requested": ("not paid yet", "待付"),
    "received": ("received", "已收"),
    "expired": ("expired", "已过期"),
}
"""How a payment stands."""


def words(language: str) -> dict[str, str]:
    """All words in a language by their names: states as `state-…`, refusals as `why-…`."""
    return (
        in_language(_WORDS, language)
        | in_language(STATES, language, prefix="state-")
        | in_language(REFUSALS, language, prefix="why-")
    )
