"""A real mail server of one function: enough of SMTP (RFC 5321) to take a message, or to refuse it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Mailbox:
    """What arrived. ``refusal`` is what the server says instead of taking a message, such as ``451 Later``."""

    port: int = 0
    refusal: str = ""
    messages: list[bytes] = field(default_factory=list)


@contextmanager
def running_mailbox() -> Iterator[Mailbox]:
    """A server on a free port of loopback."""
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 mailbox")
            while line := self.rfile.readline():
                word = line.split()[0].upper() if line.split() else b""
                if word == b"DATA" and not box.refusal:
                    self.say("354 go on")
                    lines = iter(self.rfile.readline, b".\r\n")
                    box.messages.append(b"".join(lines))
                    self.say("250 taken")
                elif word == b"QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say(box.refusal if word == b"MAIL" and box.refusal else "250 mailbox")

        def say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        box.port = server.server_address[1]
        yield box
        server.shutdown()
