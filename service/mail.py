"""Owns the sending of letters: by the mail server of the settings, or into the outbox.

A letter may carry a link that lets a person in, so nothing of it is logged: neither its text nor
whom it is for.
"""

from __future__ import annotations

import secrets
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, make_msgid, parseaddr
from pathlib import Path

from profiles import DariError, FieldError
from profiles.durable import put, sync
from service.settings import Settings

_PATIENCE = 20.0
"""How many seconds the mail server has for each of its answers."""

_OWN_ADDRESS = "dari@localhost"
_LONGEST_SUBJECT = 300


class MailError(DariError):
    """A letter that cannot be written or sent; its texts never name whom it was for.

    Args:
        value: the mail server, the outbox, or what part of the letter is wrong.
        code: what is wrong, as `messages.yaml` names it.
        params: what its texts tell.
    """

    def __init__(self, value: object, code: str, **params: object) -> None:
        self._said = FieldError("mail", code, value, params)
        rule, remedy = self.told("en")
        super().__init__(value=value, rule=rule, remedy=remedy)

    def told(self, lang: str) -> tuple[str, str]:
        """Give the rule and the remedy in `lang` ('en' or 'ko')."""
        return self._said.rule(lang), self._said.remedy(lang)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a letter, such as `text/calendar` with `(("method", "REQUEST"),)`."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent to one address: a subject of one line, a plain text, files."""

    to: str
    subject: str
    text: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivered:
    """How a letter went: `path` is its file in the outbox, None where a mail server took it."""

    path: Path | None


def has_mail_server(settings: Settings) -> bool:
    """Tell whether letters leave this machine; else they wait in the outbox, and pages say so."""
    return settings.smtp_host is not None


def deliver(settings: Settings, letter: Letter) -> Delivered:
    """Send a letter, or keep it as a file where no mail server is set.

    The file lies in `home/outbox`, for its owner alone, under a name that nobody can guess, and is
    on disk when this returns.

    Raises:
        MailError: if the address or the subject cannot stand in a header, the mail server cannot be
            reached or refuses the letter, or the outbox cannot be written.
    """
    message = compose(settings, letter)
    if has_mail_server(settings):
        _send(settings, message)
        return Delivered(None)
    return Delivered(_keep(settings.outbox, message))


def compose(settings: Settings, letter: Letter) -> EmailMessage:
    """Write a letter as RFC 5322 has it; no header can be broken out of.

    Raises:
        MailError: if an address, the subject or a name of a file cannot stand in a header.
    """
    sender = _address(settings.mail_from or _OWN_ADDRESS, "DARI_MAIL_FROM")
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = _address(letter.to, "to", named=False)
    message["Subject"] = _line(letter.subject, "subject")
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"
    try:
        message.set_content(letter.text)
        for one in letter.attachments:
            _attach(message, one)
    except UnicodeEncodeError as error:
        raise MailError("text", "mail_part") from error
    return message


def letters_to(settings: Settings, address: str) -> list[Path]:
    """Find the letters to an address that wait in the outbox."""
    wanted = address.casefold()
    if not wanted or not settings.outbox.is_dir():
        return []
    return [one for one in sorted(settings.outbox.glob("*.eml")) if wanted in _receivers(one)]


def _receivers(file: Path) -> list[str]:
    try:
        read = message_from_bytes(file.read_bytes(), policy=SMTPUTF8)
    except FileNotFoundError:  # somebody has deleted it while others were read
        return []
    return [one.addr_spec.casefold() for one in read["To"].addresses] if read["To"] else []


def _attach(message: EmailMessage, one: Attachment) -> None:
    main, _, sub = one.media_type.partition("/")
    name = _line(one.name, "attachment")
    params = {key: _line(value, "attachment") for key, value in one.parameters}
    message.add_attachment(one.content, main, sub, filename=name, params=params)


def _line(text: str, part: str) -> str:
    """Let a text stand in a header: one line, printable, not too long.

    Raises:
        MailError: naming the part, never what it held.
    """
    if not text.strip() or not text.isprintable() or len(text) > _LONGEST_SUBJECT:
        raise MailError(part, "mail_part")
    return text


def _address(text: str, part: str, *, named: bool = True) -> Address:
    """Read one address; a name may stand before it where `named`.

    Raises:
        MailError: naming the part, never what it held.
    """
    from email_validator import EmailNotValidError, validate_email

    name, spec = parseaddr(_line(text, part)) if named else ("", _line(text, part))
    try:
        if spec == _OWN_ADDRESS:
            return Address(name, addr_spec=spec)
        read = validate_email(spec, check_deliverability=False)
        return Address(name, read.ascii_local_part or read.local_part, read.ascii_domain)
    except (EmailNotValidError, HeaderParseError, ValueError) as error:
        raise MailError(part, "mail_part") from error


def _send(settings: Settings, message: EmailMessage) -> None:
    server = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        with _connect(settings) as connection:
            if settings.smtp_username:
                connection.login(settings.smtp_username, settings.smtp_password or "")
            connection.send_message(message)
    except smtplib.SMTPException as error:
        raise MailError(server, "mail_refused", why=_why(error)) from None
    except OSError as error:
        raise MailError(server, "mail_unreachable", why=type(error).__name__) from None


def _connect(settings: Settings) -> smtplib.SMTP:
    host, port = str(settings.smtp_host), settings.smtp_port
    if settings.smtp_security == "none":
        return smtplib.SMTP(host, port, timeout=_PATIENCE)
    trusted = ssl.create_default_context(cafile=settings.smtp_ca_file)
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=_PATIENCE, context=trusted)
    connection = smtplib.SMTP(host, port, timeout=_PATIENCE)
    _or_close(connection, lambda: connection.starttls(context=trusted))
    return connection


def _or_close(connection: smtplib.SMTP, step: Callable[[], object]) -> None:
    try:
        step()
    except BaseException:
        connection.close()
        raise


def _why(error: smtplib.SMTPException) -> str:
    """Say why a server refused by its number or the kind of error: its words name the address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "/".join(sorted({str(code) for code, _ in error.recipients.values()}))
    if isinstance(error, smtplib.SMTPResponseException):
        return str(error.smtp_code)
    return type(error).__name__


def _keep(outbox: Path, message: EmailMessage) -> Path:
    path = outbox / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(16)}.eml"
    try:
        if not outbox.exists():
            outbox.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync(outbox.parent)
        put(path, message.as_bytes(policy=SMTPUTF8).decode("utf-8"))
    except OSError as error:
        raise MailError(outbox, "mail_unkept", why=error.strerror) from error
    return path
