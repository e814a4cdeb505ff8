"""The engine of the current generation, whichever that is: a new one is taken up while serving."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Literal

from glane_indexer.errors import GenerationError, GlaneError
from glane_indexer.settings import Settings

if TYPE_CHECKING:
    from glane_indexer.encoder.base import Encoder
    from glane_indexer.index.generation import Generation
    from glane_indexer.index.protocol import Viewer
    from glane_service import access
    from glane_service.search.engine import SearchEngine
    from glane_service.search.ranking.parameters import Parameters
    from glane_service.search.reranking import Reranking
    from glane_service.source import Opened

logger = logging.getLogger("glane")
# How often the library is asked for a newer generation.
CHECK_SECONDS = 0.25
# How long one that cannot be taken up is left alone.
RETRY_SECONDS = 30.0
VIEWERS: tuple[Literal["public"], Literal["member"]] = ("public", "member")


class LiveEngine:
    """Holds the engines of the current generation and follows the library to the next.

    A generation is opened in a thread of its own while the one before still answers; requests that
    have taken an engine keep theirs until they are done.

    Raises:
        GenerationError: the library has no index, or none that can be opened.
        EncoderError: the encoder, or the reranker, cannot be loaded.
    """

    def __init__(self, settings: Settings, *, follow: bool = True) -> None:
        from glane_indexer.encoder.load import load_encoder
        from glane_service.search.reranking import reranking_of
        from glane_service.source import source_of

        self._source = source_of(settings)
        self._encoder = load_encoder(settings)
        self._reranking = reranking_of(settings)
        parameters = self._source.parameters()
        generation = self._source.first(self._encoder.info)
        # Who asks one question and ends does not wait for what others may need.
        self._opened = self._with_engines(generation, parameters, ready=follow)
        self._refused = ""
        # What is wrong with files of which a copy in memory goes on answering.
        self._survived = ""
        # Why nothing can be answered, where the files of all there is were damaged while they were served.
        self._broken: GenerationError | None = None
        # The generation that could not be taken up, and when it may be tried again.
        self._left_alone, self._retry_at = "", 0.0
        if generation.damage:
            self._leave_alone(generation.damage)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="glane-follow", daemon=True)
        if follow:
            self._thread.start()
            self._hold()

    @property
    def engine(self) -> SearchEngine:
        """The engine of what everybody may find."""
        return self.engine_of("public")

    @property
    def encoder(self) -> Encoder:
        """The encoder of questions and passages."""
        return self._encoder

    def engine_for(self, viewer: access.Viewer) -> SearchEngine:
        """The engine of what whoever asks may see, of the current generation."""
        return self.engine_of("member" if viewer.sees_private else "public")

    def engine_of(self, viewer: Viewer) -> SearchEngine:
        """The engine of what this viewer may find, of the current generation.

        Raises:
            GenerationError: its files were damaged, and there is no other that is sound.
        """
        if self._broken is not None:
            raise self._broken
        return self._opened.engines[viewer]

    @property
    def generation(self) -> Generation | None:
        """The generation of the library's own index that answers; None where there is no such one."""
        from glane_indexer.index.generation import Generation

        opened = self._opened.generation
        return opened if isinstance(opened, Generation) and self._broken is None else None

    @property
    def damage(self) -> str:
        """What is wrong with the files of what answers, or of what should; "" where nothing is."""
        told = (str(self._broken or ""), self._refused, self._survived, self._opened.generation.damage)
        return next(filter(None, told), "")

    def close(self) -> None:
        """Stop following the library."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2 * CHECK_SECONDS)

    def _follow(self) -> None:
        while not self._stop.wait(CHECK_SECONDS):
            try:
                self.look_after()
                self.refresh()
            except GlaneError as error:
                # Said once for each cause; the last good generation goes on answering.
                if str(error) != self._refused:
                    logger.error("the new generation is not taken up: %s", error)
                self._leave_alone(str(error))
            except Exception:
                logger.exception("the library cannot be followed")

    def look_after(self) -> None:
        """See whether what answers is still what was opened; answer from an older generation if not.

        What is mapped changes with its file, so that answers would be wrong, or, of a file that is cut, end
        the process; but not where the system lets files be held, since a copy is made then before.
        """
        if (opened := self.generation) is None:
            return
        damage, is_right = opened.damage_since()
        if is_right:
            if damage and damage != self._survived:
                logger.error("the index was damaged, and a copy in memory answers: %s", damage)
            self._survived = damage
            return
        logger.error("the index was damaged while it was served: %s", damage)
        try:
            generation = self._source.first(self._encoder.info)
        except GenerationError as error:
            self._broken = error
            self._leave_alone(str(error))
            return
        self._opened = self._with_engines(generation, self._source.parameters())
        self._survived = ""
        self._hold()
        if generation.damage:
            self._leave_alone(generation.damage)

    def _hold(self) -> None:
        """Have the files of what answers stay as they are; :meth:`look_after` must be called often then."""
        if self._thread.is_alive() and (opened := self.generation) is not None:
            opened.hold()

    def refresh(self) -> bool:
        """Take up the current generation now if it is another one; whether it was.

        Raises:
            GenerationError: the new generation cannot be opened; the old one stays.
            LibraryError: the library's settings cannot be read; the old generation stays.
        """
        name = self._source.current()
        if name == self._opened.generation.name and self._broken is None:
            self._refused = ""
            return False
        if name == self._left_alone and time.monotonic() < self._retry_at:
            return False
        started = time.perf_counter()
        # First what costs nothing: with settings that cannot be read, nothing need be opened.
        parameters = self._source.parameters()
        if self._broken is None:
            generation = self._source.next(name, self._encoder.info, self._opened.generation)
        else:
            # Nothing of what is open can be used again.
            generation = self._source.first(self._encoder.info)
        # The old generation is closed when the last request that uses it lets go of it.
        self._opened = self._with_engines(generation, parameters)
        self._refused, self._survived, self._broken = "", "", None
        self._hold()
        if generation.damage:
            self._leave_alone(generation.damage)
        logger.info("generation %s taken up in %.2f s", name, time.perf_counter() - started)
        return True

    def _with_engines(
        self, generation: Opened, parameters: Parameters | None, *, ready: bool = True
    ) -> _Opened:
        from glane_service.source import own_parameters

        chosen = parameters or own_parameters(generation)
        return _Opened(generation, self._encoder, chosen, self._reranking, ready=ready)

    def _leave_alone(self, reason: str) -> None:
        """Do not open the current generation again at once: what is damaged stays so."""
        self._refused = reason
        with contextlib.suppress(GlaneError):
            self._left_alone = self._source.current() or ""
        self._retry_at = time.monotonic() + RETRY_SECONDS


class _Opened:
    """A generation with an engine for each kind of viewer, all made before any is used."""

    def __init__(
        self,
        generation: Opened,
        encoder: Encoder,
        parameters: Parameters,
        reranking: Reranking | None,
        *,
        ready: bool = True,
    ) -> None:
        from glane_indexer.index.generation import Generation
        from glane_service.search.engine import SearchEngine

        self.generation = generation
        views = {viewer: generation.view(viewer) for viewer in VIEWERS}
        identity = generation.manifest.identity if isinstance(generation, Generation) else ""
        public = member = SearchEngine(
            views["public"], encoder, parameters, reranking, identity=identity and f"{identity} public"
        )
        # A member sees all that the public sees: where it is no more, one engine serves both.
        if views["member"].count > views["public"].count:
            member = SearchEngine(
                views["member"], encoder, parameters, reranking, identity=identity and f"{identity} member"
            )
        self.engines: dict[Viewer, SearchEngine] = {"public": public, "member": member}
        if ready:
            for engine in {public, member}:
                engine.prepare()
