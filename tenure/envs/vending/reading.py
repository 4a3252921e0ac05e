"""The deterministic reader of mail: what an agent's free text asks of a supplier.

It reads products, quantities and prices from prose, lists and tables. Where a text leaves a doubt
it says so instead of guessing, so that the supplier asks back. It never raises, and takes time
linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from itertools import dropwhile, pairwise, takewhile
from typing import NamedTuple

from tenure.envs.vending.names import Mention, Names, is_plain
from tenure.envs.vending.products import Product
from tenure.envs.vending.quantities import Piece, Quantity, find_quantities
from tenure.envs.vending.tokens import Kind, Token, clean, stem, tokenize, words

_MOST_REMARKS = 12
_LONGEST_REMARK = 60
_MOST_CANDIDATES = 4
_FEW_WORDS = 3
_SHORT_ITEM = 8
_WRAPPED_CHARS = 50
_REMEMBERED_CHARS = 200


class Intent(StrEnum):
    """What a mail wants."""

    ORDER = "order"
    QUOTE = "quote"
    """Prices, a list, or whether something is carried."""
    OTHER = "other"
    """Thanks, a complaint, a question: nothing to price or to sell."""


class Line(NamedTuple):
    """One product a mail speaks of.

    Attributes:
        product_id: The product.
        quantity: Units, 1 or more; `None` if the mail does not say, or not clearly.
        price_cents: The unit price the mail names, if it names one.
    """

    product_id: str
    quantity: int | None
    price_cents: int | None


class Reading(NamedTuple):
    """What a mail says.

    Attributes:
        intent: What it wants.
        lines: Products in the order of their first mention, each once.
        unknown: Goods it asks for that are in no catalogue, in its own words.
        unclear: What could not be read, each as a short phrase to ask back with.
    """

    intent: Intent
    lines: tuple[Line, ...]
    unknown: tuple[str, ...]
    unclear: tuple[str, ...]


def read(subject: str, body: str, names: Names, carried: Container[str] | None = None) -> Reading:
    """Read a mail. What the subject says of products counts only if the body names none.

    Args:
        subject: Any text.
        body: Any text.
        names: Those of all products, carried or not.
        carried: Ids of the products that words which fit several may mean; `None` for all.
    """
    subject_draft, draft = _Draft(carried=carried), _Draft(carried=carried)
    for text in sentences(clean(subject)):
        subject_draft.add(_taken_apart(text, names))
    if not _REPLY.match(subject):
        draft.current = subject_draft.current
    draft.wants |= subject_draft.wants
    for text in sentences(clean(body)):
        draft.add(_taken_apart(text, names))
    return (draft if draft.speaks_of_goods else subject_draft.beside(draft)).finish()


def named_prices(body: str, names: Names, carried: Container[str]) -> tuple[Line, ...]:
    """Return the products a mail names a price for, whatever it says of them.

    Args:
        body: Any text.
        names: Those of all products.
        carried: Ids of the products that count.

    Returns:
        Lines without quantities, in the order of the text, each product once.
    """
    found: dict[str, Line] = {}
    for text in sentences(clean(body)):
        for item in _taken_apart(text, names).items:
            for mention in item.mentions if item.price_cents is not None else ():
                product_ids = [product.id for product in mention.candidates]
                fitting = [product_id for product_id in product_ids if product_id in carried]
                if len(fitting) == 1 and not mention.is_other:
                    found.setdefault(fitting[0], Line(fitting[0], None, item.price_cents))
    return tuple(found.values())


# --- sentences -----------------------------------------------------------------------------------

_REPLY = re.compile(r"\s*(?:re|fwd?|aw)\s*:", re.IGNORECASE)
_BULLET = re.compile(r"\s*(?:[-*+\u2022#]+\s+|\(?[0-9]{1,3}[.)]\s+|\(?[a-z][.)]\s+)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<![.!?;])[.!?;]{1,3}(?=\s|$)")
_ORIGINAL = re.compile(r"-+ ?original message", re.IGNORECASE)


def sentences(text: str) -> Iterator[str]:
    """Split into sentences and list items, leaving out quoted mail."""
    for line in _unwrapped(text.splitlines()):
        if _ORIGINAL.match(line):
            return
        if line.startswith(">"):
            continue
        bullet = _BULLET.match(line)
        parts = _SENTENCE_END.split(line[bullet.end() :] if bullet else line)
        yield from (("- " if bullet else "") + part for part in parts if part.strip())


def _unwrapped(lines: Sequence[str]) -> Iterator[str]:
    """Join the lines of wrapped prose."""
    pending: list[str] = []
    for line, following in pairwise([*lines, ""]):
        pending.append(line)
        goes_on = len(line) >= _WRAPPED_CHARS and "|" not in line and following[:1].islower()
        if not goes_on:
            yield " ".join(pending)
            pending = []


# --- what a sentence wants -----------------------------------------------------------------------

_REFERENCE = re.compile(
    r"\b(?!for an? quot)"
    r"(?:per|from|on|to|in|with|under|at|for|reviewing|reviewed|received|accept|agree to|matching)"
    r" (?:your|the|our|this|that|a|an)(?: [a-z]+)?(?: [a-z]+)?"
    r" (?:pric(?:e|es|ing)|quot(?:e|es|ation)|rates?|costs?|catalog(?:ue)?|list)(?: ?lists?)?\b"
    r"|\b(?:good|great|nice|fair) prices?\b|\b(?:here|this|that)(?: is|'s) what (?:i|we)\b"
)
"""`at the price you quoted`, `from your price list`: speaks of prices, asks for none."""

_ASKS = re.compile(
    r"\b(?:rfq|quot(?:e|es|ation|ations)|how much|price ?lists?|prices?|pricing|cost|costs|rates"
    r"|catalog(?:ue)?s?|[ie]nquir(?:y|ies|e)|what|which|product list|price range"
    r"|do you (?:carry|sell|have|stock|offer|supply)|(?:you|your) (?:carry|assortment|range))\b"
)
_ASKS_SOFTLY = re.compile(
    r"\b(?:tell me|let me know|available|availability|discounts?|minimum order|lead times?|terms"
    r"|interested in|information|do you)\b"
)
_ORDERS = re.compile(
    r"\b(?:order|purchase|buy|send|ship|deliver|supply|invoice|i'll take|we'll take"
    r"|get(?! back)|restock|re-?order|proceed)\b"
)
_MINIMUM = re.compile(r"\b(?:minimum|smallest|least) order(?:s|ing)?\b")
_WISHES = re.compile(r"\b(?:like|want|need|take|require|please|book|confirm)\b")
_REPORTS = re.compile(
    r"\b(?:paid|arrived|ordered|shipped|where|late|missing|complain(?:t|ing)?|refunds?|cancel(?:led|ling)?"
    r"|broken|damaged|wrong|status|track(?:ing)?|delayed|received (?:only|the|my|our|[0-9]+)"
    r"|sold|sells|selling|short by|overcharged|charged twice|mistake|melted|crushed|credited"
    r"|stale|never made it|fewer|stop (?:the|my|our) (?:order|delivery|shipment)"
    r"|(?:quoted|promised) .{1,60}\bbut|(?:i|we) (?:found|counted))\b"
)
_INVOICE = re.compile(r"\binv-[0-9]")
_SUPPOSES = re.compile(
    r"\b(?:before|might|may|if|plan|planning|consider(?:ing)?|in (?:the )?future|thinking"
    r"|eventually|would be|for an order|for orders)\b"
)


def _wish(text: str, *, names_quantity: bool, names_goods: bool) -> Intent | None:
    """Return what one sentence wants, `None` if it does not say."""
    plain = " ".join(text.lower().split())
    if _REPORTS.search(plain) or (not names_goods and _INVOICE.search(plain)):
        return Intent.OTHER
    plain = _REFERENCE.sub(" ", plain)
    orders = bool(_ORDERS.search(_MINIMUM.sub(" ", plain)))
    asks = bool(_ASKS.search(plain))
    if asks and not (orders and names_quantity and _names_own_price(plain)):
        return Intent.QUOTE
    if orders and (names_quantity or not _SUPPOSES.search(plain)):
        return Intent.ORDER
    if _ASKS_SOFTLY.search(plain):
        return Intent.QUOTE
    is_wish = _WISHES.search(plain) and (names_goods or plain.endswith(":"))
    return Intent.ORDER if is_wish else None


_OWN_PRICE = re.compile(r"\b(?:price|cost)s?\W{1,3}(?:is |of |at )?(?:\$|usd)? ?[0-9]")


def _names_own_price(plain: str) -> bool:
    """Tell whether the only price words come with a number, as in `unit price $0.62`."""
    return not _ASKS.search(_OWN_PRICE.sub(" ", plain))


# --- what a sentence names -----------------------------------------------------------------------


class _Item(NamedTuple):
    """A piece of a sentence between commas, cells or `and`."""

    mentions: tuple[Mention, ...]
    quantities: tuple[Quantity, ...]
    price_cents: int | None
    is_vague: bool
    is_bare: bool
    """Whether it is a quantity and nothing else."""

    is_negated: bool
    stray: str
    """What it seems to ask for, if that is no product of the catalogue."""


class _Request(NamedTuple):
    """A product and what one sentence says of it; a quantity of `None` is not said or not clear."""

    mention: Mention
    quantity: int | None
    price_cents: int | None
    is_numbered: bool
    """Whether a number stands with it, clear or not."""


def _items(pieces: Sequence[Piece]) -> list[_Item]:
    items: list[_Item] = []
    part: list[Piece] = []
    is_negated = False
    for piece in (*pieces, Token(Kind.MARK, ",")):
        turns = _turns(piece)
        if part and (turns or _separates(piece)):
            is_negated = _is_negated(part, before=is_negated)
            items.append(_item(part, is_negated=is_negated))
            part = []
        if turns or not _separates(piece):
            part.append(piece)
    return items


def _turns(piece: Piece) -> bool:
    """A negation and its end begin a new item: 24 of this instead of that."""
    return isinstance(piece, Token) and piece.is_among(words().turns)


def _separates(piece: Piece) -> bool:
    return isinstance(piece, Token) and (
        piece.is_mark(",|;&+\t") or piece.is_among(words().separators)
    )


def _is_negated(part: Sequence[Piece], *, before: bool) -> bool:
    """A negation holds for what follows it, until a `but`, `just` or `only`."""
    first = part[0]
    if isinstance(first, Mention) or first.kind is not Kind.WORD:
        return before
    if first.text == "instead":
        return len(part) > 1 and part[1].text == "of"
    return (before or first.text in words().negations) and first.text not in words().restarts


def _item(part: Sequence[Piece], *, is_negated: bool) -> _Item:
    mentions = tuple(piece for piece in part if isinstance(piece, Mention))
    tokens = [piece for piece in part if isinstance(piece, Token)]
    is_context = not mentions and any(_is_context(token) for token in tokens)
    quantities, is_vague = ((), False) if is_context else find_quantities(part)
    return _Item(
        mentions=mentions,
        quantities=quantities,
        price_cents=_price(tokens),
        is_vague=is_vague,
        is_bare=len(quantities) == 1 and not mentions and all(map(_is_unit, tokens)),
        is_negated=is_negated,
        stray="" if mentions or is_context else _stray(tokens),
    )


def _is_context(token: Token) -> bool:
    is_word = token.kind is Kind.WORD and stem(token.text) in words().context
    return is_word or token.is_mark("#@")


def _is_unit(token: Token) -> bool:
    return (
        token.kind is not Kind.WORD
        or stem(token.text) in words().measures
        or token.is_word("x", "qty", "quantity", "each", "of", "per")
    )


def _stray(tokens: Sequence[Token]) -> str:
    """The words beside a quantity, or of a list item, that describe something."""
    at = next((at for at, token in enumerate(tokens) if token.kind is Kind.COUNT), None)
    is_listed = bool(tokens) and tokens[0].is_mark("-") and len(tokens) <= _SHORT_ITEM
    if at is None and not is_listed:
        return ""
    after = _description(token.text for token in tokens[at or 0 :] if token.kind is not Kind.MARK)
    ends_with_quantity = at is not None and all(map(_is_unit, tokens[at:]))
    return _described_before(tokens[:at]) if ends_with_quantity else after


def _described_before(tokens: Sequence[Token]) -> str:
    """The words that are not plain just before a quantity: `popcorn x 10`."""
    words_back = dropwhile(
        lambda token: token.kind is Kind.MARK or token.is_word("x", "qty", "quantity"),
        reversed(tokens),
    )
    described = takewhile(
        lambda token: token.kind is Kind.WORD and not is_plain(token.text), words_back
    )
    return " ".join(token.text for token in reversed(list(described)))[:_LONGEST_REMARK]


def _description(texts: Iterable[str]) -> str:
    """The first run of words that are not plain."""
    rest = dropwhile(lambda text: is_plain(text) or not text.isalpha(), texts)
    phrase = takewhile(lambda text: text.isalpha() and not is_plain(text), rest)
    return " ".join(phrase)[:_LONGEST_REMARK]


def _price(tokens: Sequence[Token]) -> int | None:
    """The first amount of money in an item that is not called a total."""
    for before, token in pairwise([Token(Kind.MARK, ","), *tokens]):
        if token.kind is Kind.MONEY and not before.is_word("total", "subtotal"):
            return token.value
    return None


class _Sentence(NamedTuple):
    """A sentence or list item, taken apart."""

    text: str
    pieces: Sequence[Piece]
    items: Sequence[_Item]


def _take_apart(text: str, names: Names) -> _Sentence:
    pieces = names.mark(tokenize(text))
    return _Sentence(text, pieces, _items(pieces))


_recall = lru_cache(maxsize=512)(_take_apart)


def _taken_apart(text: str, names: Names) -> _Sentence:
    """Take a sentence apart; short ones come again and again, and are remembered."""
    return (_recall if len(text) <= _REMEMBERED_CHARS else _take_apart)(text, names)


# --- who goes with which number ------------------------------------------------------------------


def _requests(items: Sequence[_Item], *, is_for_each: bool) -> Iterator[_Request]:
    quantities = tuple(quantity for item in items for quantity in item.quantities)
    if is_for_each and len(quantities) == 1:
        items = [item._replace(quantities=quantities) for item in items]
    reads_forward = not (items and items[0].is_bare)
    for index, item in enumerate(items):
        if item.mentions and not item.is_negated:
            neighbour = index + 1 if reads_forward else index - 1
            yield from _requests_of(item, items[neighbour : neighbour + 1])


def _requests_of(item: _Item, neighbours: Sequence[_Item]) -> Iterator[_Request]:
    if len(item.mentions) > 1 and item.quantities:
        yield from _alternating(item)
        return
    quantities, price_cents = item.quantities, item.price_cents
    if neighbours and neighbours[0].is_bare and not quantities and not item.is_vague:
        quantities = neighbours[0].quantities
        price_cents = price_cents or neighbours[0].price_cents
    units = {quantity.units for quantity in quantities}
    only = units.pop() if len(units) == 1 else None
    for mention in item.mentions:
        yield _Request(mention, only, price_cents, bool(quantities) or item.is_vague)


def _alternating(item: _Item) -> Iterator[_Request]:
    """Pair `40 cola 30 water` and `cola 40 water 30`; anything else is not clear."""
    is_paired = len(item.mentions) == len(item.quantities)
    places = [quantity.mentions_before for quantity in item.quantities]
    count = len(places)
    is_paired = is_paired and places in (list(range(count)), list(range(1, count + 1)))
    for index, mention in enumerate(item.mentions):
        units = item.quantities[index].units if is_paired else None
        yield _Request(mention, units, None, is_numbered=True)


# --- tables --------------------------------------------------------------------------------------

_QUANTITY_HEADER = re.compile(r"\b(?:qty|quantit(?:y|ies)|units|pcs|pieces|count|how many)\b")
_CELL_MARKS = "|\t,;"


class _Header(NamedTuple):
    mark: str
    cells: int
    quantity_cell: int


def _header(text: str, pieces: Sequence[Piece]) -> _Header | None:
    """Read a table's first row; `None` if the line is none."""
    if not _QUANTITY_HEADER.search(text.lower()):
        return None
    if any(isinstance(piece, Mention) or piece.kind is Kind.COUNT for piece in pieces):
        return None
    for mark in _CELL_MARKS:
        cells = [cell.strip().lower() for cell in text.strip(" |").split(mark)]
        found = [at for at, cell in enumerate(cells) if _QUANTITY_HEADER.search(cell)]
        is_terse = all(len(cell.split()) <= _FEW_WORDS for cell in cells)
        if len(cells) > 1 and len(found) == 1 and is_terse:
            return _Header(mark, len(cells), found[0])
    return None


