"""The mailbox of the demo: what was written into its folder is read there, and nothing else."""

from email.message import EmailMessage

from tests.support.sandbox import SandboxServer

NAME = "0199b4c1-7a52-7d3e-9f10-2b6a4c8d1e55"


def put(sandbox: SandboxServer, name: str = NAME) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Stadt <k@s.example>", "e@example.org", "Ihre <b>Quittung</b>"
    message.set_content("Guten Tag")
    message.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="quittung.pdf")
    folder = sandbox.data / "mail"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.eml").write_bytes(message.as_bytes())


def test_a_mail_can_be_read_with_its_file(sandbox: SandboxServer) -> None:
    put(sandbox)
    page = sandbox.http.get("/postfach").text
    assert "Ihre &lt;b&gt;Quittung&lt;/b&gt;" in page
    assert "e@example.org" in page and "Guten Tag" in page
    file = sandbox.http.get(f"/postfach/{NAME}/0")
    assert (file.content, file.headers["Content-Type"]) == (b"%PDF-1", "application/pdf")
    assert "/postfach" in sandbox.http.get("/").text


def test_no_other_file_is_handed_out(sandbox: SandboxServer) -> None:
    put(sandbox)
    for path in (f"{NAME}/1", "x" * 36 + "/0", "..%2fadmin-token/0", "0199b4c1-7a52-7d3e-9f10-2b6a4c8d1e56/0"):
        assert sandbox.http.get(f"/postfach/{path}").status_code == 404
