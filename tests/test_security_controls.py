"""What docs/asvs.csv says is nowhere, or everywhere, in the code: looked for in every module, page and script."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Where nothing of somebody else's comes in: figures, the demonstration's people, the servers of this machine.
APART = ("services/bench/", "services/seed/", "services/partners/demonstration.py")
# What writes pages of docs/ and deploy/ from the code.
DOCUMENTS = ("services/data_protection.py", "deploy/")
CODE_FROM_TEXT = {"eval", "exec", "compile", "__import__"}
UNSAFE = {"pickle", "marshal", "shelve", "telnetlib", "ftplib", "xmlrpc"}
CIPHERS = {
    "cryptography.exceptions": {"InvalidTag", "InvalidSignature"},
    "cryptography.hazmat.primitives.ciphers.aead": {"AESGCM"},
    "cryptography.hazmat.primitives.asymmetric.ed25519": {"Ed25519PrivateKey", "Ed25519PublicKey"},
    "cryptography.hazmat.primitives.serialization": {
        "Encoding", "NoEncryption", "PrivateFormat", "PublicFormat", "load_pem_private_key", "load_pem_public_key",
    },
}  # fmt: skip
# Who asks something outside the installation, and who asks the bus of this machine for its status.
CALLERS = {"services/notify/sms.py", "services/notify/smtp.py", "services/partners/proconnect.py"}
OWN_STATUS = {"services/doctor/bus.py", "services/runtime/embedded/nats.py"}
OWN_MARKUP = {
    "services/runtime/web/pages.py", "services/intake/web_own_page_handing.py", "services/intake/own_page_languages.py",
}  # fmt: skip
# The style sheet of the receipt, which lies beside the scripts, is written into the file that is given to the person.
OWN_STYLE = "{{ style | safe }}"


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the application by its path, parsed."""
    files = [*ROOT.glob("services/**/*.py"), *ROOT.glob("contracts/**/*.py"), *ROOT.glob("deploy/**/*.py")]
    return {one.relative_to(ROOT).as_posix(): ast.parse(one.read_text("utf-8")) for one in files}


def templates() -> dict[str, str]:
    return {one.relative_to(ROOT).as_posix(): one.read_text("utf-8") for one in ROOT.glob("services/**/*.html")}


def scripts() -> dict[str, str]:
    return {one.name: one.read_text("utf-8") for one in ROOT.glob("services/**/static/*.js")}


