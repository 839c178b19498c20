"""Owns mail of an installation without a mail server: it is printed where a person sees it, in the terminal."""

from __future__ import annotations

from email.message import Message

from django.core.mail.backends.console import EmailBackend
from django.core.mail.message import EmailMessage

RULE = "-" * 72


class TerminalBackend(EmailBackend):
    """Prints recipient, subject and text, without headers, so that a code or a link can be copied."""

    def write_message(self, message: EmailMessage) -> None:
        built: Message = message.message()
        lines = [
            RULE,
            f"E-mail to {', '.join(message.to)}",
            f"Subject: {built['Subject']}",
            "",
            message.body.strip(),
            RULE,
        ]
        self.stream.write("\n".join(lines) + "\n")
