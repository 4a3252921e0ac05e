"""A voice: a model that words what counterparts say. The world takes or leaves its words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tenure.agents.providers import Provider
from tenure.envs.world import Draft

_BRIEF = (
    "You write mails for a company. Say what you are given in other words, in one short "
    "paragraph, as the company's sales desk would. Keep every number, amount and address "
    "exactly as it is written, with its $ or % sign. Add no other number, no offer and no "
    "greeting. Answer with the paragraph alone."
)
_TOKEN_SUMS = ("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens")


class Voice:
    """Words each draft of an episode once.

    Args:
        provider: Answers; closed with the voice.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
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
        replies = [await self._provider.complete(_conversation(draft), {}) for draft in fresh]
        texts = [str(reply.message.get("content") or "") for reply in replies]
        wordings = {draft.id: text for draft, text in zip(fresh, texts, strict=True)}
        usages = [reply.usage for reply in replies]
        costs = [reply.cost_usd for reply in replies]
        told = {
            "model": replies[-1].model,
            "usage": _summed([usage for usage in usages if usage], len(replies)),
            "cost_usd": None if None in costs else sum(cost or 0 for cost in costs),
        }
        return {"wordings": wordings, "voice": told}

    def remember(self, ids: Iterable[str]) -> None:
        """Take drafts as worded, as when a recorded step is lived through again."""
        self._heard.update(ids)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._provider.close()


def _conversation(draft: Draft) -> list[dict[str, Any]]:
    return [
        {"role": "system", "content": _BRIEF},
        {"role": "user", "content": f"Say this in other words:\n{draft.text}"},
    ]


def _summed(usages: Sequence[Mapping[str, Any]], wanted: int) -> dict[str, int] | None:
    if len(usages) < wanted:
        return None
    return {name: sum(usage[name] for usage in usages) for name in _TOKEN_SUMS}
