from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from keystead_sandbox.host import certificates

FILES = {"ca.pem", "server.key", "server.pem"}


def test_the_certificate_is_for_loopback_alone_and_verifies(tmp_path: Path) -> None:
    certificates.ensure(tmp_path)
    leaf = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    root = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    leaf.verify_directly_issued_by(root)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["localhost", "127.0.0.1"]


def test_the_authoritys_key_is_not_kept(tmp_path: Path) -> None:
    certificates.ensure(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == FILES
    assert [file.name for file in tmp_path.iterdir() if "PRIVATE KEY" in file.read_text()] == ["server.key"]


def test_a_certificate_is_kept_until_near_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificates.ensure(tmp_path)
    first = (tmp_path / "server.pem").read_bytes()
    certificates.ensure(tmp_path)
    assert (tmp_path / "server.pem").read_bytes() == first
    monkeypatch.setattr(certificates, "MARGIN", certificates.LIFETIME + timedelta(days=1))
    certificates.ensure(tmp_path)
    assert (tmp_path / "server.pem").read_bytes() != first
