"""Content Credentials: a signed account of how a picture came about (C2PA).

XMP can be edited by anybody, and nobody notices. A C2PA manifest holds hashes of the file and of what
went in, and a signature over them: whoever changes a byte breaks it. It says who signed, not that
what they say is true. Needs c2pa-python: pip install "stylelab[credentials]".

C2PA technical specification, https://spec.c2pa.org/.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from stylelab.errors import OutputError, RightsError
from stylelab.pictures.atomic_files import atomic_write
from stylelab.pictures.images import load_image
from stylelab.pictures.picture_files import PictureFile, find_file, open_picture, read_metadata_only
from stylelab.rights.credit import MADE_WITH
from stylelab.rights.html import FORBIDDEN_COLOUR, PERMITTED_COLOUR, UNKNOWN_COLOUR, html_table
from stylelab.rights.writing import COMPOSITE_SOURCE_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from stylelab.pictures.images import Picture

Algorithm = Literal["es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519"]
SignatureState = Literal["trusted", "valid", "invalid"]

_MIME_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # a JPEG with further pictures behind it, as some cameras write
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
}


@dataclass(frozen=True)
class Credentials:
    """What a picture's signed account says, and whether it holds.

    Attributes:
        state: `"trusted"`: nothing was changed, and the signer's certificate comes from an authority
            that is trusted; `"valid"`: nothing was changed since the signer signed, but who that is
            rests on their own word; `"invalid"`: something was changed, or the signature is broken.
        signer: the name in the certificate, or None.
        issuer: the organisation in the certificate, or None.
        program: what wrote the account.
        kind: IPTC's digital source type, as an address, or None.
        inputs: titles of what went in.
        problems: codes of what does not hold (C2PA specification, validation status codes).
    """

    state: SignatureState
    signer: str | None
    issuer: str | None
    program: str | None
    kind: str | None
    inputs: tuple[str, ...]
    problems: tuple[str, ...]

    def _repr_html_(self) -> str:
        rows = [
            ("signed by", self.signer or "unknown"),
            ("at", self.issuer or "unknown"),
            ("with", self.program or "unknown"),
            ("kind", self.kind or "unknown"),
            ("made from", ", ".join(self.inputs) or "nothing named"),
            ("problems", ", ".join(self.problems) or "none"),
        ]
        colour = {
            "trusted": PERMITTED_COLOUR,
            "valid": UNKNOWN_COLOUR,
            "invalid": FORBIDDEN_COLOUR,
        }[self.state]
        return html_table(rows, self.state, colour)


# As the library would make them, they can be many times as large as the picture.
_THUMBNAIL_OPTIONS: dict[str, Any] = {
    "long_edge": 128,
    "format": "jpeg",
    "quality": "medium",
    "prefer_smallest_format": False,
}


def sign_picture(
    path: str | os.PathLike[str],
    *,
    certificate: str | os.PathLike[str],
    key: str | os.PathLike[str],
    inputs: Mapping[str, PictureFile | Picture] | None = None,
    title: str | None = None,
    algorithm: Algorithm = "es256",
    timestamp: str | None = None,
) -> Path:
    """Add a signed account of how a picture came about; the file is replaced in one step.

    The account says: the first input was opened, then edited with a trained model (`COMPOSITE_SOURCE_TYPE`), with
    the other inputs' help. It holds a hash and a small picture of each input, so that they can be
    recognised. Sign last: any change afterwards, of the metadata too, breaks it.

    Args:
        path: a saved picture: PNG, JPEG, WebP or TIFF.
        certificate: a file with your certificate chain, PEM, yours first. C2PA asks for an X.509
            version 3 certificate with the key usage digitalSignature and an extended key usage such
            as emailProtection or documentSigning.
        key: a file with your private key, PEM (PKCS #8), not encrypted.
        inputs: what went in, by name: files, their bytes, or pictures as arrays; the first is what
            was edited.
        title: what the picture is called; the file's name without it.
        algorithm: how the key signs: es256 for a P-256 key, ps256 for RSA, ed25519.
        timestamp: address of a time stamp service, which is asked over the network; none without it.

    Returns:
        The path.

    Raises:
        RightsError: c2pa-python is missing, the certificate or key cannot be used, or an input is no
            picture.
        PictureError: `path` is not a picture.
        OutputError: the signed file cannot be written.
    """
    c2pa = _import_c2pa()
    if algorithm not in get_args(Algorithm):
        raise RightsError(
            f"Expected an algorithm: {', '.join(get_args(Algorithm))}. Received: {algorithm!r}."
        )
    target = Path(find_file(path))
    mime = _require_mime(target)
    certificate_chain, private_key = (
        _read_pem(certificate, "CERTIFICATE"),
        _read_pem(key, "PRIVATE KEY"),
    )
    manifest = _make_manifest(title or target.name, list(inputs or {}))
    ingredients = [_read_ingredient(source) for source in (inputs or {}).values()]
    signed = BytesIO()
    try:
        context = c2pa.Context(
            c2pa.Settings.from_dict({"builder": {"thumbnail": _THUMBNAIL_OPTIONS}})
        )
        builder = c2pa.Builder(json.dumps(manifest), context=context)
        for number, (name, (file, its_mime)) in enumerate(
            zip(inputs or {}, ingredients, strict=True)
        ):
            relationship = "inputTo" if number else "parentOf"
            ingredient = {"title": name, "relationship": relationship, "label": name}
            builder.add_ingredient(json.dumps(ingredient), its_mime, file)
        information = c2pa.C2paSignerInfo(
            algorithm.encode(), certificate_chain, private_key, timestamp
        )
        with c2pa.Signer.from_info(information) as signer:
            builder.sign(signer, mime, BytesIO(target.read_bytes()), signed)
    except c2pa.C2paError as error:
        raise RightsError(
            f"Expected a certificate and key that C2PA can sign with as {algorithm}. Received: "
            f"{Path(certificate).name} and {Path(key).name}, which were refused ({error}). Check that "
            "they belong together, and the certificate's key usage (digitalSignature) and extended "
            "key usage (emailProtection or documentSigning)."
        ) from error
    _write_signed(target, signed.getvalue())
    return target


def validate_signing_key(
    certificate: str | os.PathLike[str],
    key: str | os.PathLike[str],
    *,
    algorithm: Algorithm = "es256",
) -> None:
    """Make sure, before long work, that its picture can be signed: a small one is, and thrown away.

    Raises:
        RightsError: c2pa-python is missing, or the certificate or key cannot be used.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rehearsal.png"
        path.write_bytes(_encode_png(np.zeros((8, 8, 3), np.float32)).getvalue())
        sign_picture(path, certificate=certificate, key=key, algorithm=algorithm)


def read_credentials(
    path: str | os.PathLike[str], *, trust: str | os.PathLike[str] | None = None
) -> Credentials | None:
    """Read and check the signed account in a picture.

    Args:
        path: a picture file.
        trust: a file with certificates of authorities that you trust, PEM. Without it nobody is.

    Returns:
        What it says, or None if the picture has none.

    Raises:
        PictureError: `path` is not a picture.
        RightsError: c2pa-python is missing, or `trust` cannot be read.
    """
    c2pa = _import_c2pa()
    target = Path(find_file(path))
    mime = _require_mime(target)
    verify: dict[str, Any] = {"verify_trust": True, "remote_manifest_fetch": False}
    settings: dict[str, Any] = {"verify": verify}
    if trust is not None:
        settings["trust"] = {"trust_anchors": _read_pem(trust, "CERTIFICATE").decode()}
    context = c2pa.Context(c2pa.Settings.from_dict(settings))
    try:
        with c2pa.Reader(mime, BytesIO(target.read_bytes()), context=context) as reader:
            return _parse_credentials(reader)
    except c2pa.C2paError.ManifestNotFound:
        return None
    except c2pa.C2paError as error:
        return Credentials("invalid", None, None, None, None, (), (str(error)[:200],))


def _parse_credentials(reader: Any) -> Credentials:
    manifest = reader.get_active_manifest() or {}
    results = (reader.get_validation_results() or {}).get("activeManifest", {})
    state: Any = (reader.get_validation_state() or "Invalid").lower()
    signature = manifest.get("signature_info", {})
    programs = manifest.get("claim_generator_info") or [{}]
    actions = [
        action
        for assertion in manifest.get("assertions", [])
        if assertion.get("label", "").startswith("c2pa.actions")
        for action in assertion["data"]["actions"]
    ]
    kinds = [action["digitalSourceType"] for action in actions if "digitalSourceType" in action]
    return Credentials(
        state=state,
        signer=signature.get("common_name"),
        issuer=signature.get("issuer"),
        program=programs[0].get("name"),
        kind=kinds[0] if kinds else None,
        inputs=tuple(one.get("title", "") for one in manifest.get("ingredients", [])),
        problems=tuple(problem["code"] for problem in results.get("failure", [])),
    )


def _make_manifest(title: str, names: list[str]) -> dict[str, Any]:
    """The account: created, or the first input opened, then edited with a trained model."""
    edited: dict[str, Any] = {"action": "c2pa.edited", "digitalSourceType": COMPOSITE_SOURCE_TYPE}
    edited["softwareAgent"] = {"name": MADE_WITH}
    if names[1:]:
        edited["parameters"] = {"ingredientIds": names[1:]}
    first: dict[str, Any] = (
        {"action": "c2pa.opened", "parameters": {"ingredientIds": names[:1]}}
        if names
        else {"action": "c2pa.created", "digitalSourceType": COMPOSITE_SOURCE_TYPE}
    )
    actions = {"label": "c2pa.actions.v2", "data": {"actions": [first, edited]}}
    generator = {"name": "stylelab"}
    return {"title": title, "claim_generator_info": [generator], "assertions": [actions]}


def _read_ingredient(source: PictureFile | Picture) -> tuple[BytesIO, str]:
    """A picture's bytes and their type: of a file as it is, of an array as PNG."""
    if isinstance(source, np.ndarray):
        return _encode_png(source), "image/png"
    if not isinstance(source, str | os.PathLike | bytes):
        raise RightsError(
            "Expected each input as a file or a picture. "
            f"Received: an object of type {type(source).__name__}."
        )
    # Pillow does not open all that load_image reads, such as cameras' RAW files.
    found = _find_mime(source) if read_metadata_only(source) is None else None
    if found is None:  # GIF, BMP, …: as a PNG of the same picture
        return _encode_png(load_image(source)), "image/png"
    data = source if isinstance(source, bytes) else Path(find_file(source)).read_bytes()
    return BytesIO(data), found


def _encode_png(picture: NDArray[np.float32]) -> BytesIO:
    from PIL import Image

    from stylelab.pictures.saving import to_uint8

    file = BytesIO()
    Image.fromarray(to_uint8(picture)).save(file, "PNG")
    file.seek(0)
    return file


def _require_mime(path: Path) -> str:
    found = _find_mime(path)
    if found is None:
        raise RightsError(
            f"Expected a picture as PNG, JPEG, WebP or TIFF. Received: {path.name}. "
            "Save it as one of these first."
        )
    return found


def _find_mime(file: PictureFile) -> str | None:
    with open_picture(file) as image:
        return _MIME_TYPES.get(image.format or "")


def _read_pem(path: str | os.PathLike[str], what: str) -> bytes:
    try:
        text = Path(os.path.expanduser(path)).read_bytes()  # noqa: PTH111 - never fails
    except OSError as error:
        raise RightsError(
            f"Expected a file with a {what.lower()} (PEM). Received: {str(path)!r} "
            f"({error.strerror}). Check the spelling."
        ) from error
    if f"{what}-----".encode() not in text:
        raise RightsError(
            f"Expected a file with a {what.lower()} (PEM). Received: {Path(path).name}, which has no "
            f"line «BEGIN {what}». Export it as PEM, without a password."
        )
    return text


def _write_signed(target: Path, signed: bytes) -> None:
    try:
        with atomic_write(target) as file:
            file.write(signed)
    except OSError as error:
        raise OutputError(
            f"Expected to write the signed picture. Received: {str(target)!r}, where writing failed "
            f"({error}). The unsigned one is as it was."
        ) from error


def _import_c2pa() -> Any:
    try:
        import c2pa
    except ImportError as error:
        raise RightsError(
            "Expected the package c2pa-python for Content Credentials. Received: none is installed. "
            'Run: pip install "stylelab[credentials]"'
        ) from error
    return c2pa
