"""What a mail does besides naming goods: it bargains, accepts, complains, threatens.

`reading.py` finds goods and numbers; this finds acts. A mail may do several things at once. Nothing
here decides anything: what an act leads to is the negotiation kernel's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from tenure.envs.vending.reading import Intent, Reading, sentences
from tenure.envs.vending.tokens import clean, words


class Act(StrEnum):
    """Something a mail does."""

    ORDER = "order"
    QUESTION = "question"
    """About prices, range or terms."""
    OFFER = "offer"
    """Wants a better price or better terms, with or without a number."""
    ACCEPTANCE = "acceptance"
    COMPLAINT = "complaint"
    THREAT = "threat"
    CANCELLATION = "cancellation"
    STATUS = "status"
    """Where an order is, or what became of a payment."""


class Move(NamedTuple):
    """What a mail does.

    Attributes:
        acts: All of it; empty for small talk.
        asked_permille: The discount it names, in thousandths; `None` if it names none.
        cites_rival: Whether it says what somebody else asks.
        rival_ids: The houses it names for that; empty if it names none that exist.
        pays_at_once: Whether it promises to pay by the next day.
    """

    acts: frozenset[Act]
    asked_permille: int | None
    cites_rival: bool
    rival_ids: tuple[str, ...]
    pays_at_once: bool


_MONEY = r"(?:\$|usd )?[0-9]"
_FEW = r"(?:[\w'$.,%-]{1,14} ){0,4}"

_OFFER = re.compile(
    r"\bmatch(?:ing|es)? (?:\w{1,9} ){0,3}(?:\$|[0-9]|pric|offer|quote|that|it\b|them|this)"
    r"|\bnegotia|\bhaggl|\bbargain|\bprice match|\bcounter ?-?offer|\bconcession|\bwiggle room"
    r"|\b(?:better|lower|cheaper|special|reduced|best|sharper|keener|improved|nicer|friendlier)"
    r" (?:\w{1,12} )?(?:pric(?:e|es|ing)|rates?|deal|offer|terms|quotes?|numbers?|figures?)"
    r"|\b(?:can|could|would|will|might) you (?:\w{1,9} )?(?:do|accept|take|go|sell|drop|lower|reduce"
    rf"|knock|come|shave|trim|cut|beat|bring|let (?:me|us) have|give) {_FEW}(?:{_MONEY}|down\b|lower"
    r"|off\b|less\b|better|pric)"
    r"|\b(?:can|could) you (?:improve|sharpen|beat|meet|work with|move on|budge|bend)"
    rf"|\b(?:how|what) about {_FEW}{_MONEY}|\bwhat if (?:i|we) {_FEW}{_MONEY}"
    r"|\bmeet (?:me|us|each other|in the middle|half-? ?way)|\bsplit the difference"
    r"|(?:%|\bper ?cent) (?:off|less|lower|below|discount|reduction|cheaper|under|rebate|better)"
    r"|\b(?:off|discount|reduction|rebate) of [0-9]+ ?(?:%|per ?cent)"
    rf"|\b(?:knock|shave|trim|take|get|cut) {_FEW}(?:off|down)\b"
    rf"|\b(?:drop|lower|reduce|cut|bring down|come down|go lower|go down)\b {_FEW}"
    rf"(?:pric|rate|cost|quote|to {_MONEY}|by {_MONEY}|on )"
    rf"|\b(?:i|we)(?:'d| would|'ll| will| can| could|'m| am|'re| are)? (?:\w{{1,9}} ){{0,2}}"
    rf"(?:pay|paying|offer|offering|go up to|go to|stretch to|afford|propose|suggest|bid) {_FEW}{_MONEY}"
    r"|\b(?:my|our) (?:best|final|top|target|limit|budget|maximum|max)\b"
    r"|\btoo (?:high|expensive|much|steep|dear|pricey|rich)\b|\ba bit (?:high|steep|much)\b"
    r"|\b(?:any )?(?:room|flexib\w+) (?:on|in|for|to|with|there|at)\b"
    r"|\b(?:sell|do|give|have) (?:it |them |these |those |me |us )?(?:\w{1,12} ){0,3}for "
    rf"(?:less|under|below|{_MONEY})|\bin (?:return|exchange) for\b|\bnet ?-?(?:15|30|60)\b"
    r"|\bon credit\b|\bpay (?:later|after delivery|on delivery)\b|\bfor free\b|\bfree of charge\b"
    rf"|\btarget(?:ing)? (?:price|is|of) |\b(?:instead of|rather than|not) \$[0-9.]+\b|\blike to see {_FEW}{_MONEY}"
    rf"|\b(?:they|he|she|it) (?:offers?|quotes?|quoted|sells?|asks?|charges?|wants?) {_FEW}{_MONEY}"
)
_DISCOUNT = re.compile(r"\b(?:discount|price break|rebate|price reduction)s?\b")
_TERMS_OF_A_LIST = re.compile(
    r"\b(?:volume|bulk|quantity|tiered|order|wholesale) (?:\w+ )?(?:discount|price break|rebate)"
    r"|\bprice ?lists?\b|\bcatalog|\bminimum|\blead times?\b|\bdelivery times?\b|\bpayment terms\b"
    r"|\bdiscount (?:levels|tiers|schedule|structure)|\bfrom how many\b"
)
_HAS_NUMBER = re.compile(r"[0-9]")
_QUESTION = re.compile(
    r"\bprice ?lists?\b|\bcatalog|\bminimum order|\blead times?\b|\bhow (?:long|soon|quickly|fast)\b"
    r"|\bwhat (?:do|are|is|would|does)\b|\bwhich\b|\bdo you (?:carry|stock|sell|have|deliver|ship"
    r"|charge|offer)\b|\bpayment terms\b|\bhow much\b|\bdelivery (?:times?|cost|fee|charge)"
    r"|\bis there (?:a|any)\b|\bare there\b|\bdo your prices\b"
)
_REFUSES = re.compile(
    r"\b(?:can't|cannot|can not|won't|not|never|don't|unless|if|until|would you|will you|could you"
    r"|do you|can you|before (?:i|we)|you) (?:\w{1,9} ){0,3}(?:accept|agree|take|confirm|go ahead)"
    r"|\bnot (?:a deal|acceptable|good enough|agreed)\b|\bno deal\b|\bhope\b|\bwish\b"
)
_ACCEPTANCE = re.compile(
    r"\b(?:i|we)(?:'ll| will| do| are happy to| am happy to| would like to| hereby| can| gladly)?"
    r" (?:\w{1,9} )?(?:accept|agree to|agree with|agree)\b|\baccept(?:ed|ing)?\b"
    r"|^(?:\W{0,3}(?:ok|okay|yes|great|fine|alright|all right|good|perfect|thanks|thank you)\W{1,3})*"
    r"(?:it's a |that's a |it is a )?(?:deal|agreed|done|sold)\b(?:$|\W)"
    r"|\b(?:we have|you have|you've got|we've got|call it|consider it|that is|that's) a? ?deal\b"
    r"|\b(?:sounds?|looks?|is|are) (?:good|great|fine|fair|acceptable|agreeable|reasonable)"
    r"(?: (?:to|for|with) (?:me|us))?\s*(?:$|[,:]|and\b|let|so\b|we\b|i\b|please\b)"
    r"|\bworks? (?:fine |well |great )?for (?:me|us)\b|\blet's (?:do it|go ahead|proceed|do this|go with)"
    r"|\b(?:i|we)(?:'ll| will) (?:take (?:it|that|you up|your|the (?:deal|offer))|go (?:ahead|with))\b"
    r"|\bhappy with (?:that|the|your) (?:price|offer|quote|terms|discount|rate)|\bdone deal\b"
    r"|\bthat will do\b|\bplease go ahead\b|\byou(?:'re| are) on\b|\bshake on\b"
)
_COMPLAINT = re.compile(
    r"\bcomplain|\bshort(?:ed|fall)?\b(?! (?:note|list|while|term|of cash|question|on cash))|\bmissing\b|\bdamaged\b|\bbroken\b"
    r"|\bspoil|\bmou?ld|\bcrushed\b|\bleak"
    r"|\bwrong (?:items?|products?|goods|order|delivery|flavou?r|ones?|quantity|amount|price|thing)"
    r"|\b(?:never|not|n't)(?: yet| even| been)?(?: \w{1,9})? (?:arrived?|shown up|turned up|come|came|delivered)\b"
    r"|\b(?:nothing|none) (?:\w{1,9} ){0,2}(?:arrived|came|come|delivered|received)|\bnever (?:arrived|came|got|received|showed)"
    r"|\b(?:only|just) (?:received|got|delivered|[0-9]+ (?:\w+ ){0,4}(?:arrived|came|were|was|in storage))"
    r"|\b(?:received|got|delivered|sent|counted?|there (?:are|were)|found) (?:me |us )?(?:only|just) [0-9]"
    r"|\bnot what (?:i|we) ordered|\bovercharg|\b(?:higher|more) than (?:\w{1,9} )?(?:quoted|agreed|promised|you)"
    r"|\bdisappoint|\bunacceptable\b|\brefund|\bscam|\bfraud|\bdishonest|\bcheat|\bripp?ed? off"
    r"|\bsubstitut|\b(?:is|are|was|were|days?|week|weeks|very|so|again|too) late\b|\blate (?:delivery|again|order)"
    r"|\boverdue\b|\bdelay(?:ed|s)?\b|\bstill waiting\b|\bstill no\b|\bhave(?:n't| not) received\b|\bno sign of\b"
    r"|\b(?:quoted|promised|said|agreed|told)\b.{1,60}\bbut\b|\bpoor service\b|\bnot (?:happy|satisfied|impressed)\b"
    r"|\bdoes(?:n't| not) match (?:your|the) (?:quote|list|price list|offer)|\bunhappy\b|\bunits? fewer\b"
    r"|\bdifferent (?:product|item|goods) (?:than|from|to)\b|\bwhat happened\b"
)
_THREAT = re.compile(
    r"\b(?:take|taking|move|moving) (?:my|our|all)(?: \w+)? (?:business|orders|custom) (?:elsewhere|to)"
    r"|\b(?:go|going|look|looking|shop|shopping|buy|buying|order|ordering) (?:\w{1,9} )?elsewhere\b"
    r"|\b(?:switch|move|turn|go|going|change)(?:ing)? (?:over )?to (?:another|a different|your competit|a competit|someone else|one of your)"
    r"|\b(?:find|look for|choose|use|try) (?:another|a new|a different|other) (?:supplier|wholesaler|vendor|source)"
    r"|\bstop (?:ordering|buying|working|doing)|\blawyer|\blegal (?:action|steps|counsel)|\bsue\b|\bsuing\b|\bcourt\b"
    r"|\battorney|\breport(?:ing)? (?:you|this|your)|\bbusiness bureau|\bbbb\b|\bftc\b|\bpolice\b|\bauthorities\b"
    r"|\b(?:bad|negative|public|honest|one-star) review|\bnever (?:order|buy|do business|deal)"
    r"|\bwalk(?:ing)? away\b|\bchargeback|\bor else\b|\b(?:no|little) (?:other )?choice but|\bforced to\b"
    r"|\b(?:last|final) (?:chance|warning|notice)\b|\blast (?:order|time) (?:we|i|you|from|with)\b|\btell everyone\b"
    r"|\bcompetitor will (?:get|have)|\byou(?:'ll| will) (?:lose|regret)|\blose (?:me|us|a customer|my business|our business)"
    r"|\bend (?:our|the) (?:business|relationship)|\bdone with you\b|\bconsequences\b|\bdrop you\b"
)
_CANCELLATION = re.compile(
    r"\bcancel(?!led)|\bcall off\b|\bwithdraw (?:my|our|the)\b|\bscrap (?:my|our|the)\b|\bcancelled?$"
)
_STATUS = re.compile(
    r"\bwhere(?: is|'s| are) (?:my|our|the)\b|\b(?:i|we)(?:'ve| have)? (?:\w{1,9} )?paid\b"
    r"|\bwhen (?:will|does|do|can|should|is|are) (?:\w{1,9} )?(?:my|our|the|it|they|i expect|we expect)\b"
    r"|\btracking\b|\bstatus of\b|\border status\b|\bany (?:news|update) (?:on|about|of)\b|\bupdate on\b"
    r"|(?:\bnot|n't|\bnever)(?: yet)? (?:arrived?|received?|been delivered|come)\b"
    r"|\b(?:delivery|shipment|order)(?: is)? (?:late|delayed|missing|status)\b"
    r"|\bpayment (?:was|has been|is) (?:sent|made|on its way)|\bsent (?:the|my|our|a) payment\b"
    r"|\bdid you (?:get|receive) (?:my|our|the)\b|\bhas (?:my|our|the) (?:order|payment|shipment) (?:been|arrived|shipped|gone)"
    r"|\bstill waiting\b|\bconfirm (?:receipt|shipment|delivery|dispatch|that you)|\bexpect (?:my|our|the) (?:delivery|order|goods|shipment)"
)
_RIVAL = re.compile(
    r"\b(?:competitors?|competition|rivals?|elsewhere|someone else|somebody else|others? (?:sell|offer|charge|ask)"
    r"|(?:an?)?other (?:\w{1,9} )?(?:suppliers?|wholesalers?|vendors?|distributors?|house|compan(?:y|ies)|seller)"
    r"|(?:quote|offer|price) from|cheaper (?:at|from)|they (?:sell|offer|charge|ask|quoted?))\b"
)
_AT_ONCE = re.compile(
    rf"\b(?:pay|paid|payment|settle|transfer|wire)\b (?:{_FEW})?(?:today|tomorrow|immediately|at once"
    r"|right away|straight away|straightaway|instantly|promptly|same day|(?:up)?on receipt"
    r"|within (?:24|one|a|1) ?(?:h|hours?|day)|by (?:tomorrow|the next day)|the (?:same|next) day|now)\b"
    r"|\b(?:prompt|immediate|same-day|instant|fast|quick|next-day) payment\b|\bspeed discount\b"
)
_EVERYTHING = re.compile(r"\b[0-9]+ (?:\w{1,9} ){0,2}of (?:everything|anything|all|every|each)\b")
"""An order that leaves open of what."""

_PERCENT = re.compile(r"\b([0-9]{1,3})(?:[.,]([0-9]))?[0-9]{0,6} ?(?:%|per ?cent\b)")


def read_move(subject: str, body: str, reading: Reading, houses: Mapping[str, str]) -> Move:
    """Read what a mail does.

    Args:
        subject: Any text; counts only for what it asks, as people reuse subjects.
        body: Any text; quoted mail is left out.
        reading: What the same mail says of goods.
        houses: Ids of the wholesalers a customer may name, by their names in lower case.
    """
    texts = [_plain(text) for text in sentences(clean(body))]
    acts: set[Act] = set()
    asked_permille = None
    for text in texts:
        acts |= set(_acts(text))
        if asked_permille is None and Act.OFFER in acts:
            asked_permille = _asked_permille(text)
    if not texts:
        acts |= {Act.OFFER for text in sentences(clean(subject)) if _is_offer(_plain(text))}
    acts |= _acts_of(reading, acts)
    whole = " ".join(texts)
    rival_ids = tuple(house for name, house in houses.items() if name in whole)
    return Move(
        frozenset(acts),
        asked_permille,
        bool(rival_ids) or bool(_RIVAL.search(whole)),
        rival_ids,
        bool(_AT_ONCE.search(whole)),
    )


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _acts(text: str) -> Iterator[Act]:
    if _CANCELLATION.search(text) and not _THREAT.search(text):
        yield Act.CANCELLATION
    if _STATUS.search(text):
        yield Act.STATUS
    if _COMPLAINT.search(text):
        yield Act.COMPLAINT
    if _THREAT.search(text):
        yield Act.THREAT
    if _is_offer(text):
        yield Act.OFFER
    elif _ACCEPTANCE.search(text) and not _REFUSES.search(text):
        yield Act.ACCEPTANCE
    if _QUESTION.search(text) and not _is_offer(text):
        yield Act.QUESTION
    if _EVERYTHING.search(text):
        yield Act.ORDER


def _is_offer(text: str) -> bool:
    if _TERMS_OF_A_LIST.search(text) and not _HAS_NUMBER.search(text):
        return False
    return bool(_OFFER.search(text) or _DISCOUNT.search(text))


def _acts_of(reading: Reading, acts: set[Act]) -> set[Act]:
    """What the goods named say of the mail: lists and questions need no verb."""
    if reading.intent is Intent.ORDER:
        return {Act.ORDER}
    if reading.intent is Intent.QUOTE and not acts & {Act.OFFER, Act.COMPLAINT, Act.STATUS}:
        return {Act.QUESTION}
    return set()


def _asked_permille(text: str) -> int | None:
    found = _PERCENT.search(text)
    if found:
        return min(1000, 10 * int(found[1]) + int(found[2] or 0))
    before, _, after = text.partition(" percent")
    if not after and not text.endswith(" percent"):
        return None
    last = before.rpartition(" ")[2]
    return 10 * words().numbers[last] if last in words().numbers else None
