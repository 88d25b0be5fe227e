"""A real LDAP directory for tests: OpenLDAP's slapd, in a folder of its own.

It listens on 127.0.0.1 alone, on ports that were free, shows a certificate made at
start, and is stopped by its process id. People may come and go while it runs.

Started by hand, it is a directory to try ``examples/loaders/from_a_directory.py`` with:
``python tests/examples/slapd.py`` prints what to type.
"""

import contextlib
import ipaddress
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# Debian keeps daemons where an ordinary user's PATH does not look.
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
SLAPD = shutil.which("slapd", path=PATH)
SLAPADD = shutil.which("slapadd", path=PATH)
SCHEMAS = Path("/etc/ldap/schema")
MODULES = Path("/usr/lib/ldap")

PATIENCE = 10
"""Seconds for slapd to come up, or to go; it takes about a tenth of one."""

PORTS = range(20_000, 32_000)
"""Below those that Linux gives to whoever calls out (32768 and up): what was free a
moment ago is still, also while a server rests."""

ROOT = "dc=example,dc=org"
PEOPLE = f"ou=people,{ROOT}"
READER = f"cn=reader,{ROOT}"
ADMIN = f"cn=admin,{ROOT}"

CONF = """\
include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/inetorgperson.schema
modulepath {modules}
moduleload back_mdb
pidfile {folder}/pid
argsfile {folder}/args
{tls}
{settings}
database mdb
maxsize 16777216
suffix "{root}"
rootdn "{admin}"
rootpw "{password}"
directory {folder}/db
access to attrs=userPassword by self write by anonymous auth by * none
access to * by {readers} read by * none
"""

# Whoever speaks in clear is refused: a test that passes has spoken through TLS.
TLS = """\
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/certificate.pem
TLSCertificateKeyFile {folder}/key.pem
security tls=1
"""


