"""The layout of DESIGN section 6: tables, and checks that read a tree and import nothing from it.

A check takes the root of a tree and returns its problems, one line each, naming file and line. To let a
folder import more, or a file touch the outside world, change a table below, and say why in review.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDERS: Final = ("issuer", "offline", "operator", "sims", "wallet")
LONGEST_FILE_LINES: Final = 299
LONGEST_FUNCTION_LINES: Final = 70

# Layers of our own that a layer may import, besides itself. `core` is shuangli/ without api, cli and links;
# `issuer/service` stands above the issuer, which knows nothing of it.
MAY_IMPORT: Final[dict[str, tuple[str, ...]]] = {
    "core": (),
    "api": ("core",),
    "offline": ("core",),
    "issuer": ("core", "offline"),
    "issuer/service": ("core", "offline", "issuer", "api"),  # ADR 0032
    "wallet": ("core", "offline", "api"),
    "operator": ("core", "offline", "issuer", "issuer/service", "api"),
    "sims": ("core", "api", *FOLDERS),
    "cli": ("core", "api", "issuer/service", *FOLDERS),
}
# Third-party packages that a layer may import, besides the standard library.
THIRD_PARTY: Final[dict[str, tuple[str, ...]]] = {
    "core": ("cbor2", "nacl", "cryptography", "psycopg"),  # the last one with the extra `postgresql`
    # the first line in clients, their models and signatures, the second in service/; with the extra `api`
    "api": (
        *("httpx", "http_message_signatures", "pydantic"),
        *("fastapi", "jinja2", "prometheus_client", "starlette", "uvicorn"),
    ),
    # only in links/qr_images.py and links/qr_reading.py, with the extra `qr`; the second line only in
    # periods/parquet.py and periods/pdf.py, with the extras `archive` and `pdf`
    "offline": (
        *("segno", "zxingcpp", "PIL"),
        *("polars", "reportlab"),
    ),
    # only in archive/files.py, with the extra `archive`
    "issuer": ("polars",),
    "issuer/service": ("fastapi", "cryptography"),
    # the first only in web/, and only with the extra `web`; the second in phrase.py, with `recovery`
    "wallet": ("fastapi", "mnemonic"),
    # Only in service/ and console/, lxml in iso20022/, httpx in webhooks/.
    "operator": ("fastapi", "pydantic", "pyotp", "lxml", "httpx"),
    "sims": (
        *("numpy", "polars", "scipy", "matplotlib", "jinja2", "tqdm"),
        "ray",  # only in studies/ray_runners.py, and only with the extra `ray`
    ),
    "cli": ("click",),
}
# Ways to import that the checks cannot read; cli alone may use them.
HIDDEN_IMPORTS: Final = ("importlib.import_module", "runpy.run_module", "__import__")
# What reaches the outside world: modules with all below them, and functions of a module or class.
OUTSIDE: Final[dict[str, tuple[str, ...]]] = {
    "database": ("sqlite3", "psycopg"),
    "socket": (
        *("socket", "socketserver", "ssl", "asyncio", "http.client", "http.server", "urllib.request"),
        *("httpx", "uvicorn"),
    ),
    "clock": ("time", "datetime.now", "datetime.today", "datetime.utcnow", "date.today"),
    "randomness": (
        *("random", "secrets", "uuid", "nacl.utils", "os.urandom", "os.getrandom"),
        *("SigningKey.generate", "PrivateKey.generate"),
    ),
}
# The edge files, and what each may touch.
EDGES: Final[dict[str, tuple[str, ...]]] = {
    "shuangli/database/sqlite.py": ("database",),
    "shuangli/database/postgresql.py": ("database",),
    "wallet/file_database.py": ("database",),
    "offline/links/sockets.py": ("socket",),
    "issuer/service/server.py": ("clock", "randomness"),
    "operator/service/server.py": ("clock", "randomness"),
    "operator/service/programs.py": ("clock", "randomness"),
    "operator/webhooks/sending.py": ("asyncio", "socket"),
    "sims/run.py": ("clock",),
    "shuangli/api/http_link.py": ("socket",),
    "shuangli/api/tls.py": ("socket",),
    "shuangli/api/service/listening.py": ("socket",),
    "shuangli/api/service/together.py": ("socket",),  # asyncio: requests wait for each other
    "shuangli/cli.py": ("socket", "clock", "randomness"),
    "shuangli/cli[_/]*.py": ("socket", "clock", "randomness"),
}
FORBIDDEN_WORDS: Final = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
TEXT_SUFFIXES: Final = (".py", ".html", ".css", ".js", ".sql", ".toml")


class Import(NamedTuple):
    """One imported name: `from a import b` is `a.b`, since b may be a module."""

    name: str
    line: int
    lazy: bool  # inside a function, or for the type checker only


def files(root: Path, *tops: str, suffixes: tuple[str, ...] = (".py",)) -> Iterator[tuple[str, str]]:
    """Give (path relative to root, text) of the files below `tops`, each once: links are not followed."""
    for top in tops:
        for path in sorted((root / top).rglob("*")):
            relative = path.relative_to(root)
            through_link = any((root / parent).is_symlink() for parent in (relative, *relative.parents))
            if path.suffix in suffixes and not through_link:
                yield relative.as_posix(), path.read_text(encoding="utf-8")


def product_files(root: Path) -> Iterator[tuple[str, str]]:
    """Give (path, text) of the Python files that are installed."""
    return files(root, "shuangli", *FOLDERS)


def layer_of(path: str) -> str:
    """Name the layer that a file (`shuangli/api/models.py`) or module (`shuangli/sims/clock`) belongs to."""
    path = path.removeprefix("shuangli/")
    if path.startswith("issuer/service"):
        return "issuer/service"
    name = re.split(r"[/.]", path)[0]
    if name in (*FOLDERS, "api"):
        return name
    return "cli" if re.fullmatch(r"cli(_\w+)?|__main__", name) else "core"


def imports(tree: ast.Module) -> Iterator[Import]:
    """Give every name that a module imports, wherever it stands; a relative import starts with a dot."""
    lazy = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        or (isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"))
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, node in lazy)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                yield Import(f"{module}.{alias.name}", node.lineno, node in lazy)


def mentions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Give (name, line) of what an expression uses: `f`, or the last two parts of `a.b.c` as `b.c`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute):
            yield ".".join(ast.unparse(node).split(".")[-2:]), node.lineno


def packages(root: Path) -> Iterator[str]:
    """No top-level folder but shuangli is a package: operator/__init__.py would shadow the library's."""
    if not (root / "shuangli/__init__.py").is_file():
        yield "shuangli/__init__.py is missing"
    for path in sorted(root.glob("*/__init__.py")):
        if path.parent.name != "shuangli":
            yield f"{path.relative_to(root)} must not exist"


