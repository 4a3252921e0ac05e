"""Servers on 127.0.0.1 for the network's tests: one that does as a script says, and real ones."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from contextlib import asynccontextmanager

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Script:
    """What a server does at each request, in turn; it counts connections and keeps requests."""

    def __init__(self, *acts):
        self.acts = iter(acts)
        self.connections = 0
        self.requests = []
        self.asked = asyncio.Event()
        self.writers = []

    async def serve(self, reader, writer):
        self.connections += 1
        self.writers.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]
                self.requests.append(head + await reader.readexactly(int(length)))
                self.asked.set()
                await next(self.acts)(writer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # the client has gone, or the test is over
        finally:
            writer.transport.abort()


def sends(*pieces, then=None):
    """Send pieces one by one, each after the loop has had time to deliver the last."""

    async def act(writer):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            for _ in range(3):
                await asyncio.sleep(0)
        if then:
            then(writer)

    return act


def closes(writer):
    writer.close()


def resets(writer):
    writer.transport.abort()


def never():
    """Say nothing until the client goes away."""

    async def act(writer):
        await writer.wait_closed()

    return act


@asynccontextmanager
async def scripted(script, host="127.0.0.1", **options):
    """Serve a script; yields the address."""
    server = await asyncio.start_server(script.serve, host, 0, **options)
    port = server.sockets[0].getsockname()[1]
    scheme = "https" if options.get("ssl") else "http"
    name = f"[{host}]" if ":" in host else host
    try:
        yield f"{scheme}://{name}:{port}"
    finally:
        server.close()
        for writer in script.writers:
            writer.transport.abort()


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        constraint = x509.BasicConstraints(ca=True, path_length=0)
        usage = x509.KeyUsage(
            *(False,) * 5, key_cert_sign=True, crl_sign=True, encipher_only=False,
            decipher_only=False,
        )  # fmt: skip
        self._certificate = (
            self._builder(self._name, self._key.public_key())
            .add_extension(constraint, critical=True)
            .add_extension(usage, critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )

    def trusting(self):
        """Return a client's context that trusts this authority alone."""
        pem = self._certificate.public_bytes(serialization.Encoding.PEM).decode()
        return ssl.create_default_context(cadata=pem)

    def serving(self, folder, *, address="127.0.0.1"):
        """Return a server's context with a certificate for an address."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            self._builder(subject, key.public_key())
            .add_extension(names, critical=False)
            .add_extension(issuer, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        file = folder / "server.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _builder(self, subject, public_key):
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
        )
