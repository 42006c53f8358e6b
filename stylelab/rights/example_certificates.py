"""Certificates for trying out and testing signatures; no program trusts them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylelab.errors import RightsError

if TYPE_CHECKING:
    import os

AUTHORITY = "test authority"
VALID_DAYS = 7
"""Days for which the certificates are valid."""

_UNUSED_KEY_USAGES = (
    "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
    "decipher_only",
)  # fmt: skip


def make_test_certificates(
    folder: str | os.PathLike[str], name: str = "test signer", *, purpose: bool = True
) -> dict[str, Path]:
    """Create a certificate authority, and a certificate and key of a signer that it certifies.

    The signer's certificate meets the requirements of C2PA: X.509 version 3, key usage
    digitalSignature, extended key usage emailProtection. For real pictures, get a certificate from an
    authority that others trust.

    Args:
        folder: folder for the files, created if it is missing.
        name: name of the signer.
        purpose: whether to add the extended key usage, without which C2PA refuses a certificate.

    Returns:
        Paths by `"authority"` (its certificate), `"certificate"` (the signer's, then the authority's)
        and `"key"` (the signer's, not encrypted).

    Raises:
        RightsError: the package cryptography, which comes with c2pa-python, is missing.
    """
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError as error:
        raise RightsError(
            "Expected the package cryptography. Received: none is installed. "
            'Run: pip install "stylelab[credentials]"'
        ) from error
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    root = _certificate(AUTHORITY, keys[0], keys[0], purpose=None)
    signer = _certificate(name, keys[1], keys[0], purpose=purpose)
    pem = serialization.Encoding.PEM
    key = keys[1].private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    files = {
        "authority": root.public_bytes(pem),
        "certificate": signer.public_bytes(pem) + root.public_bytes(pem),
        "key": key,
    }
    directory = Path(folder)
    directory.mkdir(parents=True, exist_ok=True)
    paths = {name: directory / f"{name}.pem" for name in files}
    for kind, path in paths.items():
        path.write_bytes(files[kind])
    paths["key"].chmod(0o600)
    return paths


def _certificate(name: str, key: Any, authority_key: Any, *, purpose: bool | None) -> Any:
    """Certificate for `key`, signed by the authority; its own if `purpose` is None."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    authority = purpose is None
    now = dt.datetime.now(dt.UTC)
    usage = x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        **dict.fromkeys(_UNUSED_KEY_USAGES, False),
    )
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(_x509_name(name))
        .issuer_name(_x509_name(AUTHORITY))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=VALID_DAYS))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
    )
    if purpose:
        email = x509.oid.ExtendedKeyUsageOID.EMAIL_PROTECTION
        builder = builder.add_extension(x509.ExtendedKeyUsage([email]), critical=False)
    return builder.sign(authority_key, hashes.SHA256())


def _x509_name(name: str) -> Any:
    from cryptography import x509

    oid, attribute = x509.oid.NameOID, x509.NameAttribute
    organisation = attribute(oid.ORGANIZATION_NAME, "stylelab test")
    return x509.Name([organisation, attribute(oid.COMMON_NAME, name)])
