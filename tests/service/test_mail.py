"""Letters reach a real SMTP server on loopback, or the outbox; nothing in them breaks a header."""

from __future__ import annotations

import email
import logging
import ssl
from email.policy import default

import click
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from service.console import read_settings
from service.mail import Attachment, Letter, MailError, deliver, has_mail_server
from service.settings import Settings
from tests.servers import free_port

SECRET = "https://dari.example/d/open#abcdefghijklmnop"
LETTER = Letter(
    "김 대표@회사.한국".replace(" ", "."), "초안으로 돌아가기", f"안녕하세요.\n{SECRET}\n"
)
PLAIN = Letter("ceo@sonoeye.example", "초안으로 돌아가기", f"안녕하세요.\n{SECRET}\n")


class Box:
    """Keeps what a server was given, or answers as it is told."""

    def __init__(self, answer: str = "250 OK") -> None:
        self.taken, self.answer = [], answer

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.answer.startswith("5"):
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.taken.append((session, envelope))
        return self.answer


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def serve(authority, tmp_path):
    """Start a server on a free loopback port; give its box and the settings that lead to it."""
    started = []
    chain = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(chain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)

    def start(security="starttls", *, answer="250 OK", trusted=True, **settings):
        box = Box(answer)

        def check(server, session, envelope, mechanism, data):
            good = isinstance(data, LoginPassword) and data.password == b"s3cret-pass"
            return AuthResult(success=good, handled=good)

        ways = {
            "starttls": {"tls_context": context, "require_starttls": True},
            "tls": {"ssl_context": context},
            "none": {},
        }
        auth = {"authenticator": check} if "smtp_username" in settings else {}
        if auth and security == "starttls":
            auth |= {"auth_required": True}
        elif auth:
            auth |= {"auth_require_tls": False}  # TLS lies below what it looks at
        server = Controller(box, hostname="127.0.0.1", port=free_port(), **ways[security], **auth)
        server.start()
        started.append(server)
        known = {
            "mail_from": "다리 <dari@incubator.example>",
            "smtp_ca_file": chain if trusted else None,
        }
        return box, Settings(
            home=tmp_path,
            smtp_host="127.0.0.1",
            smtp_port=server.port,
            smtp_security=security,
            **(known | settings),
        )

    yield start
    for server in started:
        server.stop()


def read(content: bytes):
    return email.message_from_bytes(content, policy=default)


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
def test_a_server_takes_the_letter_as_it_was_written(serve, security):
    box, settings = serve(security)
    ics = Attachment("만남.ics", b"BEGIN:VCALENDAR\r\n", "text/calendar", (("method", "REQUEST"),))
    letter = Letter(PLAIN.to, PLAIN.subject, PLAIN.text, (ics,))
    assert deliver(settings, letter).path is None
    session, envelope = box.taken[0]
    assert (session.ssl is not None) == (security == "starttls")  # "tls" lies below it
    assert envelope.rcpt_tos == [PLAIN.to]
    got = read(envelope.content)
    assert (got["To"], got["Subject"]) == (PLAIN.to, PLAIN.subject)
    assert got["From"] == "다리 <dari@incubator.example>"
    assert got.get_body().get_content().splitlines() == PLAIN.text.splitlines()
    attached = next(got.iter_attachments())
    assert attached.get_filename() == "만남.ics"
    assert attached.get_content_type() == "text/calendar"
    assert attached.get_param("method") == "REQUEST"
    assert attached.get_payload(decode=True) == b"BEGIN:VCALENDAR\r\n"
    assert got["Auto-Submitted"] == "auto-generated"
    assert "incubator.example" in got["Message-ID"]
    assert not settings.outbox.exists()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_it_signs_in_where_a_name_is_set(serve, security):
    box, settings = serve(security, smtp_username="dari", smtp_password="s3cret-pass")
    deliver(settings, PLAIN)
    session, _ = box.taken[0]
    assert session.authenticated
    assert "s3cret-pass" not in repr(settings)