def _row(header: _Header, pieces: Sequence[Piece]) -> _Item | None:
    """Read a table's row as one item, its quantity from the right column; `None` if it is none."""
    cells: list[list[Piece]] = [[]]
    for piece in pieces:
        if isinstance(piece, Token) and piece.is_mark(header.mark):
            cells.append([])
        else:
            cells[-1].append(piece)
    if header.mark == "|":
        cells = [cell for at, cell in enumerate(cells) if cell or 0 < at < len(cells) - 1]
    if len(cells) != header.cells:
        return None
    quantities, is_vague = find_quantities(cells[header.quantity_cell])
    whole = _item([piece for cell in cells for piece in cell], is_negated=False)
    return whole._replace(quantities=quantities, is_vague=is_vague, is_bare=False)


# --- what a mail adds up to ----------------------------------------------------------------------


@dataclass(slots=True)
class _Entry:
    name: str
    quantities: dict[int, None] = field(default_factory=dict)
    price_cents: int | None = None

    def line(self, product_id: str) -> Line:
        only = next(iter(self.quantities)) if len(self.quantities) == 1 else None
        return Line(product_id, only, self.price_cents)


@dataclass(slots=True)
class _Draft:
    """What has been read so far."""

    carried: Container[str] | None = None
    current: Intent | None = None
    """What the latest sentence that said so wants; lists below it want the same."""

    wants: set[Intent] = field(default_factory=set)
    orders: dict[str, _Entry] = field(default_factory=dict)
    quotes: dict[str, _Entry] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)
    unclear: dict[str, None] = field(default_factory=dict)
    header: _Header | None = None
    _for_each: int | None = None
    """What a line such as `10 of each:` says of the list below it."""

    _waiting: Sequence[_Item] = ()
    """A product whose quantity may stand on the next line."""

    @property
    def speaks_of_goods(self) -> bool:
        return bool(self.orders or self.quotes or self.unknown or self.unclear)

    def add(self, sentence: _Sentence) -> None:
        """Read one more sentence."""
        text, pieces, items = sentence
        header = _header(text, pieces)
        if header is not None:
            self.header = header
            return
        row = _row(self.header, pieces) if self.header else None
        items = [row] if row else items
        waiting, self._waiting = self._waiting, ()
        is_answer = not row and len(waiting) > 0 and len(items) == 1 and items[0].is_bare
        items = [*waiting, *items] if is_answer else items
        wish = None if row else _wish_of(text, items)
        if wish is not None:
            self.wants.add(wish)
        if wish is not Intent.OTHER:
            self.current = wish or self.current
            self._note_unknown(text, items)
            self._note_all(items, pieces, is_said=wish is not None or row is not None)
            self._waiting = () if is_answer else self._waiting

    def _note_all(self, items: Sequence[_Item], pieces: Sequence[Piece], *, is_said: bool) -> None:
        requests = list(_requests(items, is_for_each=_is_for_each(pieces)))
        is_list = _is_list(pieces)
        for request in requests:
            units = request.quantity if request.is_numbered or not is_list else self._for_each
            is_meant = is_said or is_list or request.is_numbered
            self._note(request._replace(quantity=units), is_said=is_meant)
        self._waiting = items if len(requests) == 1 and not requests[0].is_numbered else ()
        if not requests and _is_for_each(pieces):
            counts = [quantity.units for item in items for quantity in item.quantities]
            self._for_each = counts[0] if len(counts) == 1 else None

    def beside(self, body: _Draft) -> _Draft:
        """Return this draft of a subject, with what the body wants."""
        self.current = body.current or self.current
        self.wants |= body.wants
        return self

    def finish(self) -> Reading:
        if self.orders or self.unclear:
            intent, entries = Intent.ORDER, self.orders
        elif self.quotes or Intent.QUOTE in self.wants:
            intent, entries = Intent.QUOTE, self.quotes
        elif Intent.ORDER in self.wants:
            intent, entries = Intent.ORDER, {}
        elif self.unknown and Intent.OTHER not in self.wants:
            intent, entries = Intent.QUOTE, {}
        else:
            return Reading(Intent.OTHER, (), (), ())
        lines = tuple(entry.line(product_id) for product_id, entry in entries.items())
        return Reading(intent, lines, _first(self.unknown), _first(self.unclear))

    def _note(self, request: _Request, *, is_said: bool) -> None:
        default = Intent.ORDER if request.is_numbered else Intent.QUOTE
        if request.quantity == 0 or (request.quantity is None and not is_said):
            return
        mention = _among_carried(request.mention, self.carried)
        if not mention.candidates:
            self.unknown[mention.text] = None
        elif (self.current or default) is Intent.QUOTE:
            for product in mention.candidates[:_MOST_REMARKS]:
                self._enter(self.quotes, product, request)
            if mention.is_other:
                self.unknown[mention.text] = None
        elif mention.is_clear:
            self._enter(self.orders, mention.candidates[0], request)
        else:
            self.unclear[_doubt(mention)] = None

    def _enter(self, entries: dict[str, _Entry], product: Product, request: _Request) -> None:
        entry = entries.setdefault(product.id, _Entry(product.name))
        if request.quantity:
            entry.quantities[request.quantity] = None
        entry.price_cents = entry.price_cents or request.price_cents

    def _note_unknown(self, text: str, items: Sequence[_Item]) -> None:
        strays = [item.stray for item in items if item.stray and not item.is_negated]
        if not strays and not any(item.mentions for item in items):
            asked = _CARRIES.search(text.lower())
            strays = [_description(asked[1].split())] if asked else []
        self.unknown.update(dict.fromkeys(stray for stray in strays if stray))


