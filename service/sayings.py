"""Owns what Flask-Security says, in our words; the catalogue translates it when it is said."""

from __future__ import annotations

from typing import Any


def _(text: str) -> str:
    """Mark a text for the catalogue."""
    return text


def sayings() -> dict[str, Any]:
    """Give the messages and subjects under the names of Flask-Security's configuration."""
    told = {name: (text, kind) for kind, texts in _TOLD.items() for name, text in texts.items()}
    return {f"MSG_{name}": said for name, said in told.items()} | _SUBJECTS


_BROKEN = _("This link does not work: it may have been used or cut off.")
_OLD = _("This link is too old. Ask for another one.")
_TOLD = {
    "info": {
        "PASSWORD_RESET_REQUEST": _("If %(email)s has an account, a letter is on its way."),
        "CONFIRMATION_REQUEST": _("If %(email)s waits to be confirmed, a letter is on its way."),
        "CONFIRM_REGISTRATION": _("A letter with a link to confirm %(email)s is on its way."),
        "ALREADY_CONFIRMED": _("Your address is confirmed. You can sign in."),
        "NO_RECOVERY_CODES_SETUP": _("There are no recovery codes yet."),
        "REAUTHENTICATION_SUCCESSFUL": _("Thank you. Go on."),
    },
    "success": {
        "EMAIL_CONFIRMED": _("Your address is confirmed. You can sign in."),
        "PASSWORD_RESET_NO_LOGIN": _("Your new password is kept. Sign in with it."),
        "PASSWORD_CHANGE": _("Your password has been changed."),
        "TWO_FACTOR_LOGIN_SUCCESSFUL": _("You are signed in."),
        "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": _("The second step is on. Make recovery codes now."),
        "TWO_FACTOR_DISABLED": _("The second step is off."),
    },
    "error": {
        "GENERIC_AUTHN_FAILED": _("This address and password do not go together."),
        "INVALID_CONFIRMATION_TOKEN": _BROKEN,
        "INVALID_RESET_PASSWORD_TOKEN": _BROKEN,
        "CONFIRMATION_EXPIRED": _OLD,
        "PASSWORD_RESET_EXPIRED": _OLD,
        "TWO_FACTOR_SETUP_EXPIRED": _("That took too long. Please begin again."),
        "TWO_FACTOR_PERMISSION_DENIED": _("Please sign in again."),
        "TWO_FACTOR_INVALID_TOKEN": _("This code is not right, or has been used."),
        "TWO_FACTOR_METHOD_NOT_AVAILABLE": _("Please choose again."),
        "INVALID_RECOVERY_CODE": _("This code is not right, or has been used."),
        "INVALID_CODE": _("This code is not right, or has been used."),
        "INVALID_PASSWORD": _("This is not your password."),
        "PASSWORD_NOT_PROVIDED": _("Please give a password."),
        "RETYPE_PASSWORD_MISMATCH": _("The two passwords are not the same."),
        "PASSWORD_IS_THE_SAME": _("This is the password that you have. Please choose another one."),
        "EMAIL_NOT_PROVIDED": _("Please give an e-mail address."),
        "INVALID_EMAIL_ADDRESS": _("This is no whole e-mail address."),
        "INVALID_INPUT": _("This value cannot be used."),
        "API_ERROR": _("This value cannot be used."),
        "UNAUTHENTICATED": _("Please sign in again."),
        "REAUTHENTICATION_REQUIRED": _("Please give your password once more."),
        "ANONYMOUS_USER_REQUIRED": _("You are signed in already."),
    },
}
_SUBJECTS = {
    "EMAIL_SUBJECT_REGISTER": _("Your account at Dari"),
    "EMAIL_SUBJECT_CONFIRM": _("Confirm your address for Dari"),
    "EMAIL_SUBJECT_PASSWORD_RESET": _("A new password for Dari"),
    "EMAIL_SUBJECT_PASSWORD_NOTICE": _("Your password at Dari has been changed"),
    "EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": _("Your password at Dari has been changed"),
}
