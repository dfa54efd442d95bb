"""The sandbox's certificate authority and the certificate its clouds show."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from keystead_sandbox.host.place import write_private

LIFETIME = timedelta(days=30)
MARGIN = timedelta(days=2)
"""Clouds end after 12 hours without a request; one that is used for longer than this asks for `down` and `up`."""


def ensure(directory: Path) -> None:
    """Write ca.pem, server.pem and server.key, unless the present ones are good for a while.

    The authority's key is never written: it signs one certificate and is forgotten.
    """
    if _good(directory):
        return
    now = datetime.now(UTC)
    authority = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "keystead sandbox authority")])
    root = (
        _builder(name, name, authority.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(authority, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    leaf = (
        _builder(subject, name, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
        .sign(authority, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(directory / "server.key", private.decode())
    write_private(directory / "server.pem", leaf.public_bytes(serialization.Encoding.PEM).decode())
    write_private(directory / "ca.pem", root.public_bytes(serialization.Encoding.PEM).decode())


def _good(directory: Path) -> bool:
    files = [directory / name for name in ("server.key", "server.pem", "ca.pem")]
    if not all(file.exists() for file in files):
        return False
    ends = x509.load_pem_x509_certificate(files[2].read_bytes()).not_valid_after_utc
    return ends - datetime.now(UTC) > MARGIN


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
