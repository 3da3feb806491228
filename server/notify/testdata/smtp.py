"""A mail server of one process on a free port, for tests: smtp.py none|starttls|tls [CERT KEY].

It prints its port, and then each message as one line of JSON. With TLS it takes nothing from anybody
but user, whose password is its own.
"""
import json
import socket
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    async def handle_DATA(self, server, session, envelope):
        print(json.dumps({
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": server.transport.get_extra_info("ssl_object") is not None,
            "user": session.authenticated, "data": envelope.content.decode("utf-8", "replace"),
        }), flush=True)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b"user" and data.password == b"correct horse", handled=False)


class Server(Controller):
    def __init__(self, mode, context):
        self.mode, self.context = mode, context
        super().__init__(Handler(), hostname="127.0.0.1", port=0, ssl_context=context if mode == "tls" else None)

    def factory(self):
        if self.mode == "none":
            return SMTP(self.handler)
        return SMTP(self.handler, require_starttls=self.mode == "starttls", auth_required=True, authenticator=authenticate,
                    auth_require_tls=self.mode == "starttls", tls_context=self.context if self.mode == "starttls" else None)

    def _trigger_server(self):
        socket.create_connection(self.server.sockets[0].getsockname()).close()  # it would connect to port 0 itself


context = None
if sys.argv[1] != "none":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
server = Server(sys.argv[1], context)
server.start()
print(server.server.sockets[0].getsockname()[1], flush=True)
sys.stdin.read()  # until whoever started it has ended
server.stop()
