"""The answers of the API, for its documentation; tests hold the real answers against these models.

The routes do not build them: an answer is written as JSON directly, which costs a tenth.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from glane_service.search.suggestions import SuggestionKind


class Answer(BaseModel):
    """Base of all: nothing may be in an answer that is not documented."""

    model_config = ConfigDict(extra="forbid")


class BookmarkAnswer(Answer):
    """A bookmark without its annotations."""

    id: str = Field(examples=["3f1c9a2be07d4415"])
    url: str = Field(examples=["https://revue.example.org/protection-sociale-des-donnees"])
    title: str = Field(examples=["Vers une protection sociale des données personnelles"])
    site: str = Field(examples=["revue.example.org"])
    description: str
    tags: list[str] = Field(examples=[["travail", "données"]])
    contributor: str = Field(examples=["Camille Roy"])
    kind: Literal["bookmark", "topic"]
    created_at: str | None = Field(description="RFC 3339, UTC; null where the source had none")
    views: int
    language: str = Field(description="ISO 639-1, or empty where it is not known", examples=["fr"])


class AnnotationAnswer(Answer):
    """One highlight of a bookmark's page."""

    id: str
    text: str
    note: str
    author: str
    created_at: str | None


class FullBookmarkAnswer(BookmarkAnswer):
    """A bookmark with all its annotations, in their order on the page."""

    visibility: Literal["public", "private"]
    annotations: list[AnnotationAnswer]


class PassageAnswer(Answer):
    """The passage that answers; `highlights` are spans of code points in `text`, never HTML."""

    kind: Literal["title", "description", "annotation"]
    annotation_id: str | None
    text: str = Field(examples=["La protection sociale devrait couvrir aussi les données."])
    start: int = Field(description="Where `text` begins in its source, in code points")
    highlights: list[tuple[int, int]] = Field(examples=[[[3, 13], [14, 21]]])
    link: str = Field(
        description="The page's address, at the passage where it is quoted from the page",
        examples=["https://revue.example.org/protection-sociale-des-donnees#:~:text=La%20protection"],
    )


class KeywordWhyAnswer(Answer):
    """How the keyword ranking saw it."""

    rank: int
    score: float
    terms: list[str]


class VectorWhyAnswer(Answer):
    """How the ranking by meaning saw it; the score is a cosine."""

    rank: int
    score: float


class WhyAnswer(Answer):
    """Why it was found; null where that ranking did not find it or did not run."""

    model_config = ConfigDict(extra="allow")

    keyword: KeywordWhyAnswer | None
    vector: VectorWhyAnswer | None


class HitAnswer(Answer):
    """One result."""

    rank: int
    score: float
    confidence: float | None = Field(
        description="The probability that it answers; null where that is not known"
    )
    bookmark: BookmarkAnswer
    passage: PassageAnswer
    annotations_total: int
    annotations: list[AnnotationAnswer] = Field(description="None, a few or all: see `view`")
    why: WhyAnswer


class FacetAnswer(Answer):
    """One value and how many of all results have it."""

    value: str
    count: int


class FacetsAnswer(Answer):
    """Counts over the whole pool of results, not over this page."""

    tags: list[FacetAnswer]
    contributors: list[FacetAnswer]
    sites: list[FacetAnswer]
    years: list[FacetAnswer]
    languages: list[FacetAnswer]
    kinds: list[FacetAnswer]


class QueryAnswer(Answer):
    """The question as it was understood."""

    model_config = ConfigDict(extra="allow")

    text: str
    mode: Literal["hybrid", "keyword", "vector"]
    filters: dict[str, Any]


class SuggestionAnswer(Answer):
    """Something to complete the question with; `url` is where it leads on this service."""

    kind: SuggestionKind
    text: str
    url: str


class SuggestAnswer(Answer):
    """The answer of `/api/suggest`."""

    query: str
    suggestions: list[SuggestionAnswer]


class NoticeAnswer(Answer):
    """Something that was not done as asked; `code` does not change, `message` is for people."""

    code: str = Field(examples=["unbalanced-quotes"])
    message: str


class CorrectionAnswer(Answer):
    """A word that no bookmark holds, and the one it was taken for; `as_typed=true` undoes it."""

    typed: str
    taken: str


class SearchAnswer(Answer):
    """The answer of `/api/search`."""

    query: QueryAnswer
    mode_used: Literal["hybrid", "keyword", "vector"]
    generation: str = Field(examples=["000007"])
    answered: bool = Field(description="Whether anything found is likely to answer")
    seq: int = Field(description="The last change that this answer knows", examples=[42])
    total: int = Field(examples=[112])
    more: int = Field(description="Results below the line of confidence, listed with `all=true`")
    page: int
    per_page: int
    pages: int = Field(examples=[6])
    took_ms: float = Field(examples=[5.2])
    notices: list[NoticeAnswer] = Field(description="What was not done as asked")
    corrections: list[CorrectionAnswer] = Field(description="Words taken for others")
    results: list[HitAnswer]
    facets: FacetsAnswer
    suggestions: list[SuggestionAnswer] | None = Field(None, description="With `suggest=1` only")
    completed: str | None = Field(
        None, description="With `suggest=1`: what was searched for, where the last word was completed"
    )


class SimilarAnswer(Answer):
    """Bookmarks that say something similar, nearest first."""

    id: str
    results: list[HitAnswer]


class EncoderAnswer(Answer):
    """The encoder that the generation was built with."""

    name: str
    fingerprint: str
    dimensions: int
    max_tokens: int


class FollowAnswer(Answer):
    """How a server stands to the one it follows."""

    seq: int = Field(description="The last change of the source that is here")
    lag_seconds: float | None = Field(
        description="For how long it has not been known to be what the source has; null: it never was"
    )
    error: str = Field(description="Why the source cannot be followed at the moment; empty: it can be")


class StatusAnswer(Answer):
    """What the library holds."""

    bookmarks: int
    annotations: int
    descriptions: int
    passages: int
    contributors: int
    generation: str
    seq: int = Field(description="The last change that the answers know")
    encoder: EncoderAnswer
    bytes: int
    follow: FollowAnswer | None = Field(None, description="Of a server that follows another")


class HealthAnswer(Answer):
    """The answer of `/healthz` and `/readyz`."""

    status: Literal["ok"]
    generation: str | None = None
    damage: str | None = None
    follow: FollowAnswer | None = Field(None, description="Of a server that follows another")


class AcceptedAnswer(Answer):
    """A change that is on the disk."""

    seq: int = Field(description="Its number: `min_seq` waits for it", examples=[42])
    ids: list[str] = Field(description="The bookmarks it changes", examples=[["3f1c9a2be07d4415"]])


class ChangeAnswer(Answer):
    """What has become of a change."""

    seq: int = Field(examples=[42])
    state: Literal["accepted", "applied", "searchable"] = Field(examples=["searchable"])
    ids: list[str] | None = Field(description="null where they are not kept any more")


class ProblemAnswer(BaseModel):
    """An error (RFC 9457). `type` does not change; `detail` is for a person."""

    type: str = Field(examples=["/problems/bad-request"])
    title: str = Field(examples=["The request cannot be understood"])
    status: int = Field(examples=[400])
    detail: str = Field(examples=["per_page: 0 is less than 1"])
    instance: str = Field(examples=["/api/search"])
    parameter: str | None = Field(None, examples=["per_page"])
    pointer: str | None = Field(None, description="Where in the body (RFC 6901)", examples=["/3/title"])
