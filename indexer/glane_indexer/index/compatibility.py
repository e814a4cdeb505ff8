"""Whether this program, with its encoder, can read what another one has written (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from glane_indexer.encoder.base import EncoderInfo
from glane_indexer.errors import EncoderMismatchError, GenerationError
from glane_indexer.text import ANALYSIS_VERSION


@dataclass(frozen=True, slots=True)
class Compatibility:
    """What is compared, and how its refusals are worded.

    Args:
        what: what was written, as a message names it: "the index".
        schema: the version of its layout that this program reads.
        old: what to do where the versions differ.
        foreign: what to do where the encoders differ.
    """

    what: str
    schema: int
    old: str
    foreign: str

    def check(
        self, where: str, schema: int, analysis: int, built: EncoderInfo, encoder: EncoderInfo | None
    ) -> None:
        """Compare the versions and the encoder of what was written with this program's.

        Args:
            where: where it lies, for messages.
            schema: the version of its layout.
            analysis: that of the text analysis.
            built: the encoder that it was built with.
            encoder: the one that is set; None: any will do.

        Raises:
            EncoderMismatchError: it was built with another encoder.
            GenerationError: it is of another version.
        """
        for name, found, ours in (
            ("schema", schema, self.schema),
            ("text analysis", analysis, ANALYSIS_VERSION),
        ):
            if found != ours:
                raise GenerationError(
                    f"{self.what} has version {found} of the {name}, and this Glane reads version {ours}",
                    where=where,
                    hint=self.old,
                )
        if encoder is not None and built.fingerprint != encoder.fingerprint:
            raise EncoderMismatchError(
                f"{self.what} was built with the encoder {built.name} ({built.fingerprint}), "
                f"and {encoder.name} ({encoder.fingerprint}) is set",
                where=where,
                hint=self.foreign,
            )
