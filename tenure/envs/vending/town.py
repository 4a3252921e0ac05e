"""What office and premises share: the drawn town, the inbox, the bank account, page texts."""

from __future__ import annotations

from collections.abc import Callable

from tenure.envs.clock import Calendar, day_of
from tenure.envs.vending.demand import draw_market
from tenure.envs.vending.goods import Pile
from tenure.envs.vending.mishaps import draw_mishaps
from tenure.envs.vending.products import draw_catalogue, draw_handover, draw_last_day
from tenure.envs.vending.state import Mail, Transaction, VendingParameters, VendingState
from tenure.envs.vending.suppliers import Supplier, draw_suppliers
from tenure.envs.world import World


class Town(World[VendingState]):
    """A vending business without its tools.

    Attributes:
        calendar: Dates of the days.
        catalogue: What is traded in this seed's town.
        products: The same by id.
        suppliers: Who trades it.
        market: Weather and customers.
        mishaps: What will go wrong at the machine.
        handover: Goods in storage at the start by product id, at what they are worth.
    """

    parameters: VendingParameters

    def draw(self) -> None:
        """Draw everything that follows from the parameters and the seed alone."""
        parameters = self.parameters
        days = parameters.horizon_days
        self.calendar = Calendar(parameters.start_date, days)
        self.catalogue = draw_catalogue(self.chance, parameters.shelf_life_percent)
        self.products = {product.id: product for product in self.catalogue}
        self.suppliers = draw_suppliers(self.chance, self.catalogue, parameters)
        units = parameters.handover_units
        self.handover = {
            product.id: Pile.of(
                units,
                units * product.wholesale_cents,
                draw_last_day(self.chance, product, "previous owner", 0),
            )
            for product in draw_handover(self.chance, self.catalogue)
            if units
        }
        self.market = draw_market(
            self.chance,
            self.catalogue,
            self.calendar,
            days,
            local_events_per_1000_days=parameters.local_events_per_1000_days,
            weather_effect_percent=parameters.weather_effect_percent,
            rivalry_percent=parameters.rivalry_percent,
        )
        self.mishaps = draw_mishaps(
            self.chance,
            days,
            faults_per_1000_days=parameters.machine_faults_per_1000_days,
            jams_per_1000_days=parameters.coin_jams_per_1000_days,
            thefts_per_1000_days=parameters.thefts_per_1000_days,
        )
        self._pages: dict[str, str] = {}

    def _go_to(self, state: VendingState) -> None:
        super()._go_to(state)
        self._pages = {}

    @property
    def today(self) -> int:
        """The 0-based day."""
        return day_of(self.state.now_minutes)

    def _supplier(self, supplier_id: str) -> Supplier:
        return next(one for one in self.suppliers if one.id == supplier_id)

    def _page(self, name: str, render: Callable[[], str]) -> str:
        """Return a rendered text, from memory if nothing has changed since."""
        page = self._pages.get(name)
        if page is None:
            page = self._pages[name] = render()
        return page

    def _changed(self) -> None:
        """Forget rendered texts; called before anything they show is changed."""
        self._pages.clear()

    def _receive_mail(self, sender: str, subject: str, body: str, words: int = 0) -> None:
        self._changed()
        number, now_minutes = len(self.state.mails) + 1, self.state.now_minutes
        mail = Mail(number, now_minutes, sender, subject, body, words)
        self.state.mails.append(mail)
        self.state.unread.append(mail.id)

    def _book(self, amount_cents: int, memo: str) -> None:
        """Change the bank balance, with its line on the statement."""
        self._changed()
        state = self.state
        state.bank_cents += amount_cents
        state.transactions.append(
            Transaction(state.now_minutes, amount_cents, memo, state.bank_cents)
        )

    def _put_in_storage(self, product_id: str, pile: Pile) -> None:
        if pile.units:
            self.state.storage[product_id] = pile
        else:
            self.state.storage.pop(product_id, None)
