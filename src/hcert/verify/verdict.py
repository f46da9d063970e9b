"""The verdict on a code: the findings, and the certificate if a trusted key signed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from hcert.errors import HcertError
from hcert.findings import gravity, short
from hcert.frozen import Frozen
from hcert.json_form import to_json_form
from hcert.records.kinds import kind_of
from hcert.records.view import Signed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Self

    from hcert.codec.cwt import Claims
    from hcert.findings import Finding
    from hcert.fragments import Fragment
    from hcert.keys.trusted_key import TrustedKey
    from hcert.records.citizen.sealed import Sealed
    from hcert.records.kinds import Record
    from hcert.records.view import RecordView
    from hcert.trust.document_content import Envelope
    from hcert.trust.revocation_list import RevocationList
    from hcert.trust.trust_list import TrustList


class VerifiedCertificate(Frozen, frozen=True):
    """A certificate that a trusted key signed. That alone does not mean that it is accepted: it may have expired.

    Attributes:
        record: the payload as a typed record.
        payload: the payload exactly as signed, as plain dicts, lists, text and numbers; None if the claims around it
            are malformed.
        claims: issuer and times of the container.
        key: the trusted key that signed.
    """

    record: Record
    payload: Any
    claims: Claims
    key: TrustedKey

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Leave out the payload, so that logs hold no personal data; the console library rich would show it as well."""
        return [("record", self.record), ("claims", self.claims), ("key", self.key)]

    @property
    def sealed(self) -> Sealed | None:
        """The part of the record that only authorised readers can open, if there is one."""
        kind = kind_of(self.record)
        return None if kind is None else kind.sealed(self.record)

    @property
    def view(self) -> RecordView | None:
        """What policies judge, with what was signed; None for a record that was not read."""
        kind = kind_of(self.record)
        if kind is None:
            return None
        rule_schema = None if kind.rule_schema is None else kind.rule_schema(self.record)
        signed = Signed(self.payload, rule_schema, self.claims, self.key.kid)
        return kind.view(self.record)._replace(signed=signed)


class ListTimes(Frozen, frozen=True):
    """When a list was issued, and until when its publisher lets it be used; of merged lists the earliest of each.

    Attributes:
        issued_at, expires_at: aware, in UTC.
    """

    issued_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, envelopes: Iterable[Envelope]) -> Self | None:
        """Return the times of lists by their envelopes; None where there is none."""
        held = tuple(envelopes)
        if not held:
            return None
        return cls(min(one.issued_at for one in held), min(one.expires_at for one in held))

    def as_dict(self) -> dict[str, str]:
        """Return the times in ISO 8601."""
        return {"issued_at": self.issued_at.isoformat(), "expires_at": self.expires_at.isoformat()}


class UsedLists(Frozen, frozen=True):
    """The lists that a verdict relies on.

    Attributes:
        keys: of the key list; None for local pins.
        revocations: of the revocation list; None where none was looked up, or where it was made locally.
        rules: of the rule list that the policy judges by; None where it judges by none.
    """

    keys: ListTimes | None = None
    revocations: ListTimes | None = None
    rules: ListTimes | None = None

    @classmethod
    def of(cls, trust: TrustList, revocations: RevocationList | None, rules: Iterable[Envelope]) -> Self:
        """Return the times of the lists of a verifier; of rule lists by their envelopes."""
        keys = () if trust.envelope is None else (trust.envelope,)
        revoked = () if revocations is None else revocations.envelopes
        return cls(ListTimes.of(keys), ListTimes.of(revoked), ListTimes.of(rules))


class Verdict(Frozen, frozen=True):
    """The result of one check.

    Attributes:
        findings: every reason found, in the order of the checks.
        certificate: the content, if the signature of a trusted key is valid; otherwise None.
        checked_at: the time of the check, aware.
        counted: places of the entries that satisfy the verifier's policy, such as `tests[1]`; empty without a policy.
        revocation_checked: whether the verifier has a revocation list.
        lists: when the lists that it relies on were issued and expire.
        rule: what the verifier's policy is called; None without a policy.
    """

    findings: tuple[Finding, ...]
    certificate: VerifiedCertificate | None
    checked_at: datetime
    counted: tuple[str, ...] = ()
    revocation_checked: bool = False
    lists: UsedLists = UsedLists()
    rule: str | Fragment | None = None

    @property
    def accepted(self) -> bool:
        """Whether no finding has the severity `error`."""
        return not any(found.severity == "error" for found in self.findings)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings with the severity `error`, gravest first, otherwise in the order of the checks."""
        return tuple(sorted((found for found in self.findings if found.severity == "error"), key=gravity))

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings with the severity `warning`, in the order of the checks."""
        return tuple(found for found in self.findings if found.severity == "warning")

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict in a form that `json.dumps` can write. With a certificate it contains personal data.

        Times are ISO 8601 with their zone, and messages are in English. The payload of a citizen record, whose signed
        form has numbers for names, is in the form of `citizen.to_dict`. In other payloads bytes become hexadecimal, and
        map keys become text.
        """
        return {
            "accepted": self.accepted,
            "checked_at": self.checked_at.isoformat(),
            "revocation_checked": self.revocation_checked,
            "findings": [
                {
                    "code": found.code,
                    "severity": found.severity,
                    "message": found.message,
                    "short": short(found, language="en"),
                    "place": found.record,
                }
                for found in self.findings
            ],
            "counted": list(self.counted),
            "rule": None if self.rule is None else str(self.rule),
            "lists": {
                "keys": self.lists.keys and self.lists.keys.as_dict(),
                "revocations": self.lists.revocations and self.lists.revocations.as_dict(),
                "rules": self.lists.rules and self.lists.rules.as_dict(),
            },
            "certificate": None if self.certificate is None else _certificate_as_dict(self.certificate),
        }

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict is neither true nor false; ask for verdict.accepted")


class VerificationError(HcertError):
    """A certificate was refused.

    Attributes:
        verdict: the whole verdict, with its warnings too.
    """

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(*(found for found in verdict.findings if found.severity == "error"))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.verdict,)


def _certificate_as_dict(certificate: VerifiedCertificate) -> dict[str, Any]:
    claims, key = certificate.claims, certificate.key
    kind = kind_of(certificate.record)
    payload = certificate.payload if kind is None else kind.named_payload(certificate.record, certificate.payload)
    return {
        "issuer": claims.issuer,
        "issued_at": claims.issued_at and claims.issued_at.isoformat(),
        "expires_at": claims.expires_at and claims.expires_at.isoformat(),
        "kid": key.kid.hex(),
        "key_country": key.country,
        "payload": to_json_form(payload),
    }