@cache
def calls(tree: ast.Module) -> list[tuple[str, ast.Call]]:
    """What a module calls, by its dotted name; of what is called on a value, the last word."""
    return [(dotted(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def dotted(node: ast.AST) -> str:
    """`os.path.join`, or `.join` for what is no plain name."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


@cache
def imported(tree: ast.Module) -> set[tuple[str, str]]:
    """What a module takes from which other: `("hashlib", "")`, `("random", "Random")`."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {(one.name, "") for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.module or "", one.name) for one in node.names}
    return found


def test_no_text_becomes_code_or_a_command() -> None:
    for path, tree in modules().items():
        assert {one for one, _ in imported(tree)} & UNSAFE == set(), path
        for name, call in calls(tree):
            assert name not in CODE_FROM_TEXT, (path, name)
            assert not name.startswith(("os.system", "os.popen", "os.exec", "os.spawn")), (path, name)
            if name.startswith("subprocess.") or name.endswith("create_subprocess_shell"):
                assert path.startswith(("services/runtime/embedded/", *APART, "deploy/")), path
                assert not any(one.arg == "shell" for one in call.keywords), path


def test_pages_are_files_that_encode_what_they_show() -> None:
    made = [(path, name) for path, tree in modules().items() for name, _ in calls(tree)]
    assert {path for path, name in made if name.split(".")[-1] in ("from_string", "Template")} == set()
    assert {path for path, name in made if name.split(".")[-1] == "Markup"} <= OWN_MARKUP
    for path, page in templates().items():
        assert not re.search(r"\|\s*safe\b|autoescape\s+false", page.replace(OWN_STYLE, "")), path
        assert not re.search(r"<(object|embed|applet|iframe)\b|\son\w+=\"|javascript:", page), path


def test_scripts_make_no_markup_of_data_and_let_one_paste() -> None:
    assert len(scripts()) > 5
    markup = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|__proto__|Object\.assign\(window"
    )
    for name, text in scripts().items():
        assert not re.search(markup, text), name
        assert not re.search(r"[\"'](paste|copy)[\"']", text), name


def test_chance_comes_from_the_system_where_it_protects() -> None:
    plain = {path for path, tree in modules().items() if any(one == "random" for one, _ in imported(tree))}
    assert [path for path in plain if not path.startswith(APART)] == []


def test_cryptography_is_what_is_on_this_list() -> None:
    for path, tree in modules().items():
        for module, name in imported(tree):
            if module.startswith("cryptography"):
                assert name in CIPHERS.get(module, set()), (path, module, name)
        hashes = {
            one.attr for one in ast.walk(tree) if isinstance(one, ast.Attribute) and ast.unparse(one.value) == "hashlib"
        }
        assert hashes <= {"sha256"}, (path, hashes)


def test_every_module_with_a_key_is_on_the_list_of_keys() -> None:
    page = (ROOT / "docs" / "security.md").read_text("utf-8").split("## Keys and algorithms")[1].split("\n## ")[0]
    listed = set(re.findall(r"`((?:services|deploy)/[\w/]+\.py)`", page))
    assert [one for one in listed if one not in modules()] == []
    keyed = {"cryptography", "hmac", "nkeys", "argon2", "webauthn", "pyotp", "authlib", "joserfc"}
    using = {path for path, tree in modules().items() if {one.split(".")[0] for one, _ in imported(tree)} & keyed}
    assert {one for one in using if not one.startswith(APART)} - listed == set()


def test_patterns_are_constants() -> None:
    searches = {f"re.{one}" for one in ("compile", "fullmatch", "match", "search", "sub", "subn", "split", "findall")}
    for path, tree in modules().items():
        for name, call in calls(tree):
            if name not in searches or path.startswith((*APART, *DOCUMENTS)):
                continue
            given = ast.walk(call.args[0])
            named = {one.id for one in given if isinstance(one, ast.Name)} - {"len", "sorted"}
            chosen = isinstance(call.args[0], ast.IfExp)  # one of two constants
            assert chosen or all(one.strip("_").isupper() for one in named), (path, ast.unparse(call.args[0]))


def test_requests_leave_from_three_places_and_follow_nobody() -> None:
    clients = {"httpx", "aiosmtplib", "smtplib", "urllib.request", "http.client", "requests", "aiohttp"}
    found = {
        path
        for path, tree in modules().items()
        if {one.split(".errors")[0] for one, _ in imported(tree)} & clients and not path.startswith(APART)
    }
    assert found == CALLERS | OWN_STATUS
    for path in found:
        for name, call in calls(modules()[path]):
            follow = [one.value for one in call.keywords if one.arg == "follow_redirects"]
            assert all(isinstance(one, ast.Constant) and one.value is False for one in follow), (path, name)


def test_measures_and_readiness_stay_inside_the_proxy() -> None:
    proxy = (ROOT / "deploy" / "Caddyfile").read_text("utf-8")
    closed = re.search(r"@inside path (.*)\n\thandle @inside \{\n\t\trespond 404\n", proxy)
    assert closed and set(closed[1].split()) == {"/metrics", "/livez", "/readyz"}
    assert proxy.index("handle @inside") < proxy.index("reverse_proxy")


def test_the_image_has_neither_tests_nor_a_repository() -> None:
    ignored = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text("utf-8").split()
    assert ignored[0] == "*"
    assert {one for one in ignored if one.startswith("!")} == {
        "!requirements.txt",
        "!contracts",
        "!services",
        "!assets",
    }