def test_a_wrong_password_a_refusal_and_an_unknown_certificate_are_named(serve):
    _, wrong = serve(smtp_username="dari", smtp_password="another-pass")
    with pytest.raises(MailError, match="535"):
        deliver(wrong, PLAIN)
    _, refusing = serve("none", answer=f"550 no such person {PLAIN.to}")
    with pytest.raises(MailError, match="550") as caught:
        deliver(refusing, PLAIN)
    assert PLAIN.to not in str(caught.value)
    assert "받지 않았습니다" in caught.value.told("ko")[0]
    for security in ("starttls", "tls"):
        box, strange = serve(security, trusted=False)
        with pytest.raises(MailError, match="SSLCertVerificationError"):
            deliver(strange, PLAIN)
        assert box.taken == []


def test_a_server_that_offers_no_tls_gets_no_letter(serve):
    box, settings = serve("none")
    with pytest.raises(MailError, match="SMTPNotSupportedError"):
        deliver(settings.model_copy(update={"smtp_security": "starttls"}), PLAIN)
    assert box.taken == []


def test_a_server_that_is_away_is_named(tmp_path):
    settings = Settings(
        home=tmp_path, smtp_host="127.0.0.1", smtp_port=1, mail_from="dari@incubator.example"
    )
    with pytest.raises(MailError, match=r"127\.0\.0\.1:1 cannot be reached"):
        deliver(settings, PLAIN)


def test_without_a_server_the_letter_waits_in_the_outbox(tmp_path):
    settings = Settings(home=tmp_path / "var")
    assert not has_mail_server(settings)
    path = deliver(settings, PLAIN).path
    assert path.parent == settings.outbox
    assert path.stat().st_mode & 0o777 == 0o600
    assert settings.outbox.stat().st_mode & 0o777 == 0o700
    assert len(path.stem.rsplit("-", 1)[1]) == 32
    got = read(path.read_bytes())
    assert (got["To"], got["Subject"]) == (PLAIN.to, PLAIN.subject)
    assert got.get_body().get_content().splitlines() == PLAIN.text.splitlines()
    assert deliver(settings, PLAIN).path != path


def test_an_outbox_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "outbox").write_text("in the way")
    with pytest.raises(MailError, match="cannot be kept"):
        deliver(Settings(home=tmp_path), PLAIN)


def test_an_address_in_korean_is_kept(tmp_path):
    path = deliver(Settings(home=tmp_path), LETTER).path
    assert read(path.read_bytes())["To"].startswith("김.대표@")


@pytest.mark.parametrize(
    "letter",
    [
        Letter("a@firm.example\nBcc: other@firm.example", "s", "t"),
        Letter("a@firm.example, other@firm.example", "s", "t"),
        Letter("Name <a@firm.example>", "s", "t"),
        Letter("", "s", "t"),
        Letter("a@firm.example\x00", "s", "t"),
        Letter("a@firm.example", "s\r\nBcc: other@firm.example", "t"),
        Letter("a@firm.example", "s\u2028X", "t"),
        Letter("a@firm.example", "s" * 1000, "t"),
        Letter("a@firm.example", "", "t"),
        Letter("a@firm.example", "s", "\ud800"),
        Letter("a@firm.example", "s", "t", (Attachment("a\r\nX: y", b""),)),
        Letter("a@firm.example", "s", "t", (Attachment("a", b"", "a/b", (("c", "d\r\nX: y"),)),)),
    ],
)
def test_no_header_is_broken_out_of(tmp_path, letter):
    with pytest.raises(MailError, match="cannot be written") as caught:
        deliver(Settings(home=tmp_path), letter)
    assert "firm.example" not in str(caught.value)
    assert not (tmp_path / "outbox").exists()


def test_nothing_of_a_letter_is_logged(serve, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    deliver(Settings(home=tmp_path), PLAIN)
    _, refusing = serve("none", answer="550 no")
    with pytest.raises(MailError):
        deliver(refusing, PLAIN)
    own = [one for one in caplog.records if not one.name.startswith("mail.")]  # aiosmtpd's
    text = "\n".join(logging.Formatter().format(one) for one in own)
    assert PLAIN.to not in text
    assert SECRET not in text


@pytest.mark.parametrize(
    "given",
    [
        {"DARI_SMTP_HOST": "mail.example"},
        {
            "DARI_SMTP_HOST": "mail.example",
            "DARI_MAIL_FROM": "a@b.example",
            "DARI_SMTP_PASSWORD": "x",
            "DARI_SMTP_SECURITY": "none",
        },
    ],
)
def test_settings_that_cannot_send_are_named(monkeypatch, given):
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(click.UsageError, match="DARI_MAIL_FROM"):
        read_settings()
