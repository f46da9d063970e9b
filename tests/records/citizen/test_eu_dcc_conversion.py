"""Converting an entry of a citizen record to an EU DCC, and back."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import citizen, eu_dcc
from hcert.records.citizen import code_registry, decode, encode
from hcert.records.eu_dcc.encode import encode as encode_eu_dcc
from hcert.records.record_struct import Origin
from support.case_ids import case_id
from support.citizen_records import (
    CERTIFICATE_ID,
    citizen_record,
    dose,
    recovered,
    sampled,
    types_and_devices,
)
from support.reasons import Reasons, refusal
from support.signers import (
    EXPIRY,
    NOW,
    document_signer,
    p256,
    person,
    sample_test,
    vaccination,
    vaccination_record,
)

if TYPE_CHECKING:
    from collections.abc import Callable


SIGNER = document_signer(p256())


texts = st.text("ABCĐ ếý", min_size=1, max_size=20).map(str.strip).filter(bool)


eu_doses = st.builds(
    vaccination,
    vaccine=st.sampled_from(["1119349007", "28531000087107", "J07BX03"]),
    product=st.sampled_from(["EU/1/20/1528", "EU/1/21/1529", "Covaxin"]),
    manufacturer=st.sampled_from(["ORG-100030215", "ORG-100001699", "Bharat-Biotech"]),
    dose_number=st.integers(1, 9),
    series_doses=st.integers(1, 3),
    date=st.dates(dt.date(2021, 1, 1), dt.date(2026, 1, 1)),
    issuer=texts,
)


eu_tests = st.builds(
    lambda typed, **members: sample_test(**typed, **members),
    typed=types_and_devices,
    result=st.sampled_from(["260415000", "260373001"]),
    name=st.none() | texts,
    centre=st.none() | texts,
)


eu_persons = st.builds(
    person,
    family_name=st.none() | st.sampled_from(["Nguyễn", "Müller", "Παπαδόπουλος"]),
    standardised_family_name=st.sampled_from(["NGUYEN", "MUELLER", "MULLER", "PAPADOPOULOS"]),
    given_name=st.sampled_from(["Ánh", "Thị Ngọc"]),
    standardised_given_name=st.sampled_from(["ANH", "THI<NGOC"]),
)


eu_dccs = st.builds(
    vaccination_record,
    person=eu_persons,
    birth_date=st.builds(eu_dcc.PartialDate, st.integers(1900, 2026)),
    vaccinations=st.tuples(eu_doses),
) | st.builds(vaccination_record, person=eu_persons, vaccinations=st.just(()), tests=st.tuples(eu_tests))


@given(eu_dccs)
def test_eu_dcc_round_trips(dcc: hcert.EuDcc) -> None:
    """Made into a citizen record and back nothing is lost, and the record in between may be issued."""
    record = citizen.from_eu_dcc(dcc, certificate_id=CERTIFICATE_ID)
    assert citizen.to_eu_dcc(record, 1) == dcc
    assert encode.encode(record, Origin("VN", b"k"))


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7, 8])
def test_any_entry_converts_to_an_issuable_eu_dcc(number: int) -> None:
    """Doses, tests and recoveries of a citizen travel one by one, with names transliterated and ids derived."""
    record = citizen_record(4, 3, recoveries=(recovered(8),))
    dcc = citizen.to_eu_dcc(record, number)
    code = hcert.Issuer(SIGNER.signer, country="VN").issue(dcc, issued_at=NOW, expires_at=EXPIRY)
    verdict = SIGNER.verifier.check(code.text, at=NOW)
    assert verdict.accepted
    assert verdict.findings == ()
    assert (dcc.person.standardised_family_name, dcc.person.standardised_given_name) == ("NGUYEN", "THI<NGOC<ANH")
    assert dcc.events[0].certificate_id.startswith(f"URN:UVCI:01:VN:{CERTIFICATE_ID.hex().upper()}/{number}#")


def test_product_fills_vaccine_and_manufacturer() -> None:
    """Vaccine and manufacturer, which the citizen record leaves to the product."""
    dose_for_travel = citizen.to_eu_dcc(citizen_record(), 3).vaccinations[0]
    assert (dose_for_travel.vaccine, dose_for_travel.manufacturer) == ("1119349007", "ORG-100030215")


@pytest.mark.parametrize(
    ("entry", "codes"),
    [
        (dose(1, diseases=("16541001",)), {"travel.not_covid"}),
        (dose(2), {"travel.no_entry"}),
        (dose(1, product=None, dose_number=None, issuer=None), {"travel.missing"}),
        (dose(1, product="COVIVAC"), {"travel.missing"}),
        (dose(1, product="VAC0658"), {"travel.missing"}),
    ],
    ids=case_id,
)
def test_to_eu_dcc_refuses(entry: citizen.Vaccination, codes: set[str]) -> None:
    """Another disease, a number nobody has, a member that the EU DCC demands."""
    with pytest.raises(hcert.IssueError) as caught:
        citizen.to_eu_dcc(citizen_record(0, 0).revise(vaccinations=(entry,)), 1)
    assert {reason.code for reason in caught.value.findings} == codes


@pytest.mark.parametrize("product", [code for code in code_registry.codes("products") if not code.startswith("VAC")])
def test_every_registered_product_of_the_eu_converts(product: str) -> None:
    """A dose that names its product alone becomes an EU DCC that breaks no rule but for products that are retired."""
    record = citizen_record(0, 0).revise(vaccinations=(dose(1, product=product),))
    assert decode.decode(encode.encode(record, Origin("VN", b"k")), Origin("VN", b"k"))[0] == record
    dcc = citizen.to_eu_dcc(record, 1)
    row = code_registry.row_of("products", product)
    assert row is not None
    if row.retired:
        with pytest.raises(hcert.IssueError) as caught:
            encode_eu_dcc(dcc)
        assert {reason.code for reason in caught.value.findings} == {"record.retired_code"}
    else:
        assert encode_eu_dcc(dcc)
    assert citizen.from_eu_dcc(dcc, certificate_id=CERTIFICATE_ID).vaccinations[0].vaccine is None


def test_every_missing_member_is_named() -> None:
    """One refusal tells them all."""
    record = citizen_record(0, 0).revise(
        recoveries=(recovered(1, valid_from=None, valid_until=None, issuer=None),),
        tests=(sampled(2, issuer=None),),
    )
    with pytest.raises(hcert.IssueError) as caught:
        citizen.to_eu_dcc(record, 1)
    missing = {dict(reason.details)["field"] for reason in caught.value.findings}
    assert missing == {"issuer", "valid_from", "valid_until"}
    with pytest.raises(hcert.IssueError):
        citizen.to_eu_dcc(record, 2)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(
            lambda: citizen.to_eu_dcc(citizen_record(), 99),
            [("travel.no_entry", None, {"number": 99})],
            id="no entry to travel",
        ),
    ],
)
def test_an_error_names_place_and_reason(call: Callable[[], object], expected: Reasons) -> None:
    """Every reason, none twice, and never the text itself."""
    assert refusal(call) == expected
