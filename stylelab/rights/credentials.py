"""Content Credentials: sign how a picture was made, and check such signatures (C2PA).

Anybody can edit XMP without leaving a trace. A C2PA manifest contains hashes of the file and of the
input pictures, and a signature over them: changing a single byte breaks it. It proves who signed, not
that the statements are true. Needs c2pa-python: pip install "stylelab[credentials]".

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
from stylelab.pictures.encoding import encode_png
from stylelab.pictures.file_access import PictureFile, find_file
from stylelab.pictures.images import load_image
from stylelab.pictures.picture_files import open_picture, read_metadata_only
from stylelab.rights.credit import MADE_WITH
from stylelab.rights.html import FORBIDDEN_COLOUR, PERMITTED_COLOUR, UNKNOWN_COLOUR, html_table
from stylelab.rights.writing import COMPOSITE_SOURCE_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.pictures.images import Picture

Algorithm = Literal["es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519"]
SignatureState = Literal["trusted", "valid", "invalid"]

_MIME_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # a JPEG followed by further pictures, as some cameras write
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
}


@dataclass(frozen=True)
class Credentials:
    """Contents of a picture's C2PA manifest, and whether its signature holds.

    Attributes:
        state: `"trusted"`: unchanged since it was signed, and the certificate comes from a trusted
            authority; `"valid"`: unchanged, but no trusted authority confirms who signed;
            `"invalid"`: changed after signing, or the signature is broken.
        signer: name in the certificate, or None.
        issuer: organisation in the certificate, or None.
        program: program that wrote the manifest, or None.
        kind: IPTC digital source type (a URL), or None.
        inputs: titles of the input pictures.
        problems: failed checks (C2PA specification, validation status codes).
    """

    state: SignatureState
    signer: str | None
    issuer: str | None
    program: str | None
    kind: str | None
    inputs: tuple[str, ...]
    problems: tuple[str, ...]

    def _repr_html_(self) -> str:
        facts = ("signer", "issuer", "program", "kind")
        rows = [(name, getattr(self, name) or "unknown") for name in facts]
        lists = ("inputs", "problems")
        rows += [(name, ", ".join(getattr(self, name)) or "none") for name in lists]
        colours = {"trusted": PERMITTED_COLOUR, "valid": UNKNOWN_COLOUR}
        return html_table(rows, self.state, colours.get(self.state, FORBIDDEN_COLOUR))


# The library's own thumbnails can be many times as large as the picture.
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
    """Sign how a picture was made: add a C2PA manifest to its file, which is replaced atomically.

    The manifest says that the first input was opened and then edited with a trained model
    (`COMPOSITE_SOURCE_TYPE`) and the other inputs. It contains a hash and a thumbnail of each input.
    Sign last: any later change of the file, metadata included, breaks the signature.

    ```python
    from stylelab.rights.example_certificates import make_test_certificates

    files = make_test_certificates("keys")  # no program trusts these
    path = sl.save_image("signed.png", photo)
    sl.sign_picture(path, certificate=files["certificate"], key=files["key"])
    sl.read_credentials(path).state  # "valid"
    ```

    Args:
        path: a saved picture: PNG, JPEG, WebP or TIFF.
        certificate: PEM file with your certificate chain, yours first. C2PA requires an X.509 version
            3 certificate with the key usage digitalSignature and an extended key usage such as
            emailProtection or documentSigning.
        key: PEM file with your private key (PKCS #8), not encrypted.
        inputs: input pictures by name: files, their bytes, or arrays (H, W, 3); the first is the one
            that was edited.
        title: title of the picture; by default the name of the file.
        algorithm: signature algorithm: es256 for a P-256 key, ps256 for RSA, ed25519.
        timestamp: URL of a time stamp service to use, if any.

    Returns:
        The path.

    Raises:
        RightsError: c2pa-python is missing, the certificate or key cannot be used, or an input is not
            a picture.
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
    certificate_chain = _read_pem(certificate, "CERTIFICATE")
    private_key = _read_pem(key, "PRIVATE KEY")
    ingredients = {name: _read_ingredient(source) for name, source in (inputs or {}).items()}
    signed = BytesIO()
    try:
        context = c2pa.Context(
            c2pa.Settings.from_dict({"builder": {"thumbnail": _THUMBNAIL_OPTIONS}})
        )
        manifest = _make_manifest(title or target.name, list(ingredients))
        builder = c2pa.Builder(json.dumps(manifest), context=context)
        for number, (name, (file, its_mime)) in enumerate(ingredients.items()):
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
    try:
        with atomic_write(target) as output:
            output.write(signed.getvalue())
    except OSError as error:
        raise OutputError(
            f"Expected to write the signed picture. Received: {str(target)!r}, where writing failed "
            f"({error}). The unsigned picture was not changed."
        ) from error
    return target


def validate_signing_key(
    certificate: str | os.PathLike[str],
    key: str | os.PathLike[str],
    *,
    algorithm: Algorithm = "es256",
) -> None:
    """Validate a certificate and key, before a long run, by signing a temporary picture.

    Raises:
        RightsError: c2pa-python is missing, or the certificate or key cannot be used.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "test.png"
        path.write_bytes(encode_png(np.zeros((16, 16, 3), np.float32)))
        sign_picture(path, certificate=certificate, key=key, algorithm=algorithm)


def read_credentials(
    path: str | os.PathLike[str], *, trust: str | os.PathLike[str] | None = None
) -> Credentials | None:
    """Read and verify the C2PA manifest of a picture; see `sign_picture` for an example.

    Args:
        path: a picture file.
        trust: PEM file with certificates of the authorities that you trust; by default none.

    Returns:
        Contents and state of the manifest, or None if the picture has none.

    Raises:
        PictureError: `path` is not a picture.
        RightsError: c2pa-python is missing, or `trust` cannot be read.
    """
    c2pa = _import_c2pa()
    target = Path(find_file(path))
    mime = _require_mime(target)
    settings: dict[str, Any] = {"verify": {"verify_trust": True, "remote_manifest_fetch": False}}
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
    """C2PA manifest: first input opened (without inputs: created), then edited with a trained model."""
    first: dict[str, Any] = {"action": "c2pa.created", "digitalSourceType": COMPOSITE_SOURCE_TYPE}
    if names:
        first = {"action": "c2pa.opened", "parameters": {"ingredientIds": names[:1]}}
    edited: dict[str, Any] = {"action": "c2pa.edited", "digitalSourceType": COMPOSITE_SOURCE_TYPE}
    edited["softwareAgent"] = {"name": MADE_WITH}
    if names[1:]:
        edited["parameters"] = {"ingredientIds": names[1:]}
    actions = {"label": "c2pa.actions.v2", "data": {"actions": [first, edited]}}
    generator = {"name": "stylelab"}
    return {"title": title, "claim_generator_info": [generator], "assertions": [actions]}


def _read_ingredient(source: PictureFile | Picture) -> tuple[BytesIO, str]:
    """File contents and MIME type of an input: of a file as it is, of an array as PNG."""
    if isinstance(source, np.ndarray):
        return BytesIO(encode_png(source)), "image/png"
    if not isinstance(source, str | os.PathLike | bytes):
        raise RightsError(
            "Expected each input as a file or a picture. "
            f"Received: an object of type {type(source).__name__}."
        )
    # load_image reads files that Pillow cannot open, such as RAW.
    found = _find_mime(source) if read_metadata_only(source) is None else None
    if found is None:  # GIF, BMP, …: converted to PNG
        return BytesIO(encode_png(load_image(source))), "image/png"
    data = source if isinstance(source, bytes) else Path(find_file(source)).read_bytes()
    return BytesIO(data), found


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


def _import_c2pa() -> Any:
    try:
        import c2pa
    except ImportError as error:
        raise RightsError(
            "Expected the package c2pa-python for Content Credentials. Received: none is installed. "
            'Run: pip install "stylelab[credentials]"'
        ) from error
    return c2pa
