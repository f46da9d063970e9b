"""What stands on the sheets, the screen page and the form, in the language of the assessor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hcert.cli.assess.filled_form import COLUMNS, SEEN
from hcert.cli.texts import line

if TYPE_CHECKING:
    from hcert import words


@dataclass(frozen=True, slots=True)
class Instructions:
    """The words of one assessment.

    Attributes:
        language: of the words.
        clock: the time of the check.
        count: of codes.
        digest: SHA-256 of the vectors, in hexadecimal.
    """

    language: words.Language
    clock: str
    count: int
    digest: str

    @property
    def title(self) -> str:
        """The title of sheets and screen page."""
        return self._say("Codes for the assessment of an app")

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What identifies the codes."""
        return [
            (self._say("Time of the check"), self.clock.replace("T", " ").replace("Z", " UTC")),
            (self._say("Codes"), str(self.count)),
            (self._say("Kit"), f"SHA-256 {self.digest}"),
        ]

    @property
    def steps(self) -> list[str]:
        """What to do."""
        return [
            self._say(
                "Load the lists into the app in the form that it takes: the keys from keys.pem, keys.json, "
                "keys.did.json or keys.cose, what is revoked from keys.json or revocations.bin. anchor.pub "
                "opens the lists of hcert."
            ),
            self._say(
                "Set the clock of the phone to the time of the check. Codes made with --seed may be shown within 30 "
                "days of it."
            ),
            self._say("Switch off the rules of countries: the question is whether a code is authentic and in force."),
            self._say("Show one code after the other to the app. Cover the codes beside it."),
            *self.seen,
        ]

    @property
    def seen(self) -> list[str]:
        """How to note what was seen."""
        return [
            self._say(
                "Note what the app does with each code. Accepted: it says that the certificate is valid. Refused: it "
                "says anything else, or does not react to the code. Unsupported: it says that it does not know this "
                "kind of certificate. Crashed: it has to be started again."
            ),
            self._say("Enter the results into form.csv, and make the report by hcert assess form."),
        ]

    def for_sheets(self) -> dict[str, Any]:
        """Return the words of the sheets."""
        return {
            "title": self.title,
            "facts": self.facts,
            "steps": self.steps,
            "alt": self._say("Code {number}", number="{number}"),
            "page": self._page,
        }

    def for_form(self) -> dict[str, Any]:
        """Return the words of the form on paper."""
        number, _, remark = (self._say(column) for column in COLUMNS)
        return {
            "title": self._say("Form for the assessment of an app"),
            "blanks": [
                self._say("App"),
                self._say("Version"),
                self._say("Phone and system"),
                self._say("Assessor"),
                self._say("Date"),
            ],
            "columns": [number, *map(self._say, SEEN), remark],
            "steps": self.seen,
            "page": self._page,
        }

    @property
    def _page(self) -> str:
        return self._say(
            "Kit {digest}, page {page} of {pages}", digest=self.digest[:16], page="{page}", pages="{pages}"
        )

    def _say(self, template: str, /, **details: Any) -> str:
        return line(template, **details).in_language(self.language)