def is_installed() -> bool:
    """Say whether slapd is here, its schemas and modules where Debian puts them."""
    return bool(SLAPD and SLAPADD and SCHEMAS.is_dir() and MODULES.is_dir())


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody in the directory; tests know the password, for they type it."""

    uid: str
    name: str
    password: str = field(default_factory=secrets.token_urlsafe)
    kind: str = "inetOrgPerson"

    @property
    def dn(self) -> str:
        # RFC 4514, 2.4: these stand in a name behind a backslash.
        escaped = re.sub(r'([,+"\\<>;=#])', r"\\\1", self.name)
        return f"cn={escaped},{PEOPLE}"

    @property
    def attributes(self) -> dict[str, str]:
        return {
            "objectClass": self.kind,
            "uid": self.uid,
            "cn": self.name,
            "sn": self.name,
            "userPassword": self.password,
        }


class Authority:
    """Signs the certificates of servers, and is believed by its own tests only."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = self._key.public_key()
        name = "CN=An authority for one test"
        # The key's purpose and name: Python 3.13 asks for both (VERIFY_X509_STRICT).
        self._certificate = (
            _certificate(name, name, public)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_to_sign_certificates(), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(public), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def certify(self, names: Iterable[str]) -> tuple[bytes, bytes]:
        """Make a key and a certificate for these hosts and addresses, both in PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(
            self._key.public_key()
        )
        certificate = (
            _certificate(
                "CN=A directory for one test",
                self._certificate.subject.rfc4514_string(),
                key.public_key(),
            )
            .add_extension(
                x509.SubjectAlternativeName([_general_name(name) for name in names]),
                critical=False,
            )
            .add_extension(issuer, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return (
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
            certificate.public_bytes(serialization.Encoding.PEM),
        )


class Directory:
    """One slapd, and the people in it.

    Args:
        folder: an empty one; everything is kept there.
        people: who is in it from the start.
        authority: who signs its certificate; None for a server that has no TLS.
        names: the hosts and addresses that the certificate is for.
        readers: who may read about people, in slapd's words: its own reader, or ``*``
            for anybody.
        settings: more lines of its configuration.

    """

    def __init__(
        self,
        folder: Path,
        people: Iterable[Person] = (),
        *,
        authority: Authority | None,
        names: Iterable[str] = ("localhost", "127.0.0.1"),
        readers: str = f'dn.exact="{READER}"',
        settings: str = "",
    ) -> None:
        self.ca_file = folder / "ca.pem"
        self.reader_password = secrets.token_urlsafe()
        self._folder = folder
        self._conf = folder / "slapd.conf"
        self._admin_password = secrets.token_urlsafe()
        self._process: subprocess.Popen[bytes] | None = None
        self._ports = dict(zip(["ldap", "ldaps"], _free_ports(2), strict=True))

        if authority:
            key, certificate = authority.certify(names)
            (folder / "key.pem").write_bytes(key)
            (folder / "certificate.pem").write_bytes(certificate)
            self.ca_file.write_bytes(authority.pem)
        self._conf.write_text(
            CONF.format(
                folder=folder,
                schemas=SCHEMAS,
                modules=MODULES,
                root=ROOT,
                admin=ADMIN,
                password=self._admin_password,
                readers=readers,
                settings=settings,
                tls=TLS.format(folder=folder) if authority else "",
            )
        )
        self._fill(people)

    def url(self, scheme: str) -> str:
        """Say where it is, in ``ldap`` (for StartTLS) or in ``ldaps``."""
        return f"{scheme}://localhost:{self._ports[scheme]}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it; once more, too, and then where it was before.

        Raises:
            RuntimeError: it did not come up.

        """
        addresses = [f"{k}://127.0.0.1:{port}" for k, port in self._ports.items()]
        # -d 0: it stays a child of this process, and is quiet.
        self._process = subprocess.Popen(
            [str(SLAPD), "-f", self._conf, "-h", " ".join(addresses), "-d", "0"],
            stdin=subprocess.DEVNULL,
        )
        if not self._is_up(self._process):
            self.stop()
            raise RuntimeError(f"slapd did not come up: {self._complaint()}")

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGCONT)  # what stands still does not hear
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(PATIENCE)
        self._process = None

    def stand_still(self) -> None:
        """Take connections from now on, and answer nothing, until it is stopped."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def add(self, person: Person) -> None:
        with self._as_admin() as admin:
            admin.add(person.dn, attributes=person.attributes)

    def remove(self, person: Person) -> None:
        with self._as_admin() as admin:
            admin.delete(person.dn)

    def change(self, person: Person, attribute: str, value: str) -> None:
        with self._as_admin() as admin:
            admin.modify(person.dn, {attribute: [("MODIFY_REPLACE", [value])]})

    def _fill(self, people: Iterable[Person]) -> None:
        reader = {
            "objectClass": "person",
            "cn": "reader",
            "sn": "reader",
            "userPassword": self.reader_password,
        }
        entries: list[tuple[str, dict[str, str]]] = [
            (ROOT, {"objectClass": "domain", "dc": "example"}),
            (PEOPLE, {"objectClass": "organizationalUnit", "ou": "people"}),
            (READER, reader),
            *((person.dn, person.attributes) for person in people),
        ]
        ldif = self._folder / "people.ldif"
        ldif.write_text("\n".join(_ldif(dn, values) for dn, values in entries))
        (self._folder / "db").mkdir()
        subprocess.run(
            [str(SLAPADD), "-f", self._conf, "-l", ldif], check=True, timeout=PATIENCE
        )

    def _is_up(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait until it listens, or has ended, or patience has."""
        address = ("127.0.0.1", self._ports["ldap"])
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            # It writes its id once the ports are its own, so nobody else answers.
            with contextlib.suppress(OSError):
                if (self._folder / "pid").read_text().strip() == str(process.pid):
                    socket.create_connection(address, timeout=1).close()
                    return True
            time.sleep(0.01)
        return False

    def _complaint(self) -> str:
        test = subprocess.run(
            [str(SLAPD), "-T", "test", "-f", self._conf],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        return test.stderr.strip() or "is a port taken?"

    @contextlib.contextmanager
    def _as_admin(self) -> Iterator[Any]:
        # Not above: it warns while it is imported, and a test says that it may.
        import ldap3

        admin = ldap3.Connection(
            ldap3.Server(self.url("ldaps"), get_info=ldap3.NONE),
            ADMIN,
            self._admin_password,
            raise_exceptions=True,
        )
        admin.bind()
        try:
            yield admin
        finally:
            admin.unbind()


def _certificate(
    subject: str, issuer: str, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name.from_rfc4514_string(subject))
        .issuer_name(x509.Name.from_rfc4514_string(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )


def _to_sign_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _free_ports(count: int) -> list[int]:
    """Find ports that nobody has; all are held until the last one is found."""
    ports: list[int] = []
    with contextlib.ExitStack() as held:
        while len(ports) < count:
            port = secrets.choice(PORTS)
            with contextlib.suppress(OSError):
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
                ports.append(port)
    return ports


def _ldif(dn: str, values: dict[str, str]) -> str:
    """Write an entry; in base64, so that any character may stand in it."""
    lines = {"dn": dn, **values}.items()
    return "".join(f"{k}:: {b64encode(v.encode()).decode()}\n" for k, v in lines)


SHOWN = """\
export LDAP_URL={url}
export LDAP_CA_FILE={ca_file}
export LDAP_PEOPLE={people}
export LDAP_READER={reader}
export LDAP_READER_PASSWORD={reader_password}
# Sign in as ada with the password {password}
"""


def show() -> None:
    """Run a directory until Ctrl-C, and say how to use it."""
    ada = Person(uid="ada", name="Ada Lovelace")
    # To be ended politely is the same: the directory must not stay.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        contextlib.suppress(KeyboardInterrupt),
        tempfile.TemporaryDirectory() as folder,
        Directory(Path(folder), [ada], authority=Authority()) as directory,
    ):
        shown = SHOWN.format(
            url=directory.url("ldaps"),
            ca_file=directory.ca_file,
            people=PEOPLE,
            reader=READER,
            reader_password=directory.reader_password,
            password=ada.password,
        )
        sys.stdout.write(shown)
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    show()