def links(root: Path) -> Iterator[str]:
    """Each of the five folders is a relative link inside shuangli, and nothing else there is a link."""
    for folder in FOLDERS:
        link = root / "shuangli" / folder
        if not link.is_symlink() or link.readlink() != Path("..", folder):
            yield f"shuangli/{folder} is not a symbolic link to ../{folder}"
        if not (root / folder).is_dir() or (root / folder).is_symlink():
            yield f"{folder} is not a folder"
    for path in sorted((root / "shuangli").rglob("*")):
        if path.is_symlink() and path.parent.name + "/" + path.name not in {f"shuangli/{f}" for f in FOLDERS}:
            yield f"{path.relative_to(root)} is a link that the layout does not know"


def wrong_import(layer: str, found: Import) -> str | None:
    """Say what is wrong with an import in a file of `layer`, or nothing."""
    top, _, rest = found.name.partition(".")
    if not top:
        return "is relative"
    if top == "shuangli":
        target = layer_of(found.name.replace(".", "/"))
        if target not in (layer, *MAY_IMPORT[layer]):
            return f"belongs to {target}, which {layer} must not import"
        if layer == "cli" and target not in ("core", "api", "cli") and not found.lazy:
            return "is not inside a function, and cli imports folders lazily"
        return None
    if top in FOLDERS and (top != "operator" or not hasattr(sys.modules["operator"], rest or "add")):
        return f"is imported past the package: say shuangli.{found.name}"
    if top not in sys.stdlib_module_names and top not in THIRD_PARTY[layer]:
        return f"is a package that {layer} must not import"
    return None


def downward(root: Path) -> Iterator[str]:
    """Imports only point down, as in the two tables."""
    for path, text in product_files(root):
        layer, tree = layer_of(path), ast.parse(text)
        for found in imports(tree):
            if problem := wrong_import(layer, found):
                yield f"{path}:{found.line}: {found.name} {problem}"
        used = [*((found.name, found.line) for found in imports(tree)), *mentions(tree)]
        for name, line in used if layer != "cli" else ():
            if name in HIDDEN_IMPORTS:
                yield f"{path}:{line}: {name} hides what is imported"


def edges(root: Path) -> Iterator[str]:
    """Only the named edge files touch a database, a socket, the clock or randomness."""
    for path, text in product_files(root):
        allowed = {kind for pattern, kinds in EDGES.items() if fnmatch(path, pattern) for kind in kinds}
        tree = ast.parse(text)
        for kind in OUTSIDE.keys() - allowed:
            below = tuple(f"{name}." for name in OUTSIDE[kind])
            used = [(name, line) for name, line in mentions(tree) if "." in name and name in OUTSIDE[kind]]
            used += [(i.name, i.line) for i in imports(tree) if f"{i.name}.".startswith(below)]
            for name, line in used:
                yield f"{path}:{line}: {name} touches {kind}, and this is no edge file for it"


def sizes(root: Path) -> Iterator[str]:
    """Files and functions stay short enough to be read at one go."""
    for path, text in files(root, "shuangli", *FOLDERS, "bench", "scripts", "tests"):
        if (lines := len(text.splitlines())) > LONGEST_FILE_LINES:
            yield f"{path}: {lines} lines, at most {LONGEST_FILE_LINES}"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION_LINES:
                    yield f"{path}:{node.lineno}: {lines} lines, at most {LONGEST_FUNCTION_LINES}"


def apart(root: Path) -> Iterator[str]:
    """No test file imports from another one: what they share is in a module of its own beside them."""
    for path, text in files(root, "tests"):
        for found in imports(ast.parse(text)):
            if found.name.startswith("tests.") and ".test_" in found.name:
                yield f"{path}:{found.line}: {found.name} is a test's; move what is shared into a module"


def finished(root: Path) -> Iterator[str]:
    """Nothing is left for later: no words that mark unfinished work."""
    for path, text in files(root, "shuangli", *FOLDERS, "bench", "scripts", suffixes=TEXT_SUFFIXES):
        for number, line in enumerate(text.splitlines(), 1):
            if word := FORBIDDEN_WORDS.search(line):
                yield f"{path}:{number}: {word[0]}"


Check = Callable[[Path], Iterator[str]]
CHECKS: Final[tuple[Check, ...]] = (packages, links, downward, edges, sizes, apart, finished)
