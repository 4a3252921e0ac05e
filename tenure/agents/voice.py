"""A voice: a model that words what counterparts say. The world takes or leaves its words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tenure.agents.providers import Provider, Reply, total_cost_usd, total_usage
from tenure.envs.tools import Toolbox
from tenure.envs.world import Draft

_BRIEF = (
    "You write mails for a company. Say what you are given in other words, in one short "
    "paragraph, as the company's sales desk would. Keep every number, amount and address "
    "exactly as it is written, with its $ or % sign. Add no other number, no offer and no "
    "greeting. Answer with the paragraph alone."
)


class Voice:
    """Words each draft of an episode once.

    Args:
        provider: Answers; closed with the voice.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._protocol = provider.speak("text", Toolbox({}))
        self._heard: set[str] = set()

    async def word(self, drafts: Sequence[Draft]) -> dict[str, Any]:
        """Return what a world's `take_in` takes: other words for drafts not yet worded.

        Nothing if there are none. `voice` tells the model, and the sums of its tokens and costs;
        each `None` if unknown.

        Raises:
            ProviderError: If an outside service failed for good; the episode stays resumable.
        """
        fresh = [draft for draft in drafts if draft.id not in self._heard]
        if not fresh:
            return {}
        self.remember(draft.id for draft in fresh)
        replies = [await self._ask(draft) for draft in fresh]
        texts = [self._protocol.text(reply.message) for reply in replies]
        wordings = {draft.id: text for draft, text in zip(fresh, texts, strict=True)}
        told = {
            "model": replies[-1].model,
            "usage": total_usage([reply.usage for reply in replies]),
            "cost_usd": total_cost_usd([reply.cost_usd for reply in replies]),
        }
        return {"wordings": wordings, "voice": told}

    def remember(self, ids: Iterable[str]) -> None:
        """Take drafts as worded, as when a recorded step is lived through again."""
        self._heard.update(ids)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._provider.close()

    async def _ask(self, draft: Draft) -> Reply:
        asked = self._protocol.user(f"Say this in other words:\n{draft.text}")
        messages = [self._protocol.system(_BRIEF), asked]
        return await self._provider.complete(messages, self._protocol.fields)