_CARRIES = re.compile(
    r"\b(?:carry|sell|stock|offer|have any|price of|price for|cost of)"
    r" (?!my|our|your|any|volume|bulk|quantity|discount|free|delivery|credit|payment)"
    r"((?:[a-z]{1,20}[ -]?){1,5})"
)


def _wish_of(text: str, items: Sequence[_Item]) -> Intent | None:
    return _wish(
        text,
        names_quantity=any(item.quantities for item in items),
        names_goods=any(item.mentions or item.stray for item in items),
    )


def _is_for_each(pieces: Sequence[Piece]) -> bool:
    """`20 each of cola, water and chips`, but not `20 cola at $0.60 each`."""
    tokens = [piece for piece in pieces if isinstance(piece, Token)]
    says_each = any(token.is_word("each", "apiece") for token in tokens)
    return says_each and not any(token.kind is Kind.MONEY for token in tokens)


def _is_list(pieces: Sequence[Piece]) -> bool:
    """Tell whether a line is little more than products and numbers."""
    tokens = [piece for piece in pieces if isinstance(piece, Token) and piece.kind is Kind.WORD]
    return len(tokens) <= _FEW_WORDS


def _among_carried(mention: Mention, carried: Container[str] | None) -> Mention:
    """Choose among the products that words may mean; they are clear if only one is carried."""
    if carried is None or mention.is_clear:
        return mention
    fitting = tuple(product for product in mention.candidates if product.id in carried)
    is_choice = len(mention.candidates) > 1 and not mention.is_other
    return mention._replace(candidates=fitting, is_clear=is_choice and len(fitting) == 1)


def _doubt(mention: Mention) -> str:
    names = [product.name for product in mention.candidates[:_MOST_CANDIDATES]]
    return f'"{mention.text}" ({" or ".join(names)}?)'


def _first(remarks: Iterable[str]) -> tuple[str, ...]:
    return tuple(remarks)[:_MOST_REMARKS]
