"""Who may come in: Host, Origin and session are checked for every address, and no page holds a secret."""

import base64
import random
from collections.abc import Iterator

import pytest
from starlette.routing import Route

from shuangli.wallet.web.door import ICON, LAUNCH, STYLE, Door
from tests.devices.people import Town
from tests.wallet_file.files import PASSPHRASE
from tests.web_wallet.conftest import Pages, Street, hidden, said, shown

ORIGIN = "http://127.0.0.1:8101"


def routes(pages: Pages) -> list[tuple[str, str]]:
    """Every method and path that there is."""
    found = [
        (method, route.path.replace("{", "").replace("}", ""))
        for route in pages.app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
    ]
    assert len(found) > 15
    return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with Town(tmp_path_factory.mktemp("door")).open() as town:
        street = Street(town)
        yield street.wallet("ann", loaded="50")
        street.close()


@pytest.fixture
def pages(served: Pages) -> Pages:
    """A wallet with the browser let in; no test here changes what it holds."""
    served.enter()
    return served


@pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1", "localhost:8101", "127.0.0.1:8102", ""])
def test_a_wrong_host_is_refused_everywhere(pages: Pages, host: str) -> None:
    for method, path in routes(pages):
        told = pages.ask(method, path, headers={"Host": host or " "})
        assert told.status_code == 421, path
        assert "another name" in said(told)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://attacker.example"},
        {"Origin": "http://127.0.0.1:8102"},
        {"Origin": "https://127.0.0.1:8101"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_of_another_page_is_refused_everywhere(pages: Pages, headers: dict[str, str]) -> None:
    for method, path in routes(pages):
        if method == "POST":
            told = pages.ask(method, path, headers=headers, fields={"amount": "4", "once": "x"})
            assert told.status_code == 403, path
            assert "Nothing was done" in said(told)
    assert not pages.purse.asking


@pytest.mark.parametrize("headers", [{"Origin": "http://attacker.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_page_reads_nothing(pages: Pages, headers: dict[str, str]) -> None:
    for method, path in routes(pages):
        if method == "GET" and path != LAUNCH:
            assert pages.ask(method, path, headers=headers).status_code == 403, path


@pytest.mark.parametrize("cookie", ["", "wrong"])
def test_without_the_session_nothing_is_shown(pages: Pages, cookie: str) -> None:
    pages.cookies.clear()
    sent = {"Cookie": f"{pages.door.cookie}={cookie}"} if cookie else {}
    for method, path in routes(pages):
        if path not in (STYLE, ICON):
            told = pages.ask(method, path, headers=sent)
            assert told.status_code == 403, path
            assert "Open the wallet by the link in the terminal" in said(told)


def test_a_link_works_once_and_ends_the_session_before_it(pages: Pages) -> None:
    first, second = pages.cookies.get(pages.door.cookie), pages.door.link
    assert pages.links[-1] == second, "the terminal shows a new link"
    used = pages.get(second.removeprefix(ORIGIN))
    assert used.status_code == 200
    assert 'content="0;url=/"' in used.text
    assert pages.get(second.removeprefix(ORIGIN)).status_code == 403
    assert pages.get("/").status_code == 200
    pages.cookies = type(pages.cookies)({pages.door.cookie: first or ""})
    assert pages.get("/").status_code == 403


def test_the_cookie_is_for_no_script_and_no_other_site(pages: Pages) -> None:
    told = pages.get(pages.door.link.removeprefix(ORIGIN))
    (cookie,) = [line for line in told.headers.get_list("set-cookie") if pages.door.cookie in line]
    assert pages.door.cookie == "shuangli-wallet-8101"
    for word in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie


def test_who_leaves_is_out(pages: Pages) -> None:
    kept = dict(pages.cookies)
    assert "closed here" in said(pages.post("/leave"))
    pages.cookies.update(kept)
    assert pages.get("/").status_code == 403


def test_every_answer_says_what_a_browser_may_load(pages: Pages) -> None:
    answers = [pages.ask(method, path) for method, path in routes(pages) if path != "/leave"]
    answers += [pages.get("/none"), pages.ask("PUT", "/"), pages.ask("GET", "/", headers={"Host": "x"})]
    for told in answers:
        policy = told.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert told.headers["cache-control"] == "no-store"
        assert told.headers["referrer-policy"] == "same-origin"
        assert "http://" not in told.text.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in told.text


def test_no_page_holds_a_secret(street: Street) -> None:
    ann, bob = street.wallet("ann", loaded="3000"), street.wallet("bob")
    read = ann.paste(shown(bob.request("1500")))
    payment = ann.agree(read, holder=PASSPHRASE)
    receipt = bob.paste(shown(payment))
    paid = ann.paste(shown(receipt))
    synced = ann.post("/sync", once=hidden(ann.get("/sync"), "once"))
    for pages in (ann, bob):
        looked = [pages.get(path) for path in ("/", "/pay", "/load", "/history", "/limits", "/wallet.js")]
        seed = pages.found.file.signing_key()._secret[:32]
        secrets = [PASSPHRASE, seed.hex(), base64.urlsafe_b64encode(seed).decode().rstrip("=")]
        secrets += [pages.cookies[pages.door.cookie], pages.door.link.partition("token=")[2]]
        for page in (read, payment, receipt, paid, synced, *looked):
            for secret in secrets:
                assert secret not in page.text
                assert secret not in str(page.url)


def test_a_door_does_not_tell_its_tokens() -> None:
    door = Door(ORIGIN, random.Random(1).randbytes)
    assert repr(door) == f"Door({ORIGIN!r})"
    assert door.enter("") is None
    assert door.why_closed("GET", "/", headers={"host": "127.0.0.1:8101"}, cookies={door.cookie: ""})
