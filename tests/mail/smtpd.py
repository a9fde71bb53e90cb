"""A real SMTP server (aiosmtpd) with the moods that the mail tests need.

Prints one JSON object a line: first {"event": "listening", "address": …, "port": …}, then what happens.
Ends when its standard input closes, so that it never outlives the test that started it.
"""
import argparse
import asyncio
import base64
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


def tell(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


class Server(SMTP):
    """Counts connections; a STARTTLS does not make a second one."""

    def connection_made(self, transport):
        if not getattr(self, "was_made", False):
            self.was_made = True
            tell("connection")
        super().connection_made(transport)

    def connection_lost(self, error):
        tell("gone")
        super().connection_lost(error)


class Moods:
    def __init__(self, options):
        self.options = options
        self.later = options.later
        self.deaths = options.die_after_data
        self.slow_left = options.slow_count

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address in self.options.refuse:
            tell("refused", to=address)
            return "550 5.1.1 <%s>: no such mailbox" % address
        if self.later > 0:
            self.later -= 1
            tell("later", to=address)
            return "451 4.7.1 Greylisted, please come back"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        facts = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None or self.options.smtps,
            "user": session.auth_data.decode() if isinstance(session.auth_data, bytes) else None,
            "data": base64.b64encode(envelope.original_content).decode(),
        }
        if self.options.slow > 0 and self.slow_left != 0:
            self.slow_left -= 1
            tell("slow", **facts)
            await asyncio.sleep(self.options.slow)
        if self.options.refuse_data:
            tell("refused", to=envelope.rcpt_tos[0])
            return "554 5.6.0 This message is not wanted"
        if self.deaths > 0:
            self.deaths -= 1
            tell("dying", **facts)
            os._exit(7)
        tell("message", **facts)
        return "250 OK"


def authenticator(options):
    user, password = options.auth.split(":", 1)

    def check(server, session, envelope, mechanism, data):
        good = data.login.decode() == user and data.password.decode() == password
        tell("auth", good=good, tls=session.ssl is not None)
        return AuthResult(success=good, handled=False, auth_data=data.login)

    return check


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--auth", help="USER:PASSWORD, without which nothing is taken")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--smtps", action="store_true", help="TLS from the first byte instead of STARTTLS")
    parser.add_argument("--slow", type=float, default=0, help="seconds before the answer to a message")
    parser.add_argument("--slow-count", type=int, default=-1, help="only so many messages are slow")
    parser.add_argument("--refuse", action="append", default=[], help="an address that gets 550")
    parser.add_argument("--ascii", action="store_true", help="no SMTPUTF8")
    parser.add_argument("--refuse-data", action="store_true", help="every message gets 554")
    parser.add_argument("--later", type=int, default=0, help="so many recipients get 451 first")
    parser.add_argument("--die-after-data", type=int, default=0, help="dies after a message was read, unanswered")
    return parser.parse_args()


async def main():
    options = arguments()
    tls = None
    if options.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.certificate, options.key)
    moods = Moods(options)
    settings = {"hostname": "test.invalid", "enable_SMTPUTF8": not options.ascii}
    if tls and not options.smtps:
        settings["tls_context"] = tls
    if options.auth:
        settings.update(authenticator=authenticator(options), auth_required=True, auth_require_tls=False)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Server(moods, loop=loop, **settings),
        options.address, options.port, ssl=tls if options.smtps else None)
    address, port = server.sockets[0].getsockname()[:2]
    tell("listening", address=address, port=port)
    ended = loop.create_future()
    loop.add_reader(sys.stdin, lambda: sys.stdin.buffer.read1(4096) or ended.done() or ended.set_result(None))
    await ended
    os._exit(0)


asyncio.run(main())
